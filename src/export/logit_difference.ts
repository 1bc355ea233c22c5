// How far two ways of computing the same logits are apart: number by number, and as distributions.
import { DataError } from "../errors.ts";
import type { KeyValueCache, OnnxSession } from "../infer/onnx_session.ts";
import { logSumExp } from "../infer/probabilities.ts";
import { formatPercent } from "../text_format.ts";
import { CUT_LOGIT } from "./bake.ts";

/** Largest difference of logits that is taken for rounding. */
export const LOGIT_TOLERANCE = 1e-4;

/**
 * Largest mean divergence of a model that quantizes activations, in nats a token. Its logits depend on how
 * tokens are cut into calls; what must stay is the distribution of the next token. A trained model of the
 * default size measures below 0.001, a broken graph above 1.
 */
export const DIVERGENCE_TOLERANCE = 0.02;

/** How far two lists of logits are apart. */
export interface LogitDifference {
  /** Largest absolute difference of logits. */
  readonly largest: number;
  /** Mean KL divergence a token of the second's next-token distribution from the first's, in nats. */
  readonly divergence: number;
  /** Share of the tokens for which both have the same likeliest next token. */
  readonly argmaxAgreement: number;
}

/** (T, V) logits of feeding so many tokens at a time, after a first cache. */
export async function pieceLogits(
  session: OnnxSession,
  tokens: Int32Array,
  { length, first }: { length: number; first: KeyValueCache },
): Promise<Float32Array> {
  const { vocabSize } = session.config;
  const all = new Float32Array(tokens.length * vocabSize);
  let cache = first;
  for (let start = 0; start < tokens.length; start += length) {
    const output = await session.run(tokens.subarray(start, start + length), cache);
    all.set(output.logits, start * vocabSize);
    cache = output.cache;
  }
  return all;
}

/**
 * Compare logits (T, V) row by row. Where baked sampling cut a token off in one of them only, the other's
 * distance from its row's lowest kept logit counts, and the token is left out of the divergence.
 * @returns NaN in every field when the lengths differ or a value is NaN
 */
export function compareLogits(wanted: Float32Array, found: Float32Array, vocabSize: number): LogitDifference {
  const rows = wanted.length / vocabSize;
  let [largest, divergence, agreeing] = [wanted.length === found.length ? 0 : NaN, 0, 0];
  for (let row = 0; row < rows && !Number.isNaN(largest); row++) {
    const rowOf = (all: Float32Array) => all.subarray(row * vocabSize, (row + 1) * vocabSize);
    const [a, b] = [rowOf(wanted), rowOf(found)];
    largest = Math.max(largest, largestInRow(a, b)); // NaN wins
    divergence += rowDivergence(a, b) / rows;
    if (argmax(a) === argmax(b)) agreeing++;
  }
  if (Number.isNaN(largest)) return { largest, divergence: NaN, argmaxAgreement: NaN };
  return { largest, divergence, argmaxAgreement: rows === 0 ? 1 : agreeing / rows };
}

/**
 * What was measured, in words after `way`; with quantized activations {@linkcode DIVERGENCE_TOLERANCE} holds.
 * @throws {DataError} when it is more than allowed
 */
export function checkDifference(
  { largest, divergence, argmaxAgreement }: LogitDifference,
  { quantizedActivations, tolerance = LOGIT_TOLERANCE, way = "" }: {
    quantizedActivations: boolean;
    tolerance?: number;
    way?: string;
  },
): string {
  let text = `${way}largest difference of logits ${largest.toExponential(1)}`;
  if (!quantizedActivations) {
    if (largest <= tolerance) return text;
    throw new DataError(`${text}, must be at most ${tolerance.toExponential(1)}`);
  }
  text += `, divergence ${divergence.toExponential(1)} nats, ` +
    `${formatPercent(argmaxAgreement, 1)} the same likeliest token`;
  if (divergence <= DIVERGENCE_TOLERANCE) return text;
  throw new DataError(`${text}, must be a divergence of at most ${DIVERGENCE_TOLERANCE}`);
}

/** The largest absolute value but for cut ones; 0 when there are none. */
export function largestMagnitude(values: Float32Array): number {
  return values.reduce((largest, x) => x === CUT_LOGIT ? largest : Math.max(largest, Math.abs(x)), 0);
}

/** The index of the largest value, the first of equal ones. */
export function argmax(row: Float32Array): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i]! > row[best]!) best = i;
  return best;
}

function largestInRow(a: Float32Array, b: Float32Array): number {
  const lowestKept = (row: Float32Array): number =>
    row.reduce((lowest, logit) => logit === CUT_LOGIT ? lowest : Math.min(lowest, logit), Infinity);
  const [lowestA, lowestB] = [lowestKept(a), lowestKept(b)];
  return a.reduce((largest, x, i) => {
    const y = b[i]!;
    if (x === CUT_LOGIT && y !== CUT_LOGIT) return Math.max(largest, Math.abs(y - lowestB));
    if (y === CUT_LOGIT && x !== CUT_LOGIT) return Math.max(largest, Math.abs(x - lowestA));
    return Math.max(largest, Math.abs(x - y));
  }, 0);
}

/** KL(a || b) in nats, over the tokens that neither cut. */
function rowDivergence(a: Float32Array, b: Float32Array): number {
  const isKept = (_: number, i: number): boolean => a[i] !== CUT_LOGIT && b[i] !== CUT_LOGIT;
  const [keptA, keptB] = [a.filter(isKept), b.filter(isKept)];
  const [sumA, sumB] = [logSumExp(keptA), logSumExp(keptB)];
  return keptA.reduce((sum, x, i) => sum + Math.exp(x - sumA) * (x - sumA - (keptB[i]! - sumB)), 0);
}
