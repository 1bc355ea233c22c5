/** Sampling: a token from logits, and a stream of tokens from a decoder. */
import { END_TOKEN } from "../config.ts";
import { Rng } from "../rng.ts";
import type { Decoder } from "./decoder.ts";

/** How tokens are drawn. */
export interface SampleOptions {
  /** Divides the logits; 0: always the likeliest token. Default 0.8. */
  readonly temperature?: number;
  /** Keep only this many of the likeliest tokens; 0: all. Default 0. */
  readonly topK?: number;
  /** Keep the likeliest tokens that together reach this probability. Default 1: all. */
  readonly topP?: number;
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
  const { temperature = 0.8, topK = 0, topP = 1 } = options;
  if (temperature === 0) return indexOfLargest(logits);
  const order = Array.from(logits, (_, id) => id);
  if (topK > 0 || topP < 1) order.sort((a, b) => logits[b]! - logits[a]! || a - b);
  if (topK > 0) order.length = Math.min(order.length, topK);
  const largest = logits[indexOfLargest(logits)]!;
  const weights = order.map((id) => Math.exp((logits[id]! - largest) / temperature));
  let total = weights.reduce((sum, weight) => sum + weight, 0);
  let kept = weights.length;
  if (topP < 1) {
    let reached = 0;
    kept = weights.findIndex((weight) => (reached += weight) >= topP * total) + 1 || weights.length;
    total = weights.slice(0, kept).reduce((sum, weight) => sum + weight, 0);
  }
  let left = rng.uniform() * total;
  for (let i = 0; i < kept; i++) {
    left -= weights[i]!;
    if (left < 0) return order[i]!;
  }
  return order[kept - 1]!;
}

/**
 * Generate tokens after a prompt until the end token, which is not given out. The decoder is reset first.
 *
 * @param prompt token ids; empty: the stream begins after an end token
 * @returns token ids, without end unless the model predicts one or the caller stops
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as tactics from "../../mod.ts";
 *
 * const sizes = { vocabSize: 10, contextLength: 8, dModel: 8, nLayers: 1, nHeads: 2, dMlp: 16 };
 * const model = { ...tactics.DEFAULT_MODEL_CONFIG, ...sizes };
 * using backend = await tactics.openBackend({ kind: "reference" });
 * const gpt = new tactics.Gpt(backend, model);
 * gpt.load(tactics.initialParameters(model, 42));
 *
 * await using decoder = new tactics.GptDecoder(gpt);
 * const tokens: number[] = [];
 * for await (const token of tactics.generateTokens(decoder, Int32Array.of(2, 3), { temperature: 0 })) {
 *   tokens.push(token);
 *   if (tokens.length === 3) break;
 * }
 * assertEquals(tokens.length, 3);
 * ```
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
