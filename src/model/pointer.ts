// The pointer: a model's distribution over the next token is a mixture of the vocabulary's softmax and of
// copies of earlier tokens (pointer sentinel mixture, Merity et al. 2016); its formulas stand at
// Backend.pointerMixture, which trains with it. Its queries and keys are those of the last block's first
// head, of unit RMS and turned by their positions; own = w_own · x, x the last norm's output. PointerMemory
// decodes: its logits are log(p / p_own), p_own the vocabulary's share; what a row has in common, no softmax
// sees.
import type { PointerOptions } from "../backend/mod.ts";
import type { ModelConfig } from "../config.ts";
import { attentionScale } from "./architecture.ts";
import { exp, log } from "./exponential.ts";

/** The score of a row's own vocabulary before training: nothing to speak of is copied then. */
const OWN_SCORE = 6;

/** Added to every probability, so that its logarithm is finite. */
const PROBABILITY_FLOOR = 1e-30;

/** D, the columns of queries and keys: those of a head. */
export function pointerSize({ dModel, nHeads }: ModelConfig): number {
  return dModel / nHeads;
}

/** The column of the own score in the pointer's rows (T, 2D + 1): [query | key | own]. */
export function ownColumn(config: ModelConfig): number {
  return 2 * pointerSize(config);
}

/** Where a block's qkv (T, 3C) has the copying head's query and key, and where they go in (T, 2D + 1). */
export function copyingHead(
  config: ModelConfig,
  layer: number,
): { readonly own: number; readonly ofQkv: number; readonly count: number }[] {
  if (layer !== config.nLayers - 1) return [];
  const D = pointerSize(config);
  return [{ own: 0, ofQkv: 0, count: D }, { own: D, ofQkv: config.dModel, count: D }];
}

export function pointerOptions(config: ModelConfig): PointerOptions {
  return { scale: attentionScale(config), ownScore: OWN_SCORE, floor: PROBABILITY_FLOOR };
}

/** Where T new rows' entries go, and what these rows see. */
export interface RowPlaces {
  /** (T) each new row's slot. */
  readonly newSlots: Int32Array;
  /** Slots, as `ranges` names them; a row's own is the last that it sees. */
  readonly slots: Int32Array;
  /** (T, 2) the part of `slots` that each row sees: its first index, and the one after its last. */
  readonly ranges: Int32Array;
}

/** Earlier tokens and their keys, in slots, and the mixture of their copies into logits. */
export class PointerMemory {
  /** (slots, D) */
  #keys = new Float32Array();
  /** (slots) */
  #tokens = new Int32Array();

  constructor(readonly config: ModelConfig) {}

  /**
   * Remember T new rows, and mix copies into the logits (n, V) of the last n.
   * copying (T, 2D + 1): [query | key | own] of each row.
   */
  mix(logits: Float32Array, copying: Float32Array, tokens: Int32Array, places: RowPlaces): void {
    const [V, D] = [this.config.vocabSize, pointerSize(this.config)];
    const [T, width, n] = [tokens.length, 2 * D + 1, logits.length / V];
    const row = (t: number): Float32Array => copying.subarray(t * width, (t + 1) * width);
    this.#reserve(places.newSlots.reduce((a, b) => Math.max(a, b), -1) + 1);
    for (const [t, slot] of places.newSlots.entries()) {
      this.#keys.set(row(t).subarray(D, 2 * D), slot * D);
      this.#tokens[slot] = tokens[t]!;
    }
    for (let i = 0; i < n; i++) {
      const t = T - n + i;
      const seen = places.slots.subarray(places.ranges[2 * t], places.ranges[2 * t + 1]);
      this.#mixRow(logits.subarray(i * V, (i + 1) * V), row(t), seen);
    }
  }

  /** What a row can copy is the token in each slot that it sees but the first: the one before has the key. */
  #mixRow(logits: Float32Array, row: Float32Array, seen: Int32Array): void {
    const D = pointerSize(this.config);
    const { scale, ownScore, floor } = pointerOptions(this.config);
    const V = logits.length;
    let [largest, sum] = [-Infinity, 0];
    for (let v = 0; v < V; v++) if (!(logits[v]! <= largest)) largest = logits[v]!; // NaN stays
    for (let v = 0; v < V; v++) sum += exp(logits[v]! - largest);
    const [shift, least] = [largest + log(sum), log(floor)];
    for (let v = 0; v < V; v++) {
      const logit = logits[v]! - shift;
      logits[v] = logit < least ? least : logit;
    }

    const shares = new Map<number, number>(); // of the tokens that may be copied
    for (let i = 1; i < seen.length; i++) {
      const key = seen[i - 1]! * D;
      let dot = 0;
      for (let c = 0; c < D; c++) dot += row[c]! * this.#keys[key + c]!;
      const token = this.#tokens[seen[i]!]!;
      shares.set(token, (shares.get(token) ?? 0) + exp(scale * dot - ownScore - row[2 * D]!));
    }
    for (const [token, share] of shares) logits[token] = log(exp(logits[token]!) + share);
  }

  #reserve(slots: number): void {
    if (slots <= this.#tokens.length) return;
    const [keys, tokens] = [this.#keys, this.#tokens];
    const length = Math.max(slots, 2 * tokens.length);
    this.#keys = new Float32Array(length * pointerSize(this.config));
    this.#tokens = new Int32Array(length);
    this.#keys.set(keys);
    this.#tokens.set(tokens);
  }
}
