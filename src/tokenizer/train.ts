// Training a tokenizer: words are counted, merges are learned from the counts.
import { BYTE_CHARACTERS, bytesByCharacter } from "./byte_alphabet.ts";
import { WordScanner } from "./gpt2_scanner.ts";
import { learnMerges } from "./merge_learner.ts";
import { PAD_TOKEN, Tokenizer, UNKNOWN_TOKEN } from "./tokenizer.ts";
import { WordTable } from "./word_table.ts";

/** Which bytes have a token: all 256, or those in the corpus (others are `<UNK>` then, and lost). */
export type Alphabet = "bytes" | "corpus";
/** All of them. */
export const ALPHABETS: readonly Alphabet[] = ["bytes", "corpus"];

/** Options of `trainTokenizer`. */
export interface TrainTokenizerOptions {
  /** How many tokens to stop at, special ones and alphabet included; fewer when nothing is left to merge. */
  vocabularySize: number;
  /** Which bytes have a token. */
  alphabet: Alphabet;
}

/**
 * Trains a byte-level BPE tokenizer with the special tokens `<UNK>` (0) and `<PAD>` (1). The result is
 * HuggingFace's for the same texts and options, to the byte. The alphabet always gets its tokens, even beyond
 * `vocabularySize`. Special tokens in a text are text like any other.
 *
 * @throws {RangeError} when the vocabulary's size is not a positive integer
 * @throws {TypeError} when the alphabet is none of those there are
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { trainTokenizer } from "./mod.ts";
 *
 * const texts = ["a + b = b + a\n", "a + b + c = a + (b + c)\n"];
 * const tokenizer = trainTokenizer(texts, { vocabularySize: 262, alphabet: "bytes" });
 * const ids = tokenizer.encode("b + c"); // the first merge is of space and plus, so "b + c" has 4 tokens
 * assertEquals([ids.length, tokenizer.decode(ids)], [4, "b + c"]);
 * ```
 */
export function trainTokenizer(texts: Iterable<string>, options: TrainTokenizerOptions): Tokenizer {
  const words = new WordCounts();
  for (const text of texts) words.add(text);
  return words.train(options);
}

/** The words of texts, and how often each occurs: all that training needs of a corpus, which can be large. */
export class WordCounts {
  readonly #words = new WordTable();
  readonly #counts: number[] = [];
  readonly #scanner = new WordScanner();

  /** Count a text's words. */
  add(text: string): void {
    this.#scanner.scan(text, (bytes, start, end) => {
      const word = this.#words.intern(bytes, start, end);
      this.#counts[word] = (this.#counts[word] ?? 0) + 1;
    });
  }

  /** How many tokens all texts have; names of special tokens in them count as other text. */
  tokens(tokenizer: Tokenizer): number {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return this.#counts.reduce((sum, count, word) => {
      return sum + count * tokenizer.encode(decoder.decode(this.#words.bytes(word))).length;
    }, 0);
  }

  /** {@linkcode trainTokenizer} of these texts. */
  train(options: TrainTokenizerOptions): Tokenizer {
    const { vocabularySize, alphabet } = options;
    if (!Number.isInteger(vocabularySize) || vocabularySize < 1) {
      throw new RangeError(`vocabularySize is ${vocabularySize}, expected a positive integer`);
    }
    const expected = 'expected "bytes" or "corpus"';
    if (!ALPHABETS.includes(alphabet)) throw new TypeError(`alphabet is "${alphabet}", ${expected}`);

    const tokens = [UNKNOWN_TOKEN, PAD_TOKEN];
    const byteIds = new Int32Array(256);
    const used = alphabet === "bytes" ? undefined : bytesIn(this.#words);
    for (const byte of bytesByCharacter()) {
      if (used !== undefined && !used.has(byte)) continue;
      byteIds[byte] = tokens.length;
      tokens.push(BYTE_CHARACTERS[byte]!);
    }

    const symbolsOf = (word: number): number[] =>
      Array.from(this.#words.bytes(word), (byte) => byteIds[byte]!);
    const counted = this.#counts.map((count, word) => ({ symbols: symbolsOf(word), count }));
    const merges = learnMerges(counted, tokens, vocabularySize);
    const special = { special: true, normalized: false };
    const addedTokens = [UNKNOWN_TOKEN, PAD_TOKEN].map((content, id) => ({ id, content, ...special }));
    const model = { tokens, modelSize: tokens.length, merges, addedTokens };
    return Tokenizer.fromModel({ ...model, unknownId: 0, fuseUnknown: false, ignoreMerges: false });
  }
}

function bytesIn(words: WordTable): Set<number> {
  const used = new Set<number>();
  for (let word = 0; word < words.size; word++) for (const byte of words.bytes(word)) used.add(byte);
  return used;
}
