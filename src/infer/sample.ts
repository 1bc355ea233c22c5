/** Sampling: a token from logits, and a stream of tokens from a decoder. */
import { END_TOKEN } from "../config.ts";
import { PROVER_TEMPERATURE } from "../prompt/mod.ts";
import { Rng } from "../rng.ts";
import type { Decoder } from "./decoder.ts";

/** How tokens are drawn. Top-k comes first, then top-p of what is left, then min-p. */
export interface SampleOptions {
  /** Divides the logits; 0: always the likeliest token. Default 0.8. */
  readonly temperature?: number;
  /** Keep only this many of the likeliest tokens; 0: all. Default 0. */
  readonly topK?: number;
  /** Keep the likeliest tokens that together reach this probability. Default 1: all. */
  readonly topP?: number;
  /** Keep tokens at least this many times as likely as the likeliest, at the temperature. Default 0: all. */
  readonly minP?: number;
  /** Same seed, same tokens. Default 42. */
  readonly seed?: number;
}

/**
 * Draw a token.
 *
 * @param logits (V)
 * @param rng where the chance comes from; not used at temperature 0
 * @returns its id
 */
export function sampleToken(logits: Float32Array, rng: Rng, options: SampleOptions = {}): number {
  const { temperature = PROVER_TEMPERATURE, topK = 0, topP = 1, minP = 0 } = options;
  const best = indexOfLargest(logits);
  if (temperature === 0) return best;
  const weights = new Float64Array(logits.length); // the likeliest token's is 1
  for (let id = 0; id < logits.length; id++) {
    weights[id] = Math.exp((logits[id]! - logits[best]!) / temperature);
  }
  if (topK > 0 || topP < 1) keepLikeliest(weights, topK, topP);
  if (minP > 0) {
    for (let id = 0; id < weights.length; id++) if (weights[id]! < minP) weights[id] = 0;
  }
  let total = 0;
  for (let id = 0; id < weights.length; id++) total += weights[id]!;
  let left = rng.uniform() * total;
  for (let id = 0; id < weights.length; id++) {
    left -= weights[id]!;
    if (left < 0) return id;
  }
  return best;
}

/**
 * Generate tokens after a prompt until the end token, which is not given out. The decoder is reset first.
 *
 * @param prompt token ids; empty: the stream begins after an end token
 * @returns token ids, without end unless the model predicts one or the caller stops
 */
export async function* generateTokens(
  decoder: Decoder,
  prompt: Int32Array,
  options: SampleOptions = {},
): AsyncGenerator<number, void, void> {
  const rng = new Rng(options.seed ?? 42, "sample");
  decoder.reset();
  let logits = await decoder.feed(prompt.length > 0 ? prompt : Int32Array.of(END_TOKEN));
  for (;;) {
    const token = sampleToken(logits, rng, options);
    if (token === END_TOKEN) return;
    yield token;
    logits = await decoder.feed(Int32Array.of(token));
  }
}

function indexOfLargest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/**
 * Zero all weights but the `topK` largest (0: all), and but the fewest of these that together reach a share
 * `topP` of their sum; of equal ones the lower ids stay.
 */
function keepLikeliest(weights: Float64Array, topK: number, topP: number): void {
  // Smaller weights are together less than what top-p leaves out, as the largest is 1: sort the others.
  const negligible = (1 - topP) / weights.length;
  const order: number[] = [];
  for (let id = 0; id < weights.length; id++) if (weights[id]! >= negligible) order.push(id);
  order.sort((a, b) => weights[b]! - weights[a]! || a - b);
  const likeliest = order.slice(0, topK > 0 ? topK : order.length);
  const kept = new Float64Array(weights.length);
  for (const id of likeliest) kept[id] = weights[id]!;
  if (topP < 1) {
    const total = (topK > 0 ? kept : weights).reduce((sum, weight) => sum + weight);
    let reached = 0;
    for (const id of likeliest) {
      if (reached >= topP * total) kept[id] = 0;
      reached += weights[id]!;
    }
  }
  weights.set(kept);
}
