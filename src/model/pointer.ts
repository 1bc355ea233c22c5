/**
 * The pointer: a model's distribution over the next token is a mixture of the vocabulary's softmax and of copies of earlier tokens (pointer sentinel mixture,
 * Merity et al. 2016). From the last norm's output x of row t, of D = head size columns each:
 *
 *     query, key = rms(W_q x), rms(W_k x)         own = OWN_SCORE + w_own · x
 *     a = softmax over [own_t, and scale * query_t · key_j of every earlier row j of the document]
 *     p(v) = a_own * softmax(logits)(v) + the sum of a_j over the rows j that were followed by v
 *
 * What the model gives instead of logits is log(p + {@linkcode PROBABILITY_FLOOR}).
 */
import type { PointerOptions } from "../backend/mod.ts";
import type { ModelConfig } from "../config.ts";
import { NORM_EPS } from "./attention_form.ts";

/** The score of a row's own vocabulary before training: nothing to speak of is copied then. */
export const OWN_SCORE = 6;

/** Added to every probability, so that its logarithm is finite. */
export const PROBABILITY_FLOOR = 1e-30;

/** Whether a model has a pointer. */
export function hasPointer(config: ModelConfig): boolean {
  return config.architecture === "pointer";
}

/** D, the columns of a pointer's queries and keys: those of a head. Its parameter has 2 D + 1 rows: W_q, W_k, w_own. */
export function pointerSize({ dModel, nHeads }: ModelConfig): number {
  return dModel / nHeads;
}

/** The options of a model's pointer. */
export function pointerOptions(config: ModelConfig): PointerOptions {
  return { scale: 8 / pointerSize(config), ownScore: OWN_SCORE, eps: NORM_EPS, floor: PROBABILITY_FLOOR };
}

/** What one row looks for, and how it is found. */
export interface PointerRow {
  /** (D) */
  readonly key: Float32Array;
  /** The score of the row's own vocabulary. */
  readonly own: number;
  /** The score of a copy of what followed another row with this key (D). */
  score(key: Float32Array): number;
}

/**
 * Read one row of the pointer's product.
 *
 * @param projected (2D + 1): [query | key | own], as the product leaves it
 */
export function readPointerRow(config: ModelConfig, projected: Float32Array): PointerRow {
  const D = pointerSize(config);
  const { scale, ownScore } = pointerOptions(config);
  const query = unit(projected.subarray(0, D)).map((value) => scale * value);
  return {
    key: unit(projected.subarray(D, 2 * D)),
    own: ownScore + projected[2 * D]!,
    score(key: Float32Array): number {
      let dot = 0;
      for (let i = 0; i < D; i++) dot += query[i]! * key[i]!;
      return dot;
    },
  };
}

/**
 * Mix copies into a row's distribution.
 *
 * @param logits (V), in place: the vocabulary's own, on return log(p + {@linkcode PROBABILITY_FLOOR})
 * @param own the score of the vocabulary
 * @param copies the score and the token of each
 */
export function mixCopies(
  logits: Float32Array,
  own: number,
  { scores, tokens }: { readonly scores: readonly number[]; readonly tokens: Int32Array },
): void {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const top = scores.reduce((a, b) => Math.max(a, b), own);
  let [vocabulary, all] = [0, Math.exp(own - top)];
  for (const logit of logits) vocabulary += Math.exp(logit - largest);
  for (const score of scores) all += Math.exp(score - top);
  const share = Math.exp(own - top) / (all * vocabulary);
  const copied = new Map<number, number>();
  for (const [i, score] of scores.entries()) {
    copied.set(tokens[i]!, (copied.get(tokens[i]!) ?? 0) + Math.exp(score - top) / all);
  }
  for (let v = 0; v < logits.length; v++) {
    logits[v] = Math.log(share * Math.exp(logits[v]! - largest) + (copied.get(v) ?? 0) + PROBABILITY_FLOOR);
  }
}

/** A row divided by the root of its mean square. */
function unit(row: Float32Array): Float32Array {
  const rstd = 1 / Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / row.length + NORM_EPS);
  return row.map((value) => rstd * value);
}
