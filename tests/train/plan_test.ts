/** Steps, intervals and warm-up that a run leaves open, and runs by the clock. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DEFAULT_TRAIN_CONFIG, type ScheduleName, type TrainConfig } from "../../src/config.ts";
import { UsageError } from "../../src/errors.ts";
import { DecayClock, stepsWithin } from "../../src/train/clock.ts";
import {
  intervals,
  isMeeting,
  MOST_STEPS,
  type PlannedConfig,
  schedule,
  stepsOfEpochs,
} from "../../src/train/plan.ts";

function config(steps: number, changes: Partial<TrainConfig> = {}): PlannedConfig {
  return { ...DEFAULT_TRAIN_CONFIG, ...changes, steps };
}

Deno.test("stepsOfEpochs() counts whole batches, at least one", () => {
  assertEquals(stepsOfEpochs(30, 4500, 32), 4219);
  assertEquals(stepsOfEpochs(0.001, 10, 32), 1);
});

Deno.test("intervals() are the usual ones in a long run and smaller ones in a short one", () => {
  assertEquals(intervals(config(100_000)), { log: 100, evaluation: 1000, save: 5000 });
  assertEquals(intervals(config(200)), { log: 4, evaluation: 20, save: 50 });
  assertEquals(intervals(config(1)), { log: 1, evaluation: 1, save: 1 });
});

Deno.test("with local steps, what reads the model waits for a meeting of the ranks", () => {
  const given = { ...config(100), logInterval: 7, evalInterval: 11, saveInterval: 30, syncEvery: 10 };
  assertEquals(intervals(given), { log: 7, evaluation: 20, save: 30 });
  const meetings = Array.from({ length: 26 }, (_, step) => step).filter((step) =>
    isMeeting(step, { ...given, steps: 25 })
  );
  assertEquals(meetings, [0, 10, 20, 25]);
  assert(isMeeting(7, config(100)), "without, after each step");
});

Deno.test("intervals() that are given are kept", () => {
  const given = config(200, { logInterval: 7, evalInterval: 11, saveInterval: 13 });
  assertEquals(intervals(given), { log: 7, evaluation: 11, save: 13 });
});

Deno.test("schedule() warms up over a tenth of the run, 1000 steps (wsd: 200) at most", () => {
  const warmup = (steps: number, warmupSteps: number | null, name: ScheduleName = "wsd"): number =>
    schedule(config(steps, { schedule: name, warmupSteps })).warmupSteps;
  assertEquals([warmup(50_000, null), warmup(500, null), warmup(3, null)], [200, 50, 1]);
  assertEquals([warmup(50_000, null, "cosine"), warmup(500, null, "cosine")], [1000, 50]);
  assertEquals([warmup(500, 20), warmup(500, 900), warmup(500, 0)], [20, 500, 0]);
});

Deno.test("stepsWithin() fills the time with steps, evaluations and checkpoints", () => {
  for (const seconds of [60, 600, 3600]) {
    const evaluationSeconds = seconds / 110; // the plan sees to it that ten take little of the time
    const measured = { stepSeconds: 0.2, evaluationSeconds, checkpointSeconds: 0.1 };
    const steps = stepsWithin(seconds, config(1), measured);
    const { evaluation, save } = intervals(config(steps));
    const evaluations = Math.ceil(steps / evaluation);
    const total = steps * 0.2 + evaluations * (evaluationSeconds + 0.1) + Math.ceil(steps / save) * 0.1;
    assert(total <= seconds && total > 0.97 * seconds, `${steps} steps take ${total} of ${seconds} s`);
  }
});

Deno.test("stepsWithin() gives at least one step when there is no time", () => {
  const measured = { stepSeconds: 2, evaluationSeconds: 5, checkpointSeconds: 0.5 };
  for (const seconds of [1, 0, -30]) assertEquals(stepsWithin(seconds, config(1), measured), 1);
});

Deno.test("stepsOfEpochs() refuses more steps than a checkpoint can be read with, and says how many epochs fit", () => {
  const error = assertThrows(() => stepsOfEpochs(1_000_000, 16_691, 1), UsageError, "16691000000 steps");
  assertStringIncludes(error.hint!, "--epochs 59912 or less");
  assertEquals(stepsOfEpochs(59_912, 16_691, 1), 59_912 * 16_691);
});

Deno.test("a run by the clock never plans more steps than a checkpoint can be read with", () => {
  const clock = new DecayClock(1e12, 0.2);
  clock.beforeStep(0, { now: 0, steps: 3 });
  clock.beforeStep(1, { now: 1e-3, steps: 3 });
  assertEquals(clock.beforeStep(2, { now: 2e-3, steps: 3 }), { stableSteps: null, steps: MOST_STEPS });
  assertEquals(clock.beforeStep(MOST_STEPS - 1, { now: 3e-3, steps: MOST_STEPS }), null);
});
