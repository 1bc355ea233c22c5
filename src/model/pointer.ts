/**
 * The pointer: a model's distribution over the next token is a mixture of the vocabulary's softmax and of
 * copies of earlier tokens (pointer sentinel mixture, Merity et al. 2016). From the last norm's output x of
 * row t, of D = head size columns each:
 *
 *     query, key = rms(W_q x), rms(W_k x)         own = OWN_SCORE + w_own · x
 *     a = softmax over [own_t, and scale * query_t · key_j of every earlier row j of the document]
 *     p(v) = a_own * softmax(logits)(v) + the sum of a_j over the rows j that were followed by v
 *
 * What the model gives instead of logits is log(p + {@linkcode PROBABILITY_FLOOR}).
 */
import type { PointerOptions } from "../backend/mod.ts";
import type { ModelConfig } from "../config.ts";
import { NORM_EPS } from "./architecture.ts";

/** The score of a row's own vocabulary before training: nothing to speak of is copied then. */
export const OWN_SCORE = 6;

/** Added to every probability, so that its logarithm is finite. */
export const PROBABILITY_FLOOR = 1e-30;

/** D, the columns of queries and keys: those of a head. pointer.weight has 2 D + 1 rows: W_q, W_k, w_own. */
export function pointerSize({ dModel, nHeads }: ModelConfig): number {
  return dModel / nHeads;
}

/** The options of a model's pointer. */
export function pointerOptions(config: ModelConfig): PointerOptions {
  return { scale: 8 / pointerSize(config), ownScore: OWN_SCORE, eps: NORM_EPS, floor: PROBABILITY_FLOOR };
}
