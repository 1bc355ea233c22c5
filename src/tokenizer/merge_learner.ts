/**
 * Byte pair encoding, the learning: which pairs of tokens are merged, in which order. The results are exactly
 * those of HuggingFace's BpeTrainer, quirks included, because tokenizer.json must come out the same byte for
 * byte.
 *
 *     count every pair of neighbours in every distinct word, weighted with the word's count
 *     until the vocabulary is full or no pair is left:
 *       take the pair of the highest count, of equal ones that with the smallest (left, right)
 *       merge it in every word that has it, and adjust the counts of the pairs around
 *
 * The quirks: two ways to the same string ("ab" + "c", "a" + "bc") share one token, so a merge need not grow
 * the vocabulary, and pairs of such a token can enter the heap several times; the count of a merged pair is
 * never set back to zero, so a pair that appears again after its merge counts for more than it should.
 */
import { type Pair, PairLedger } from "./pair_ledger.ts";

/** A distinct word of the corpus. */
export interface CountedWord {
  /** Its token ids; merged while learning. */
  readonly symbols: number[];
  /** How often it occurs. */
  readonly count: number;
}

/**
 * Learns merges until `tokens` (which is appended to) has `vocabularySize` strings, or until no pair is left.
 *
 * @returns the merges by rank, as ids: left, right and result, three numbers a merge
 */
export function learnMerges(
  words: readonly CountedWord[],
  tokens: string[],
  vocabularySize: number,
): Int32Array<ArrayBuffer> {
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const pairs = new PairLedger();
  for (const [word, { symbols, count }] of words.entries()) {
    for (let i = 1; i < symbols.length; i++) pairs.gain(symbols[i - 1]!, symbols[i]!, count, word);
  }
  pairs.enqueue();

  /** Results by pair, in the order of ranks: a pair that is merged twice keeps its last rank. */
  const merges = new Map<Pair, number>();
  while (idOf.size < vocabularySize) {
    const entry = pairs.pop();
    if (entry === undefined) break;
    const { pair, words: having } = entry;
    const token = tokens[pair.left]! + tokens[pair.right]!;
    let id = idOf.get(token);
    if (id === undefined) {
      id = tokens.push(token) - 1;
      idOf.set(token, id);
    }
    merges.delete(pair);
    merges.set(pair, id);
    for (const word of having) {
      const { symbols, count } = words[word]!;
      mergeInWord(symbols, pair, id, {
        lose: (left, right) => pairs.lose(left, right, count),
        gain: (left, right) => pairs.gain(left, right, count, word),
      });
    }
    pairs.enqueue();
  }
  return Int32Array.from([...merges].flatMap(([{ left, right }, id]) => [left, right, id]));
}

/** Replaces a pair by `id` in one word, from the left, and tells which pairs come and go around it. */
function mergeInWord(
  symbols: number[],
  { left, right }: Pair,
  id: number,
  on: Record<"lose" | "gain", (left: number, right: number) => void>,
): void {
  let write = 0;
  for (let read = 0; read < symbols.length; read++) {
    if (symbols[read] !== left || symbols[read + 1] !== right) {
      symbols[write++] = symbols[read]!;
      continue;
    }
    if (write > 0) {
      on.lose(symbols[write - 1]!, left);
      on.gain(symbols[write - 1]!, id);
    }
    symbols[write++] = id;
    read++;
    if (read + 1 < symbols.length) {
      on.lose(right, symbols[read + 1]!);
      on.gain(id, symbols[read + 1]!);
    }
  }
  symbols.length = write;
}
