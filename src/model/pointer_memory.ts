/**
 * What a pointer (pointer.ts) remembers of earlier tokens, and the mixture of their copies into a row's logits. An entry, a token with its row's key, lies in a slot;
 * which slots a row sees, the caller says. Few rows at a time, outside of any backend: training has Backend.pointerMixture.
 */
import type { ModelConfig } from "../config.ts";
import { pointerOptions, pointerSize } from "./pointer.ts";

/** See the top of this file. D columns of a key, V vocabulary. */
export class PointerMemory {
  readonly #config: ModelConfig;
  /** (slots, D), normalised. */
  #keys = new Float32Array();
  /** (slots) */
  #tokens = new Int32Array();

  /** Empty. */
  constructor(config: ModelConfig) {
    this.#config = config;
  }

  /**
   * Remember new rows.
   *
   * @param slots (T) each row's
   * @param tokens (T)
   * @param projected (T, 2D + 1): [query | key | own] of each row, as the product leaves them
   */
  store(slots: Int32Array, tokens: Int32Array, projected: Float32Array): void {
    const D = pointerSize(this.#config);
    this.#reserve(slots.reduce((a, b) => Math.max(a, b), -1) + 1);
    for (let t = 0; t < slots.length; t++) {
      const begin = t * (2 * D + 1) + D;
      this.#keys.set(this.#unit(projected.subarray(begin, begin + D)), slots[t]! * D);
      this.#tokens[slots[t]!] = tokens[t]!;
    }
  }

  /**
   * Mix copies into a row's logits.
   *
   * @param logits (V), in place: the vocabulary's own, on return log(p + floor)
   * @param projected (2D + 1) of this row
   * @param seen the slots that it sees, in order, its own last. What it can copy is the token in each but the first: the one before has the key
   */
  mix(logits: Float32Array, projected: Float32Array, seen: Int32Array): void {
    const D = pointerSize(this.#config);
    const { scale, ownScore, floor } = pointerOptions(this.#config);
    const query = this.#unit(projected.subarray(0, D));
    const scores = new Float64Array(seen.length);
    scores[0] = ownScore + projected[2 * D]!;
    for (let i = 1; i < seen.length; i++) {
      const key = seen[i - 1]! * D;
      let dot = 0;
      for (let c = 0; c < D; c++) dot += query[c]! * this.#keys[key + c]!;
      scores[i] = scale * dot;
    }
    softmax(scores);
    softmax(logits);
    for (let v = 0; v < logits.length; v++) logits[v] = scores[0]! * logits[v]!;
    for (let i = 1; i < seen.length; i++) logits[this.#tokens[seen[i]!]!]! += scores[i]!;
    for (let v = 0; v < logits.length; v++) logits[v] = Math.log(logits[v]! + floor);
  }

  #reserve(slots: number): void {
    if (slots <= this.#tokens.length) return;
    const [keys, tokens] = [this.#keys, this.#tokens];
    const length = Math.max(slots, 2 * tokens.length);
    this.#keys = new Float32Array(length * pointerSize(this.#config));
    this.#tokens = new Int32Array(length);
    this.#keys.set(keys);
    this.#tokens.set(tokens);
  }

  /** A row divided by the root of its mean square. */
  #unit(row: Float32Array): Float32Array {
    let squares = 0;
    for (const value of row) squares += value * value;
    const rstd = 1 / Math.sqrt(squares / row.length + pointerOptions(this.#config).eps);
    return row.map((value) => rstd * value);
  }
}

/** Scores to their softmax, in place. */
function softmax(scores: Float32Array | Float64Array): void {
  let [largest, sum] = [-Infinity, 0];
  for (const score of scores) largest = Math.max(largest, score);
  for (let i = 0; i < scores.length; i++) sum += scores[i] = Math.exp(scores[i]! - largest);
  for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! / sum;
}
