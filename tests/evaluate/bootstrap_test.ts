/** Ratios with intervals: values by hand, coverage on known data, groups that succeed and fail together. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { estimateRatio, type RatioPart } from "../../src/evaluate/bootstrap.ts";
import { Rng } from "../../src/rng.ts";

function part(group: number, numerator: number, denominator = 1): RatioPart {
  return { group, numerator, denominator };
}

Deno.test("estimateRatio() divides the sums, whatever the groups", () => {
  const { value, low, high } = estimateRatio([part(0, 3, 2), part(1, 1, 4), part(0, 2, 2)], 42);
  assertEquals(value, 6 / 8);
  assert(low! <= value! && value! <= high!);
});

Deno.test("estimateRatio() gives no interval for one group, and no value for nothing", () => {
  assertEquals(estimateRatio([part(7, 1), part(7, 0)], 42), { value: 0.5, low: null, high: null });
  assertEquals(estimateRatio([], 42), { value: null, low: null, high: null });
  assertEquals(estimateRatio([part(0, 0, 0)], 42), { value: null, low: null, high: null });
});

Deno.test("estimateRatio() gives no interval where all groups say the same", () => {
  const parts = Array.from({ length: 30 }, (_, i) => part(i, 0));
  assertEquals(estimateRatio(parts, 42), { value: 0, low: null, high: null });
});

Deno.test("estimateRatio() is the same for the same seed, and nearly so for another", () => {
  const rng = new Rng(1, "test");
  const parts = Array.from({ length: 200 }, (_, i) => part(i, rng.below(2)));
  const [a, b, c] = [estimateRatio(parts, 1), estimateRatio(parts, 1), estimateRatio(parts, 2)];
  assertEquals(a, b);
  assert(a.low !== c.low || a.high !== c.high);
  assertAlmostEquals(a.low!, c.low!, 0.03);
});

Deno.test("estimateRatio()'s interval has the mean's standard error, and is wider for related proofs", () => {
  const rng = new Rng(2, "test");
  const outcomes = Array.from({ length: 100 }, () => rng.below(2));
  const alone = estimateRatio(outcomes.flatMap((x, i) => [0, 1, 2, 3].map((k) => part(4 * i + k, x))), 3);
  const together = estimateRatio(outcomes.flatMap((x, i) => [0, 1, 2, 3].map(() => part(i, x))), 3);
  const mean = together.value!;
  const wanted = 2 * 1.96 * Math.sqrt(mean * (1 - mean) / 100);
  assertAlmostEquals(together.high! - together.low!, wanted, 0.15 * wanted);
  assertAlmostEquals(alone.high! - alone.low!, wanted / 2, 0.15 * wanted);
});
