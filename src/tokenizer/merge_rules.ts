/**
 * Byte pair encoding, the applying: within one word, the merge of the lowest rank first, of equal ones the leftmost.
 *
 * Short words are searched for it again and again: quadratic, but without any bookkeeping. Long ones use a heap of candidates over a linked list of symbols: n log n.
 */
import { CandidateHeap } from "./candidate_heap.ts";
import { hashPair } from "./pair_table.ts";

/** Above this many symbols the heap is faster. */
const SHORT_WORD = 24;

/** The rank of a pair that is not merged. */
const NO_MERGE = 0x7fffffff;

/** The merges of a tokenizer, ready to be applied. */
export class MergeRules {
  /** A hash table with linear probing; a slot is left, right, rank, result, and is empty when left is -1. */
  #slots: Int32Array;
  #mask: number;
  #results: Int32Array;
  /** By symbol of the word at hand: the rank of its merge with the symbol to its right. */
  #rankAt = new Int32Array(SHORT_WORD);
  /** By symbol of a long word: its neighbours. */
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  #candidates = new CandidateHeap();

  /** @param merges left, right and result of each merge, by rank; of a pair that occurs twice the last counts */
  constructor(merges: Int32Array) {
    const count = merges.length / 3;
    let slotCount = 16;
    while (slotCount < count * 2) slotCount *= 2;
    this.#slots = new Int32Array(slotCount * 4).fill(-1);
    this.#mask = slotCount - 1;
    this.#results = new Int32Array(count);
    for (let rank = 0; rank < count; rank++) {
      const [left, right, result] = merges.subarray(rank * 3, rank * 3 + 3) as unknown as [
        number,
        number,
        number,
      ];
      this.#slots.set([left, right, rank, result], this.#probe(left, right));
      this.#results[rank] = result;
    }
  }

  /** Merges the first `length` symbols in place, and returns how many are left. */
  apply(symbols: Int32Array, length: number): number {
    if (length < 2) return length;
    return length <= SHORT_WORD ? this.#applyBySearch(symbols, length) : this.#applyByHeap(symbols, length);
  }

  #applyBySearch(symbols: Int32Array, length: number): number {
    const rankAt = this.#rankAt;
    for (let i = 0; i + 1 < length; i++) rankAt[i] = this.#rank(symbols[i]!, symbols[i + 1]!);
    for (;;) {
      let best = NO_MERGE;
      let at = -1;
      for (let i = 0; i + 1 < length; i++) {
        if (rankAt[i]! < best) {
          best = rankAt[i]!;
          at = i;
        }
      }
      if (at < 0) return length;
      symbols[at] = this.#results[best]!;
      length--;
      for (let i = at + 1; i < length; i++) {
        symbols[i] = symbols[i + 1]!;
        rankAt[i] = rankAt[i + 1]!;
      }
      if (at > 0) rankAt[at - 1] = this.#rank(symbols[at - 1]!, symbols[at]!);
      if (at + 1 < length) rankAt[at] = this.#rank(symbols[at]!, symbols[at + 1]!);
    }
  }

  #applyByHeap(symbols: Int32Array, length: number): number {
    if (this.#next.length < length) {
      this.#next = new Int32Array(length * 2);
      this.#previous = new Int32Array(length * 2);
      this.#rankAt = new Int32Array(length * 2);
    }
    const next = this.#next;
    const previous = this.#previous;
    const rankAt = this.#rankAt;
    const candidates = this.#candidates;
    candidates.clear(length);
    for (let i = 0; i < length; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
      rankAt[i] = i + 1 < length ? this.#rank(symbols[i]!, symbols[i + 1]!) : NO_MERGE;
      if (rankAt[i] !== NO_MERGE) candidates.push(rankAt[i]!, i);
    }
    while (candidates.pop()) {
      const { rank, at } = candidates;
      // Outdated when the symbol here or its neighbour has been merged since.
      if (rankAt[at] !== rank) continue;
      const result = this.#results[rank]!;
      const right = next[at]!;
      const before = previous[at]!;
      const after = next[right]!;
      symbols[at] = result;
      next[at] = after;
      rankAt[right] = NO_MERGE;
      rankAt[at] = NO_MERGE;
      if (after < length) {
        previous[after] = at;
        rankAt[at] = this.#rank(result, symbols[after]!);
        if (rankAt[at] !== NO_MERGE) candidates.push(rankAt[at]!, at);
      }
      if (before >= 0) {
        rankAt[before] = this.#rank(symbols[before]!, result);
        if (rankAt[before] !== NO_MERGE) candidates.push(rankAt[before]!, before);
      }
    }
    let count = 0;
    for (let i = 0; i < length; i = next[i]!) symbols[count++] = symbols[i]!;
    return count;
  }

  #rank(left: number, right: number): number {
    const slots = this.#slots;
    const slot = this.#probe(left, right);
    return slots[slot]! < 0 ? NO_MERGE : slots[slot + 2]!;
  }

  /** Where the pair's slot begins, or the empty one where it belongs. */
  #probe(left: number, right: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    let slot = hashPair(left, right) & mask;
    while (slots[slot * 4]! >= 0 && (slots[slot * 4] !== left || slots[slot * 4 + 1] !== right)) {
      slot = (slot + 1) & mask;
    }
    return slot * 4;
  }
}
