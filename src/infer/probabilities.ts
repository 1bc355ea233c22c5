// Sums of probabilities that are kept as natural logarithms.
import { exp } from "../model/exponential.ts";

/** log(exp(a) + exp(b)). */
export function logAdd(a: number, b: number): number {
  const [larger, smaller] = a > b ? [a, b] : [b, a];
  return smaller === -Infinity ? larger : larger + Math.log1p(Math.exp(smaller - larger));
}

/** log(sum of exp); -Infinity for no values. */
export function logSumExp(values: Float32Array): number {
  let largest = -Infinity;
  for (let i = 0; i < values.length; i++) if (values[i]! > largest) largest = values[i]!;
  if (largest === -Infinity) return -Infinity;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += exp(values[i]! - largest);
  return largest + Math.log(sum);
}
