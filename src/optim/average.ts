/**
 * The exponential moving average of the parameters. It smooths out the noise of the last steps, so that what is evaluated and exported is better than
 * the parameters themselves while the learning rate is high.
 */

/**
 * average = decay * average + (1 - decay) * parameters, in place, element by element.
 *
 * @param step updates done, 1 for the first: the decay grows to its value as (1 + step) / (10 + step), so that the untrained beginning is forgotten
 */
export function updateAverage(
  average: Float32Array,
  parameters: Float32Array,
  { decay, step }: { decay: number; step: number },
): void {
  const share = 1 - Math.min(decay, (1 + step) / (10 + step));
  for (let i = 0; i < average.length; i++) average[i]! += share * (parameters[i]! - average[i]!);
}
