/** A sweep's table against figures computed by hand. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { minutesTogether } from "../../../src/cli/sweep/estimate.ts";
import {
  areComparable,
  bestResult,
  type RunResult,
  spreadOf,
  sweepGroups,
  sweepTable,
} from "../../../src/cli/sweep/figures.ts";

function result(
  learningRate: number,
  seed: number,
  bitsPerByte: number | null,
  split = `split ${seed}`,
): RunResult {
  const name = `rate-${learningRate}-${seed}`;
  return { name, varied: { learningRate, seed }, bitsPerByte, step: 9, minutes: 1, splitHash: split };
}

// By hand: means 0.50, 0.53 and 0.61; deviations 0.02, sqrt((0.04² + 0.01² + 0.03²) / 2) = 0.0360555 and none.
const RESULTS = [
  result(3e-3, 1, 0.57),
  result(3e-3, 2, 0.52),
  result(3e-3, 3, 0.5),
  result(2e-3, 1, 0.52),
  result(2e-3, 2, 0.5),
  result(2e-3, 3, 0.48),
  result(1e-3, 1, null),
  result(1e-3, 2, 0.61),
];

Deno.test("spreadOf() is the mean and the deviation of n - 1", () => {
  assertEquals(spreadOf([2]), { count: 1, mean: 2, deviation: null });
  assertEquals(spreadOf([1, 3]), { count: 2, mean: 2, deviation: Math.sqrt(2) });
});

Deno.test("points of the grid come best first, and are held against the best seed by seed", () => {
  const [best, second, third] = sweepGroups(RESULTS);
  assertEquals([best, second, third].map((group) => group!.varied), [
    { learningRate: 2e-3 },
    { learningRate: 3e-3 },
    { learningRate: 1e-3 },
  ]);
  assertAlmostEquals(best!.bitsPerByte!.mean, 0.5, 1e-12);
  assertAlmostEquals(best!.bitsPerByte!.deviation!, 0.02, 1e-12);
  assertEquals(best!.behind, null);
  assertAlmostEquals(second!.bitsPerByte!.mean, 0.53, 1e-12);
  assertAlmostEquals(second!.bitsPerByte!.deviation!, 0.0360555127546, 1e-12);
  // 0.05, 0.02, 0.02: mean 0.03, deviation sqrt((0.02² + 0.01² + 0.01²) / 2) = 0.0173205.
  assertAlmostEquals(second!.behind!.mean, 0.03, 1e-12);
  assertAlmostEquals(second!.behind!.deviation!, 0.0173205080757, 1e-12);
  assertEquals(third!.bitsPerByte, { count: 1, mean: 0.61, deviation: null });
  assertAlmostEquals(third!.behind!.mean, 0.11, 1e-12);
  assertEquals(bestResult(RESULTS)!.name, "rate-0.002-3");
});

Deno.test("the table says how many runs a mean is of", () => {
  assertEquals(sweepTable(sweepGroups(RESULTS)), [
    "learningRate   runs     bits/byte         behind the best",
    "0.002          3        0.5000 ± 0.0200   -",
    "0.003          3        0.5300 ± 0.0361   0.0300 ± 0.0173",
    "0.001          1 of 2   0.6100            0.1100",
  ]);
  const seeds = [1, 2].map((seed) => ({ ...result(1, seed, seed / 4), varied: { seed } }));
  assertEquals(sweepTable(sweepGroups(seeds)), ["runs   bits/byte", "2      0.3750 ± 0.1768   -"]);
});

Deno.test("a sweep in which nothing is over has a table without figures", () => {
  const none = [result(1e-3, 1, null), result(2e-3, 1, null)];
  assertEquals(sweepTable(sweepGroups(none)).slice(1), [
    "0.001          0 of 1   -           -",
    "0.002          0 of 1   -           -",
  ]);
  assertEquals(bestResult(none), null);
});

Deno.test("runs of one seed that hold out other proofs are not comparable", () => {
  assertEquals(areComparable(RESULTS), true);
  assertEquals(areComparable([...RESULTS, result(4e-3, 2, 0.4, "another")]), false);
});

Deno.test("minutesTogether() gives each run the place that is free first", () => {
  assertEquals([1, 2, 3, 9].map((parallel) => minutesTogether([5, 1, 1, 4], parallel)), [11, 6, 5, 5]);
  assertEquals(minutesTogether([], 2), 0);
});
