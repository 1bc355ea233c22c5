/**
 * The book-keeping of learning merges: how often each pair of neighbours occurs, in which words, and which one is the most
 * frequent. Counts live in a table. The heap's entries carry the count at the time they were pushed, and go back into the
 * heap with the present count when that has changed. An entry owns the list of the words where its pair appeared since the
 * pair's entry before it; a word may have lost the pair since.
 */
import { IntList } from "./int_list.ts";
import { PairTable } from "./pair_table.ts";

/** The pair taken from the heap, and where the list of its words begins and ends. */
export interface PoppedPair {
  /** The pair's own number. */
  pair: number;
  /** The id of the left token. */
  left: number;
  /** The id of the right token. */
  right: number;
  /** The first index for `wordAt`. */
  firstPosition: number;
  /** The index after the last one. */
  endPosition: number;
}

/** Counts of pairs, the words they are in, and the heap that finds the most frequent one. */
export class PairLedger {
  #pairs = new PairTable(1 << 12);
  /** By pair: the present count. */
  #counts = new IntList(1 << 12);
  /** What pairs gained since the last `enqueue`, as (pair, word), a word once a pair. */
  #gainedPairs = new IntList(1 << 16);
  #gainedWords = new IntList(1 << 16);
  /** By pair: the last word gained and the number of words gained since the last `enqueue`. */
  #lastWord = new IntList(1 << 12);
  #wordsGained = new IntList(1 << 12);
  /** The pairs that gained something since the last `enqueue`. */
  #touched = new IntList();
  /** The lists of words of all heap entries, one after the other. */
  #positions = new IntList(1 << 16);
  /** By heap entry: pair, count when pushed, list of words. */
  #entryPairs = new IntList(1 << 12);
  #entryCounts = new IntList(1 << 12);
  #entryFirst = new IntList(1 << 12);
  #entryEnd = new IntList(1 << 12);
  #heap = new IntList(1 << 12);

  /** Counts an occurrence of a pair in a word, `count` times. */
  gain(left: number, right: number, count: number, word: number): void {
    const pair = this.#pairs.insert(left, right);
    if (pair === this.#counts.length) {
      this.#counts.push(0);
      this.#lastWord.push(-1);
      this.#wordsGained.push(0);
    }
    this.#counts.values[pair] = this.#counts.values[pair]! + count;
    const lastWord = this.#lastWord.values[pair]!;
    if (lastWord === word) return;
    if (lastWord < 0) this.#touched.push(pair);
    this.#lastWord.values[pair] = word;
    this.#wordsGained.values[pair] = this.#wordsGained.values[pair]! + 1;
    this.#gainedPairs.push(pair);
    this.#gainedWords.push(word);
  }

  /** Takes back an occurrence of a pair. */
  lose(left: number, right: number, count: number): void {
    const pair = this.#pairs.find(left, right);
    this.#counts.values[pair] = this.#counts.values[pair]! - count;
  }

  /** Pushes every pair that gained something since the last call. */
  enqueue(): void {
    const positions = this.#positions;
    positions.reserve(this.#gainedPairs.length);
    /** By pair: where its next word goes. */
    const cursor = this.#wordsGained.values;
    for (let i = 0; i < this.#touched.length; i++) {
      const pair = this.#touched.values[i]!;
      const first = positions.length;
      positions.length += cursor[pair]!;
      cursor[pair] = first;
      this.#lastWord.values[pair] = -1;
      if (this.#counts.values[pair]! > 0) this.#push(pair, first, positions.length);
    }
    for (let i = 0; i < this.#gainedPairs.length; i++) {
      const pair = this.#gainedPairs.values[i]!;
      positions.values[cursor[pair]!] = this.#gainedWords.values[i]!;
      cursor[pair] = cursor[pair]! + 1;
    }
    for (let i = 0; i < this.#touched.length; i++) cursor[this.#touched.values[i]!] = 0;
    this.#touched.length = this.#gainedPairs.length = this.#gainedWords.length = 0;
  }

  /** Removes and returns the most frequent pair, or undefined when none occurs any more. */
  pop(): PoppedPair | undefined {
    const heap = this.#heap;
    while (heap.length > 0) {
      const entry = heap.values[0]!;
      const pair = this.#entryPairs.values[entry]!;
      const count = this.#counts.values[pair]!;
      if (this.#entryCounts.values[entry] !== count) {
        this.#entryCounts.values[entry] = count;
        this.#siftDown(0);
        continue;
      }
      if (count < 1) return undefined;
      heap.length--;
      if (heap.length > 0) {
        heap.values[0] = heap.values[heap.length]!;
        this.#siftDown(0);
      }
      return {
        pair,
        left: this.#pairs.lefts[pair]!,
        right: this.#pairs.rights[pair]!,
        firstPosition: this.#entryFirst.values[entry]!,
        endPosition: this.#entryEnd.values[entry]!,
      };
    }
    return undefined;
  }

  /** An element of the lists of words. */
  wordAt(position: number): number {
    return this.#positions.values[position]!;
  }

  #push(pair: number, first: number, end: number): void {
    this.#heap.push(this.#entryPairs.length);
    this.#entryPairs.push(pair);
    this.#entryCounts.push(this.#counts.values[pair]!);
    this.#entryFirst.push(first);
    this.#entryEnd.push(end);
    this.#siftUp(this.#heap.length - 1);
  }

  #siftUp(at: number): void {
    const heap = this.#heap.values;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(heap[at]!, heap[parent]!)) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  #siftDown(at: number): void {
    const heap = this.#heap.values;
    const size = this.#heap.length;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) return;
      if (child + 1 < size && this.#isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#isBefore(heap[child]!, heap[at]!)) return;
      [heap[at], heap[child]] = [heap[child]!, heap[at]!];
      at = child;
    }
  }

  /** Higher counts first, then smaller pairs, then older entries. */
  #isBefore(a: number, b: number): boolean {
    const counts = this.#entryCounts.values;
    if (counts[a] !== counts[b]) return counts[a]! > counts[b]!;
    const pairA = this.#entryPairs.values[a]!;
    const pairB = this.#entryPairs.values[b]!;
    if (pairA === pairB) return a < b;
    const { lefts, rights } = this.#pairs;
    return lefts[pairA] !== lefts[pairB] ? lefts[pairA]! < lefts[pairB]! : rights[pairA]! < rights[pairB]!;
  }
}
