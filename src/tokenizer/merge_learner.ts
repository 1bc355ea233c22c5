/**
 * Byte pair encoding, the learning: which pairs of tokens are merged, in which order. The results are exactly those of
 * HuggingFace's BpeTrainer, quirks included, because tokenizer.json must come out the same byte for byte.
 *
 *     count every pair of neighbours in every distinct word, weighted with the word's count
 *     until the vocabulary is full or no pair is left:
 *       take the pair of the highest count, of equal ones that with the smallest (left, right)
 *       merge it in every word that has it, and adjust the counts of the pairs around
 *
 * The quirks: two ways to the same string ("ab" + "c", "a" + "bc") share one token, so a merge need not grow the
 * vocabulary, and pairs of such a token can enter the heap several times; the count of a merged pair is never set back
 * to zero, so a pair that appears again after its merge counts for more than it should.
 */
import { PairLedger } from "./pair_ledger.ts";

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
