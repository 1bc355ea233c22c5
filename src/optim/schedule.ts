// The learning rate over a run: linear warm-up, then either half a cosine down to the minimum (`cosine`), or
// the peak until a linear decay to the minimum (`wsd`: warm-up, stable, decay). In the stable phase of a long
// run the rate falls, after some hundred steps, with the inverse root of the steps done.
import type { TrainConfig } from "../config.ts";

/** When the stable phase of `wsd` begins to fall: short runs learn best at a high rate (docs/log.md). */
const PEAK_STEPS = 450;

/** As in the recipe; `stableSteps` are those before the linear decay, with `wsd`. */
export type ScheduleOptions =
  & Pick<TrainConfig, "schedule" | "learningRate" | "minLearningRate">
  & Readonly<Record<"warmupSteps" | "stableSteps" | "steps", number>>;

/** Learning rate of one step: 1 for the first, `options.steps` for the last. */
export function learningRateAt(step: number, options: ScheduleOptions): number {
  const { schedule, learningRate, minLearningRate, warmupSteps, stableSteps, steps } = options;
  if (step <= warmupSteps) return learningRate * step / warmupSteps;
  const start = schedule === "cosine" ? warmupSteps : Math.max(warmupSteps, stableSteps);
  const progress = Math.min(1, Math.max(0, step - start) / Math.max(1, steps - start));
  // A warm-up that is longer than the peak ends at 1 as well.
  const peak = Math.max(PEAK_STEPS, warmupSteps);
  const height = schedule === "cosine"
    ? 0.5 * (1 + Math.cos(Math.PI * progress))
    : (1 - progress) * Math.sqrt(peak / Math.max(peak, Math.min(step, start)));
  return minLearningRate + height * (learningRate - minLearningRate);
}
