/** Measuring how far two ways of computing the same logits are apart. */
import type { KeyValueCache, OnnxSession } from "../infer/onnx_session.ts";

/** Largest difference of logits that is taken for rounding. */
export const LOGIT_TOLERANCE = 1e-4;

/** (T, V) logits of feeding one token at a time. */
export async function stepLogits(
  session: OnnxSession,
  tokens: Int32Array,
  first: KeyValueCache,
): Promise<Float32Array> {
  const { vocabSize } = session.config;
  const all = new Float32Array(tokens.length * vocabSize);
  let cache = first;
  for (const [i, token] of tokens.entries()) {
    const output = await session.run(Int32Array.of(token), cache);
    all.set(output.logits, i * vocabSize);
    cache = output.cache;
  }
  return all;
}

/** The largest absolute difference; NaN when the lengths differ or a value is NaN. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return NaN;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (Number.isNaN(difference)) return NaN;
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** The largest absolute value; 0 when there are none. */
export function largestMagnitude(values: Float32Array): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

/** A difference as text, two digits. */
export function formatDifference(value: number): string {
  return value.toExponential(1);
}
