/** Runs by the clock with a decay at their end, on machines whose speed changes. */
import { assert, assertEquals } from "@std/assert";
import { DecayClock, runSeconds, stepsWithin } from "../../src/train/clock.ts";
import { shortRun } from "./run_fixture.ts";

/** A run of `total` seconds that was planned with a second a step, and whose steps take `seconds(step)`. */
function run(total: number, decayShare: number, seconds: (step: number) => number): {
  stableSteps: number;
  steps: number;
  seconds: number;
} {
  const clock = new DecayClock(total, decayShare);
  let [now, steps] = [0, total];
  let stableSteps: number | null = null;
  for (let step = 0; step < steps; step++) {
    const decided = clock.beforeStep(step, { now, steps });
    steps = decided?.steps ?? steps;
    assert(steps > step, `${steps} steps, ${step} are done`);
    if (decided !== null && decided.stableSteps !== null) {
      assertEquals(decided.stableSteps, stableSteps ?? step);
      stableSteps = decided.stableSteps;
    }
    now += seconds(step + 1);
  }
  assert(stableSteps !== null, `no decay in ${steps} steps`);
  return { stableSteps, steps, seconds: now };
}

Deno.test("the decay has its share of the steps of an even run, which ends in time", () => {
  for (const share of [0.1, 0.4, 0.9]) {
    const { stableSteps, steps, seconds } = run(600, share, () => 1);
    assert(Math.abs(steps - 600) <= 1 && Math.abs(seconds - 600) <= 1, `${steps} steps, ${seconds} s`);
    assert(Math.abs((steps - stableSteps) / steps - share) < 0.01, `${stableSteps} of ${steps}`);
  }
});

Deno.test("a run ends in time when the machine becomes slower or faster before the decay", () => {
  for (const later of [0.2, 0.5, 2, 5]) {
    const { stableSteps, steps, seconds } = run(600, 0.4, (step) => step < 100 ? 1 : later);
    assert(Math.abs(seconds - 600) < 0.1 * 600, `${seconds} s with ${later}`);
    assert(steps > stableSteps && (steps - stableSteps) / steps < 0.45, `${stableSteps} of ${steps}`);
  }
});

Deno.test("a run ends in time when the machine becomes slower or faster in the decay", () => {
  for (const later of [0.5, 0.9, 1.1, 2]) {
    const { stableSteps, steps, seconds } = run(600, 0.4, (step) => step < 400 ? 1 : later);
    assert(Math.abs(seconds - 600) <= 0.02 * 600, `${seconds} s with ${later}`);
    assert(Math.abs(stableSteps - 360) <= 1 && steps > 400, `${stableSteps} of ${steps}`);
  }
});

Deno.test("evaluations between steps count, and do not change the number of steps again and again", () => {
  const clock = new DecayClock(600, 0.4);
  let [now, steps, decisions] = [0, 500, 0];
  for (let step = 0; step < steps; step++) {
    const decided = clock.beforeStep(step, { now, steps });
    if (decided !== null) [steps, decisions] = [decided.steps, decisions + 1];
    now += step % 50 === 49 ? 3 : 1;
  }
  assert(Math.abs(now - 600) < 10 && decisions <= 2, `${now} s, ${decisions} decisions`);
});

Deno.test("frequent evaluations count", () => {
  const { seconds } = run(600, 0.4, (step) => step % 10 === 0 ? 3 : 1);
  assert(Math.abs(seconds - 600) < 5, `${seconds} s`);
});

Deno.test("there is a step for the decay even when there is no time", () => {
  const clock = new DecayClock(10, 0.4);
  assertEquals(clock.beforeStep(50, { now: 5, steps: 100 }), null);
  assertEquals(clock.beforeStep(51, { now: 20, steps: 100 }), { stableSteps: 51, steps: 52 });
});

Deno.test("a run's time is that of its steps, evaluations and checkpoints; as many steps fit as that says", () => {
  const train = { ...shortRun(), steps: 60, evalInterval: 20, saveInterval: 15, evalTokens: 300 };
  const measured = { stepSeconds: 2, evaluationSeconds: 5, checkpointSeconds: 0.5 };
  // Three evaluations, each with a checkpoint, and four checkpoints beside them.
  const seconds = 60 * 2 + 3 * 5 + 7 * 0.5;
  assertEquals(runSeconds(train, measured), seconds);
  assertEquals(stepsWithin(seconds, train, measured), 60);
  assertEquals(stepsWithin(seconds - 0.01, train, measured), 59);
});
