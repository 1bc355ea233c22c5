/** The learning rate: a straight line up, half a cosine down. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { learningRateAt } from "../../src/optim/schedule.ts";

const OPTIONS = {
  schedule: "cosine",
  stableSteps: 80,
  learningRate: 1,
  minLearningRate: 0.1,
  warmupSteps: 10,
  steps: 110,
} as const;

Deno.test("learningRateAt() rises in a line and reaches the peak when the warm-up ends", () => {
  for (let step = 1; step <= 10; step++) assertAlmostEquals(learningRateAt(step, OPTIONS), step / 10, 1e-12);
});

Deno.test("learningRateAt() is half-way down half-way and at its minimum at the last step", () => {
  assertAlmostEquals(learningRateAt(60, OPTIONS), 0.55, 1e-12);
  assertAlmostEquals(learningRateAt(110, OPTIONS), 0.1, 1e-12);
  assertAlmostEquals(learningRateAt(500, OPTIONS), 0.1, 1e-12);
});

Deno.test("learningRateAt() never rises after the warm-up", () => {
  for (let step = 11; step <= 110; step++) {
    assert(learningRateAt(step, OPTIONS) < learningRateAt(step - 1, OPTIONS));
  }
});

Deno.test("learningRateAt() does without a warm-up, and in a run of one step", () => {
  assert(learningRateAt(1, { ...OPTIONS, warmupSteps: 0 }) < 1);
  assertEquals(learningRateAt(1, { ...OPTIONS, warmupSteps: 1, steps: 1 }), 1);
  assertEquals(learningRateAt(1, { ...OPTIONS, warmupSteps: 0, steps: 1 }), 0.1);
});

Deno.test("learningRateAt() of wsd stays at the peak until the decay, a line to the minimum", () => {
  const wsd = { ...OPTIONS, schedule: "wsd" } as const;
  assertAlmostEquals(learningRateAt(5, wsd), 0.5, 1e-12);
  for (const step of [10, 11, 50, 80]) assertEquals(learningRateAt(step, wsd), 1);
  assertAlmostEquals(learningRateAt(95, wsd), 0.55, 1e-12);
  assertAlmostEquals(learningRateAt(110, wsd), 0.1, 1e-12);
  for (let step = 81; step <= 110; step++) assert(learningRateAt(step, wsd) < learningRateAt(step - 1, wsd));
  assertAlmostEquals(learningRateAt(500, wsd), 0.1, 1e-12);
});

Deno.test("learningRateAt() of wsd falls with the steps' inverse root in a long stable phase", () => {
  const long = { ...OPTIONS, schedule: "wsd", minLearningRate: 0, stableSteps: 4050, steps: 5050 } as const;
  for (const step of [10, 100, 450]) assertEquals(learningRateAt(step, long), 1);
  assertAlmostEquals(learningRateAt(1800, long), 1 / 2, 1e-12);
  assertAlmostEquals(learningRateAt(4050, long), 1 / 3, 1e-12);
  assertAlmostEquals(learningRateAt(4550, long), 1 / 6, 1e-12);
  assertEquals(learningRateAt(1800, { ...long, stableSteps: Infinity }), learningRateAt(1800, long));
  assertEquals(learningRateAt(5050, long), 0);
  const slow = { ...long, warmupSteps: 1000 };
  assertAlmostEquals(learningRateAt(1001, slow), learningRateAt(1000, slow), 1e-3);
  assertAlmostEquals(learningRateAt(4000, slow), 1 / 2, 1e-12);
});

Deno.test("learningRateAt() of wsd decays from the warm-up's end at the earliest", () => {
  const short = { ...OPTIONS, schedule: "wsd", stableSteps: 0 } as const;
  assertAlmostEquals(learningRateAt(10, short), 1, 1e-12);
  assertAlmostEquals(learningRateAt(60, short), 0.55, 1e-12);
});
