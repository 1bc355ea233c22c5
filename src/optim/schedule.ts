/**
 * The learning rate over a run: linear warm-up, then either half a cosine down to the minimum (`cosine`), or
 * the peak until a linear decay to the minimum (`wsd`: warm-up, stable, decay). The stable phase of a long
 * run is not quite that: after some hundred steps the rate falls with the inverse root of the steps done,
 * which does not depend on how long the run will be. The minimum is reached at the run's last step.
 */
import type { ScheduleName } from "../config.ts";

/** When the stable phase of `wsd` begins to fall: short runs learn best at a high rate (docs/log.md). */
const PEAK_STEPS = 450;

/** What a schedule needs to know. */
export interface ScheduleOptions {
  readonly schedule: ScheduleName;
  /** Peak, reached when the warm-up ends. */
  readonly learningRate: number;
  /** At the last step. */
  readonly minLearningRate: number;
  /** Steps of linear warm-up. */
  readonly warmupSteps: number;
  /** Last step before the linear decay, with `wsd`. */
  readonly stableSteps: number;
  /** Steps of the whole run. */
  readonly steps: number;
}

/**
 * Learning rate of one step.
 *
 * @param step 1 for the first step, `options.steps` for the last
 */
export function learningRateAt(step: number, options: ScheduleOptions): number {
  const { schedule, learningRate, minLearningRate, warmupSteps, stableSteps, steps } = options;
  if (step <= warmupSteps) return learningRate * step / warmupSteps;
  const start = schedule === "cosine" ? warmupSteps : Math.max(warmupSteps, stableSteps);
  const progress = Math.min(1, Math.max(0, step - start) / Math.max(1, steps - start));
  const height = schedule === "cosine"
    ? 0.5 * (1 + Math.cos(Math.PI * progress))
    : (1 - progress) * afterPeak(Math.min(step, start), warmupSteps);
  return minLearningRate + height * (learningRate - minLearningRate);
}

/** Height of the stable phase at a step; a warm-up that is longer than the peak ends at 1 as well. */
function afterPeak(step: number, warmupSteps: number): number {
  const peak = Math.max(PEAK_STEPS, warmupSteps);
  return Math.sqrt(peak / Math.max(peak, step));
}
