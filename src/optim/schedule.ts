/** The learning rate over a run: linear warm-up, then half a cosine down to the minimum at the run's last step. */

/** What a schedule needs to know. */
export interface ScheduleOptions {
  /** Peak, reached when the warm-up ends. */
  readonly learningRate: number;
  /** At the last step. */
  readonly minLearningRate: number;
  /** Steps of linear warm-up. */
  readonly warmupSteps: number;
  /** Steps of the whole run. */
  readonly steps: number;
}

/**
 * Learning rate of one step.
 *
 * @param step 1 for the first step, `options.steps` for the last
 */
export function learningRateAt(step: number, options: ScheduleOptions): number {
  const { learningRate, minLearningRate, warmupSteps, steps } = options;
  if (step <= warmupSteps) return learningRate * step / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
  return minLearningRate + 0.5 * (1 + Math.cos(Math.PI * progress)) * (learningRate - minLearningRate);
}
