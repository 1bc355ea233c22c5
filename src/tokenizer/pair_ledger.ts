/**
 * The book-keeping of learning merges: how often each pair of neighbours occurs, in which words, and which
 * one is the most frequent. A pair enters the heap anew with the words where it appeared since its entry
 * before; entries carry the count at the time they were pushed, and go back with the present one when that
 * has changed.
 */
import { Heap } from "./heap.ts";

/** Two neighbours. */
export interface Pair {
  /** The id of the left token. */
  readonly left: number;
  /** The id of the right token. */
  readonly right: number;
  /** How often the pair occurs. */
  count: number;
  /** The words where it appeared since it last entered the heap. */
  gained: number[];
}

/** A pair in the heap. */
export interface PairEntry {
  readonly pair: Pair;
  /** The pair's count when the entry was pushed, or last looked at. */
  count: number;
  /** The words where the pair appeared; some may have lost it since. */
  readonly words: readonly number[];
  /** Entries that were pushed before. */
  readonly age: number;
}

/** Counts of pairs, the words they are in, and the heap that finds the most frequent one. */
export class PairLedger {
  /** By left * 2^26 + right. */
  readonly #pairs = new Map<number, Pair>();
  /** The pairs that gained something since the last `enqueue`. */
  #touched: Pair[] = [];
  readonly #heap = new Heap(isBefore);
  #pushed = 0;

  /** Counts an occurrence of a pair in a word, `count` times. */
  gain(left: number, right: number, count: number, word: number): void {
    const key = keyOf(left, right);
    let pair = this.#pairs.get(key);
    if (pair === undefined) this.#pairs.set(key, pair = { left, right, count: 0, gained: [] });
    pair.count += count;
    if (pair.gained.length === 0) this.#touched.push(pair);
    if (pair.gained.at(-1) !== word) pair.gained.push(word);
  }

  /** Takes back an occurrence of a pair. */
  lose(left: number, right: number, count: number): void {
    this.#pairs.get(keyOf(left, right))!.count -= count;
  }

  /** Pushes every pair that gained something since the last call. */
  enqueue(): void {
    for (const pair of this.#touched) {
      const { count, gained: words } = pair;
      if (count > 0) this.#heap.push({ pair, count, words, age: this.#pushed++ });
      pair.gained = [];
    }
    this.#touched = [];
  }

  /** Removes and returns the entry of the most frequent pair, or undefined when none occurs any more. */
  pop(): PairEntry | undefined {
    for (;;) {
      const entry = this.#heap.first;
      if (entry === undefined || entry.count === entry.pair.count) break;
      entry.count = entry.pair.count;
      this.#heap.replaceFirst(entry);
    }
    const entry = this.#heap.first;
    return entry === undefined || entry.count < 1 ? undefined : this.#heap.pop();
  }
}

function keyOf(left: number, right: number): number {
  return left * 2 ** 26 + right;
}

/** Higher counts first, then smaller pairs, then older entries. */
function isBefore(a: PairEntry, b: PairEntry): boolean {
  if (a.count !== b.count) return a.count > b.count;
  if (a.pair.left !== b.pair.left) return a.pair.left < b.pair.left;
  return a.pair.right !== b.pair.right ? a.pair.right < b.pair.right : a.age < b.age;
}
