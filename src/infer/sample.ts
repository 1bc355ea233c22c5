// Sampling: a token from logits, and a stream of tokens from a decoder.
import { END_TOKEN } from "../config.ts";
import { exp } from "../model/exponential.ts";
import { PROVER_TEMPERATURE } from "../prompt/mod.ts";
import { Rng } from "../rng.ts";
import { canLookAhead, checkLogits, type Decoder } from "./decoder.ts";
import { TokenLookup } from "./token_lookup.ts";
import type { ProofGuide } from "./lines/mod.ts";
import { takeTurns } from "../turns.ts";

/** How tokens are drawn. Top-p comes first, then min-p of what is left. */
export interface SampleOptions {
  /** Divides the logits; 0: always the likeliest token. Default 0.8. */
  readonly temperature?: number;
  /** Keep the likeliest tokens that together reach this probability. Default 1: all. */
  readonly topP?: number;
  /** Keep tokens at least this many times as likely as the likeliest, at the temperature. Default 0: all. */
  readonly minP?: number;
  /** Same seed, same tokens. Default 42. */
  readonly seed?: number;
}

/** After so many tokens that may not be drawn, all are asked for. */
const MAX_REFUSED = 8;

/** A token's id, drawn by logits (V) from those that may be drawn; -1 for none. */
export function sampleToken(
  logits: Float32Array,
  rng: Rng,
  options: SampleOptions = {},
  may: ((id: number) => boolean) | null = null,
): number {
  if (may === null) return draw(logits, rng, options);
  const left = logits.slice();
  for (let refused = 0;; refused++) {
    if (refused === MAX_REFUSED) {
      for (let id = 0; id < left.length; id++) if (left[id]! > -Infinity && !may(id)) left[id] = -Infinity;
    }
    // The likeliest, by which min-p measures the others, must be one of them.
    const best = likeliest(left);
    if (left[best] === -Infinity) return -1;
    const token = may(best) ? draw(left, rng, options) : best;
    if (may(token)) return token;
    left[token] = -Infinity;
  }
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id;
  return best;
}

function draw(logits: Float32Array, rng: Rng, options: SampleOptions): number {
  const { temperature = PROVER_TEMPERATURE, topP = 1, minP = 0 } = options;
  const best = likeliest(logits);
  if (temperature === 0) return best;
  const weights = new Float64Array(logits.length); // the likeliest token's is 1
  for (let id = 0; id < logits.length; id++) {
    weights[id] = exp((logits[id]! - logits[best]!) / temperature);
  }
  if (topP < 1) keepShare(weights, topP);
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

/** Options of {@linkcode generateTokens}. */
export interface TokenOptions extends SampleOptions {
  /** Says which tokens may come. Default: all. */
  readonly guide?: ProofGuide | undefined;
  /** Told of each token before it is given out, with the logits (V) that it was drawn by. */
  readonly drawn?: (token: number, logits: Float32Array) => void;
}

/** Generate tokens after a prompt up to the end token, which is not given out. */
export async function* generateTokens(
  decoder: Decoder,
  prompt: Int32Array,
  options: TokenOptions = {},
): AsyncGenerator<number, void, void> {
  const { guide, drawn, seed = 42 } = options;
  const rng = new Rng(seed, "sample");
  const may = guide === undefined ? null : (id: number): boolean => guide.allows(id);
  decoder.reset();
  const begin = prompt.length > 0 ? prompt : Int32Array.of(END_TOKEN);
  const lookup = canLookAhead(decoder) ? new TokenLookup(begin, decoder.mostAtOnce - 1) : null;
  let logits = await decoder.feed(begin);
  let [row, guesses, ms]: [number, Int32Array, number | null] = [0, new Int32Array(), null];
  for (;;) {
    // Row by row the logits after a token that was drawn, as long as it is the one that was guessed.
    const current = logits.subarray(row * decoder.vocabSize, (row + 1) * decoder.vocabSize);
    checkLogits(current);
    const token = sampleToken(current, rng, options, may);
    if (token === END_TOKEN || token < 0) return;
    guide?.push(token);
    drawn?.(token, current);
    yield token;
    lookup?.push(token);
    if (token === guesses[row]) {
      row++;
      continue;
    }
    await takeTurns();
    if (lookup === null || !canLookAhead(decoder)) {
      logits = await decoder.feed(Int32Array.of(token));
      continue;
    }
    if (row < guesses.length) decoder.drop(guesses.length - row);
    if (ms !== null) lookup.tell({ right: row, guessed: guesses.length, ms });
    guesses = lookup.guesses();
    row = 0;
    const begun = performance.now();
    logits = await decoder.feedEach(Int32Array.from([token, ...guesses]));
    ms = performance.now() - begun;
  }
}

/** Zero all but the fewest of the largest weights that reach a share of the sum, lower ids first. */
function keepShare(weights: Float64Array, share: number): void {
  // Smaller weights are together less than what is left out, as the largest is 1: sort the others.
  const negligible = (1 - share) / weights.length;
  const order: number[] = [];
  for (let id = 0; id < weights.length; id++) if (weights[id]! >= negligible) order.push(id);
  order.sort((a, b) => weights[b]! - weights[a]! || a - b);
  const total = weights.reduce((sum, weight) => sum + weight);
  const kept = new Float64Array(weights.length);
  let reached = 0;
  for (const id of order) {
    kept[id] = weights[id]!;
    reached += weights[id]!;
    if (reached >= share * total) break;
  }
  weights.set(kept);
}
