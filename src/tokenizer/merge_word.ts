/**
 * Byte pair encoding, the applying: within one word, the merge of the lowest rank first, of equal ones the leftmost.
 *
 * Short words (nearly all) are searched again and again, quadratic but without any bookkeeping. Long ones, whole lines
 * for instance, use a heap of candidate merges over a linked list of symbols: n log n.
 */
import { PairTable } from "./pair_table.ts";

/** Above this many symbols the heap is faster. */
const SHORT_WORD = 96;

/** The merges of a tokenizer, ready to be applied. */
export class MergeRules {
  #pairs: PairTable;
  #ranks: Int32Array;
  #results: Int32Array;
  /** Rank of the merge of symbol i with its right neighbour (short words). */
  #rankAt = new Int32Array(SHORT_WORD);

  /** @param merges left, right and result of each merge, by rank; of a pair that occurs twice the last counts */
  constructor(merges: Int32Array) {
    const count = merges.length / 3;
    this.#pairs = new PairTable(count);
    this.#ranks = new Int32Array(count);
    this.#results = new Int32Array(count);
    for (let rank = 0; rank < count; rank++) {
      const index = this.#pairs.insert(merges[rank * 3]!, merges[rank * 3 + 1]!);
      this.#ranks[index] = rank;
      this.#results[rank] = merges[rank * 3 + 2]!;
    }
  }

  /** Merges the `length` symbols at the front of `symbols` in place, and returns how many are left. */
  apply(symbols: Int32Array, length: number): number {
    if (length < 2) return length;
    return length <= SHORT_WORD ? this.#applyBySearch(symbols, length) : this.#applyByHeap(symbols, length);
  }

  #rank(left: number, right: number): number {
    const index = this.#pairs.find(left, right);
    return index < 0 ? NO_MERGE : this.#ranks[index]!;
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
    const next = Int32Array.from({ length }, (_, i) => i + 1);
    const previous = Int32Array.from({ length }, (_, i) => i - 1);
    const heap = new CandidateHeap(length);
    const consider = (at: number): void => {
      if (at < 0 || next[at]! >= length) return;
      const rank = this.#rank(symbols[at]!, symbols[next[at]!]!);
      if (rank !== NO_MERGE) heap.push(rank, at);
    };
    for (let i = 0; i + 1 < length; i++) consider(i);
    while (heap.pop()) {
      const { rank, at } = heap;
      const right = next[at]!;
      // Outdated: the symbol here or its neighbour has been merged since.
      if (symbols[at]! < 0 || right >= length || this.#rank(symbols[at]!, symbols[right]!) !== rank) continue;
      symbols[at] = this.#results[rank]!;
      symbols[right] = -1;
      next[at] = next[right]!;
      if (next[at]! < length) previous[next[at]!] = at;
      consider(previous[at]!);
      consider(at);
    }
    let count = 0;
    for (let i = 0; i < length; i = next[i]!) symbols[count++] = symbols[i]!;
    return count;
  }
}

const NO_MERGE = 0x7fffffff;

/** A binary heap of (rank, position), smallest first. */
class CandidateHeap {
  /** What the last `pop` took out. */
  rank = 0;
  /** What the last `pop` took out. */
  at = 0;
  #size = 0;
  #ranks: Int32Array;
  #positions: Int32Array;

  /** @param symbols the number of symbols: each merge takes one away and adds at most two candidates */
  constructor(symbols: number) {
    this.#ranks = new Int32Array(symbols * 3);
    this.#positions = new Int32Array(symbols * 3);
  }

  push(rank: number, at: number): void {
    let i = this.#size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#isAfter(parent, rank, at)) break;
      this.#move(parent, i);
      i = parent;
    }
    this.#ranks[i] = rank;
    this.#positions[i] = at;
  }

  pop(): boolean {
    if (this.#size === 0) return false;
    this.rank = this.#ranks[0]!;
    this.at = this.#positions[0]!;
    const last = --this.#size;
    const rank = this.#ranks[last]!;
    const at = this.#positions[last]!;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#isAfter(child, this.#ranks[child + 1]!, this.#positions[child + 1]!)) {
        child++;
      }
      if (this.#isAfter(child, rank, at)) break;
      this.#move(child, i);
      i = child;
    }
    this.#ranks[i] = rank;
    this.#positions[i] = at;
    return true;
  }

  #isAfter(i: number, rank: number, at: number): boolean {
    return this.#ranks[i]! !== rank ? this.#ranks[i]! > rank : this.#positions[i]! > at;
  }

  #move(from: number, to: number): void {
    this.#ranks[to] = this.#ranks[from]!;
    this.#positions[to] = this.#positions[from]!;
  }
}
