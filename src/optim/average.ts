/**
 * The exponential moving average of the parameters. It smooths out the noise of the last steps, so that what is evaluated and exported is better than
 * the parameters themselves while the learning rate is high.
 */

/**
 * How far the average goes towards the parameters after a step.
 *
 * @param step updates done, 1 for the first: the decay grows to its value as (1 + step) / (10 + step), so that the untrained beginning is forgotten
 */
export function averageShare({ decay, step }: { decay: number; step: number }): number {
  return 1 - Math.min(decay, (1 + step) / (10 + step));
}

/**
 * average = decay * average + (1 - decay) * parameters, in place, element by element, the decay as {@linkcode averageShare} says.
 */
export function updateAverage(
  average: Float32Array,
  parameters: Float32Array,
  at: { decay: number; step: number },
): void {
  const share = averageShare(at);
  for (let i = 0; i < average.length; i++) average[i]! += share * (parameters[i]! - average[i]!);
}
