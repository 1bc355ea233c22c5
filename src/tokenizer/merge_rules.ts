// Byte pair encoding, the applying: within one word, the merge of the lowest rank first, of equal ones the
// leftmost. A heap of candidates over a linked list: n log n, since a text without spaces is one word.
import { Heap } from "./heap.ts";

export class MergeRules {
  /** Ranks by left * 2^26 + right. */
  readonly #rankOf = new Map<number, number>();
  readonly #results: number[] = [];
  /** By symbol of the word: its neighbours, and the rank of its merge with the one to its right, or -1. */
  #next = new Int32Array(64);
  #previous = new Int32Array(64);
  #rankAt = new Int32Array(64);
  /** Merges that could be done: rank * stride + position, smallest first. */
  readonly #candidates = new Heap<number>((a, b) => a < b);

  /** @param merges left, right and result of each, by rank; of a pair that occurs twice the last counts */
  constructor(merges: Int32Array) {
    for (let i = 0; i < merges.length; i += 3) {
      this.#rankOf.set(merges[i]! * 2 ** 26 + merges[i + 1]!, i / 3);
      this.#results.push(merges[i + 2]!);
    }
  }

  /** Merges the symbols of one word in place. */
  apply(symbols: number[]): void {
    const { length } = symbols;
    if (this.#next.length < length) {
      this.#next = new Int32Array(length * 2);
      this.#previous = new Int32Array(length * 2);
      this.#rankAt = new Int32Array(length * 2);
    }
    const [next, previous, rankAt, candidates] = [this.#next, this.#previous, this.#rankAt, this.#candidates];
    const stride = 2 ** Math.ceil(Math.log2(length));
    const consider = (at: number): void => {
      const after = next[at]!;
      const rank = after < length ? this.#rankOf.get(symbols[at]! * 2 ** 26 + symbols[after]!) ?? -1 : -1;
      rankAt[at] = rank;
      if (rank >= 0) candidates.push(rank * stride + at);
    };
    for (let i = 0; i < length; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
      consider(i);
    }
    for (let candidate = candidates.pop(); candidate !== undefined; candidate = candidates.pop()) {
      const rank = Math.floor(candidate / stride);
      const at = candidate - rank * stride;
      // Outdated when the symbol here or its neighbour has been merged since.
      if (rankAt[at] !== rank) continue;
      const right = next[at]!;
      symbols[at] = this.#results[rank]!;
      next[at] = next[right]!;
      rankAt[right] = -1;
      if (next[at]! < length) previous[next[at]!] = at;
      consider(at);
      if (previous[at]! >= 0) consider(previous[at]!);
    }
    let count = 0;
    for (let i = 0; i < length; i = next[i]!) symbols[count++] = symbols[i]!;
    symbols.length = count;
  }
}
