// What kernels take instead of options, in wasm and WGSL: computed once, in float64.
import type { AdamWOptions, Dropout } from "./mod.ts";

/** An element is kept when its bits are at least `threshold`, and multiplied by `scale`. Null keeps all. */
export function dropoutArguments(
  dropout: Dropout | null,
): [threshold: number, scale: number, keyA: number, keyB: number] {
  if (dropout === null) return [0, 1, 0, 0];
  const threshold = Math.min(Math.ceil(dropout.probability * 2 ** 32), 2 ** 32 - 1);
  return [threshold, 1 / (1 - dropout.probability), dropout.key[0], dropout.key[1]];
}

/** p = keep * p - rate * m / (correction * sqrt(v) + eps); rest1 = 1 - beta1, rest2 = 1 - beta2. */
export function adamWArguments({ learningRate, beta1, beta2, eps, weightDecay, step }: AdamWOptions): [
  ...parameters: [keep: number, rate: number],
  ...moments: [beta1: number, beta2: number, rest1: number, rest2: number],
  ...root: [correction: number, eps: number],
] {
  const [keep, rate] = [1 - learningRate * weightDecay, learningRate / (1 - beta1 ** step)];
  return [keep, rate, beta1, beta2, 1 - beta1, 1 - beta2, 1 / Math.sqrt(1 - beta2 ** step), eps];
}

/** What clipScale() puts into `out`; the alarm goes off where the norm is not finite. */
export function clipped(norm: number, maxNorm: number, alarm: Float32Array): [norm: number, factor: number] {
  if (!Number.isFinite(norm)) alarm[0] = norm;
  return [norm, Number.isFinite(alarm[0]) ? Math.min(1, maxNorm / (norm + 1e-6)) : -1];
}
