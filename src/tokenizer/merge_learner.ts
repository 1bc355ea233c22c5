// Byte pair encoding, the learning: the most frequent pair of neighbours is merged in all words, of equal
// ones the smallest (left, right), until the vocabulary is full. As HuggingFace's BpeTrainer, quirks
// included: two ways to the same string ("ab" + "c", "a" + "bc") share one token, and the count of a merged
// pair is never set back to zero.
import { Heap } from "./heap.ts";

type Word = { readonly symbols: number[]; readonly count: number };

// Learns merges until `tokens` (which is appended to) has `vocabularySize` strings, or until no pair is left.
// The words' symbols are merged on the way. Merges are by rank, as ids: left, right and result.
export function learnMerges(words: readonly Word[], tokens: string[], vocabularySize: number) {
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
    if (id === undefined) idOf.set(token, id = tokens.push(token) - 1);
    merges.delete(pair);
    merges.set(pair, id);
    for (const word of having) {
      const { symbols, count } = words[word]!;
      const gain: Visit = (left, right) => pairs.gain(left, right, count, word);
      mergeInWord(symbols, pair, id, (left, right) => pairs.lose(left, right, count), gain);
    }
    pairs.enqueue();
  }
  return Int32Array.from([...merges].flatMap(([{ left, right }, id]) => [left, right, id]));
}

type Visit = (left: number, right: number) => void;

/** Replaces a pair by `id` in one word, from the left, and tells which pairs come and go around it. */
function mergeInWord(symbols: number[], { left, right }: Pair, id: number, lose: Visit, gain: Visit): void {
  let write = 0;
  for (let read = 0; read < symbols.length; read++) {
    if (symbols[read] !== left || symbols[read + 1] !== right) {
      symbols[write++] = symbols[read]!;
      continue;
    }
    if (write > 0) {
      lose(symbols[write - 1]!, left);
      gain(symbols[write - 1]!, id);
    }
    symbols[write++] = id;
    read++;
    if (read + 1 < symbols.length) {
      lose(right, symbols[read + 1]!);
      gain(id, symbols[read + 1]!);
    }
  }
  symbols.length = write;
}

/** Two neighbours, as ids, and how often they occur. */
interface Pair {
  readonly left: number;
  readonly right: number;
  count: number;
  /** The words where it appeared since it last entered the heap. */
  gained: number[];
}

/** A pair in the heap. */
interface PairEntry {
  readonly pair: Pair;
  /** The pair's count when the entry was pushed, or last looked at. */
  count: number;
  /** The words where the pair appeared; some may have lost it since. */
  readonly words: readonly number[];
  /** Entries that were pushed before. */
  readonly age: number;
}

// Counts of pairs, and the heap that finds the most frequent one. A pair enters the heap anew with the words
// where it appeared since its last entry; an entry whose count has changed goes back with the present one.
class PairLedger {
  /** By left * 2^26 + right. */
  readonly #pairs = new Map<number, Pair>();
  /** The pairs that gained something since the last `enqueue`. */
  #touched: Pair[] = [];
  readonly #heap = new Heap(isBefore);
  #pushed = 0;

  gain(left: number, right: number, count: number, word: number): void {
    const key = keyOf(left, right);
    let pair = this.#pairs.get(key);
    if (pair === undefined) this.#pairs.set(key, pair = { left, right, count: 0, gained: [] });
    pair.count += count;
    if (pair.gained.length === 0) this.#touched.push(pair);
    if (pair.gained.at(-1) !== word) pair.gained.push(word);
  }

  lose(left: number, right: number, count: number): void {
    this.#pairs.get(keyOf(left, right))!.count -= count;
  }

  enqueue(): void {
    for (const pair of this.#touched) {
      const { count, gained: words } = pair;
      if (count > 0) this.#heap.push({ pair, count, words, age: this.#pushed++ });
      pair.gained = [];
    }
    this.#touched = [];
  }

  /** Takes out the entry of the most frequent pair; undefined when none occurs any more. */
  pop(): PairEntry | undefined {
    for (let entry = this.#heap.first; entry !== undefined; entry = this.#heap.first) {
      if (entry.count === entry.pair.count) return entry.count < 1 ? undefined : this.#heap.pop();
      entry.count = entry.pair.count;
      this.#heap.replaceFirst(entry);
    }
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
