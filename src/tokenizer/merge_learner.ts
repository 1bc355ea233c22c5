/**
 * Byte pair encoding, the learning: which pairs of tokens are merged, in which order. The results are exactly those of
 * HuggingFace's BpeTrainer, quirks included, because tokenizer.json must come out the same byte for byte.
 *
 *     count every pair of neighbours in every distinct word, weighted with the word's count
 *     until the vocabulary is full or no pair is left:
 *       take the pair of the highest count, of equal ones that with the smallest (left, right)
 *       merge it in every word that has it, and adjust the counts of the pairs around
 *
 * Counts live in a table; the heap's entries carry the count at the time they were pushed and are pushed again with the
 * new count when it turns out to be another. An entry owns the list of the words where its pair appeared.
 *
 * The quirks: two ways to the same string ("ab" + "c", "a" + "bc") share one token, so a merge need not grow the
 * vocabulary, and pairs of such a token can enter the heap several times; the count of a merged pair is never set back
 * to zero, so a pair that appears again after its merge counts for more than it should.
 */
import { IntList } from "./int_list.ts";
import { PairTable } from "./pair_table.ts";

/** The distinct words of a corpus as runs of token ids. */
export interface WordList {
  /** The ids of all words, one word after the other; overwritten while learning. */
  symbols: Int32Array;
  /** Where each word begins, and where the last one ends: one element more than there are words. */
  starts: Int32Array;
  /** How often each word occurs. */
  counts: Int32Array;
}

/** A merge: `left` and `right` become one token, whose string is theirs together. */
export interface Merge {
  /** The id of the left token. */
  left: number;
  /** The id of the right token. */
  right: number;
}

/**
 * Learns merges until `tokens` (which is appended to) has `vocabularySize` strings, or until no pair is left.
 *
 * @returns the merges in the order of their ranks
 */
export function learnMerges(words: WordList, tokens: string[], vocabularySize: number): Merge[] {
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const pairs = new PairLedger();
  const ends = words.starts.slice(1);
  for (let word = 0; word < ends.length; word++) {
    for (let i = words.starts[word]! + 1; i < ends[word]!; i++) {
      pairs.gain(words.symbols[i - 1]!, words.symbols[i]!, words.counts[word]!, word);
    }
  }
  pairs.enqueue();

  const merges: Merge[] = [];
  const lastMergeOfPair = new Map<number, number>();
  while (idOf.size < vocabularySize) {
    const entry = pairs.pop();
    if (entry === undefined) break;
    const { left, right } = entry;
    const token = tokens[left]! + tokens[right]!;
    let id = idOf.get(token);
    if (id === undefined) {
      id = tokens.length;
      tokens.push(token);
      idOf.set(token, id);
    }
    lastMergeOfPair.set(entry.pair, merges.length);
    merges.push({ left, right });
    for (let i = entry.firstPosition; i < entry.endPosition; i++) {
      const word = pairs.wordAt(i);
      ends[word] = mergeInWord(words, word, ends[word]!, left, right, id, pairs);
    }
    pairs.enqueue();
  }
  // A pair that was merged twice keeps its last rank.
  return [...lastMergeOfPair.values()].sort((a, b) => a - b).map((index) => merges[index]!);
}

/** Replaces left, right by id in one word, from the left, and returns the word's new end. */
function mergeInWord(
  words: WordList,
  word: number,
  end: number,
  left: number,
  right: number,
  id: number,
  pairs: PairLedger,
): number {
  const symbols = words.symbols;
  const start = words.starts[word]!;
  const count = words.counts[word]!;
  let read = start;
  while (read + 1 < end && (symbols[read] !== left || symbols[read + 1] !== right)) read++;
  if (read + 1 >= end) return end;
  let write = read;
  while (read < end) {
    const symbol = symbols[read]!;
    if (symbol !== left || read + 1 === end || symbols[read + 1] !== right) {
      symbols[write++] = symbol;
      read++;
      continue;
    }
    if (write > start) {
      const before = symbols[write - 1]!;
      pairs.lose(before, left, count);
      pairs.gain(before, id, count, word);
    }
    symbols[write++] = id;
    read += 2;
    if (read < end) {
      const after = symbols[read]!;
      pairs.lose(right, after, count);
      pairs.gain(id, after, count, word);
    }
  }
  return write;
}

/** The pair taken from the heap, and where the list of its words begins and ends. */
interface PoppedPair {
  pair: number;
  left: number;
  right: number;
  firstPosition: number;
  endPosition: number;
}

/** Counts of pairs, the words they are in, and the heap that finds the most frequent one. */
class PairLedger {
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
