/** Numbers that kernels take instead of options, the same in wasm and WGSL: what does not depend on the element is computed once, in float64. */
import type { AdamWOptions, Dropout } from "./mod.ts";

/** An element is kept when its bits are `threshold` at least, and then multiplied by `scale`. Null keeps everything. */
export function dropoutArguments(
  dropout: Dropout | null,
): [threshold: number, scale: number, keyA: number, keyB: number] {
  if (dropout === null) return [0, 1, 0, 0];
  const threshold = Math.min(Math.ceil(dropout.probability * 2 ** 32), 2 ** 32 - 1);
  return [threshold, 1 / (1 - dropout.probability), dropout.key[0], dropout.key[1]];
}

/** parameters = keep * parameters - rate * m / (correction * sqrt(v) + eps), with rest1 = 1 - beta1 and rest2 = 1 - beta2 for the moments. */
export function adamWArguments(
  { learningRate, beta1, beta2, eps, weightDecay, step }: AdamWOptions,
): [
  keep: number,
  rate: number,
  beta1: number,
  beta2: number,
  rest1: number,
  rest2: number,
  correction: number,
  eps: number,
] {
  return [
    1 - learningRate * weightDecay,
    learningRate / (1 - beta1 ** step),
    beta1,
    beta2,
    1 - beta1,
    1 - beta2,
    1 / Math.sqrt(1 - beta2 ** step),
    eps,
  ];
}
