/**
 * From text to token ids: UTF-8 bytes → words (gpt2_scanner.ts) → merged symbols. Words are remembered with
 * their ids, so that the merging happens once a distinct word.
 */
import { BYTE_CHARACTERS, spelledBytes } from "./byte_alphabet.ts";
import { wordEnd } from "./gpt2_scanner.ts";
import { MergeRules } from "./merge_rules.ts";
import type { TokenizerModel } from "./model.ts";
import { Utf8Buffer } from "./utf8_buffer.ts";
import { WordTable } from "./word_table.ts";

/** Longer words are not remembered. */
const LONGEST_CACHED_WORD = 1024;
/** What the memory of words may take before it is emptied: their text, and about 100 bytes a word for ids. */
const CACHE_BYTES = 1 << 26;
const BYTES_A_WORD = 100;

/** Encodes text in which no added token is left. */
export class BpeEncoder {
  readonly #model: TokenizerModel;
  readonly #rules: MergeRules;
  /** The id of each byte's own token, or -1. */
  readonly #byteIds: Int32Array;
  /** Words that are tokens, and their ids, for models that ignore merges then. */
  readonly #wholeWords = new WordTable();
  readonly #wholeWordIds: number[] = [];
  readonly #cacheBytes: number;
  readonly #text = new Utf8Buffer();
  #words = new WordTable();
  /** Ids of each remembered word. */
  #wordIds: number[][] = [];

  /** @param cacheBytes how much the memory of words may take */
  constructor(model: TokenizerModel, cacheBytes = CACHE_BYTES) {
    const tokens = model.tokens.slice(0, model.modelSize);
    const ids = new Map(tokens.map((token, id) => [token, id]));
    this.#model = model;
    this.#cacheBytes = cacheBytes;
    this.#rules = new MergeRules(model.merges);
    this.#byteIds = Int32Array.from(BYTE_CHARACTERS, (character) => ids.get(character) ?? -1);
    for (const [id, token] of model.ignoreMerges ? tokens.entries() : []) {
      const bytes = spelledBytes(token);
      if (bytes === undefined) continue;
      const word = this.#wholeWords.intern(bytes, 0, bytes.length);
      this.#wholeWordIds[word] ??= id;
    }
  }

  /** Appends the ids of a text. */
  encode(text: string, out: number[]): void {
    this.#text.set(text);
    const { bytes, length } = this.#text;
    for (let start = 0; start < length;) {
      const end = wordEnd(bytes, start, length);
      for (const id of this.#idsOf(bytes, start, end)) out.push(id);
      start = end;
    }
  }

  #idsOf(bytes: Uint8Array, start: number, end: number): readonly number[] {
    if (end - start > LONGEST_CACHED_WORD) return this.#mergedIds(bytes, start, end);
    if (this.#words.sizeBytes + this.#words.size * BYTES_A_WORD > this.#cacheBytes) {
      this.#words = new WordTable();
      this.#wordIds = [];
    }
    return this.#wordIds[this.#words.intern(bytes, start, end)] ??= this.#mergedIds(bytes, start, end);
  }

  /** The ids of one word, merged. */
  #mergedIds(bytes: Uint8Array, start: number, end: number): number[] {
    const whole = this.#wholeWords.find(bytes, start, end);
    if (whole >= 0) return [this.#wholeWordIds[whole]!];
    const { unknownId, fuseUnknown } = this.#model;
    const symbols: number[] = [];
    let isUnknownRun = false;
    for (let i = start; i < end; i++) {
      const id = this.#byteIds[bytes[i]!]!;
      if (id >= 0) symbols.push(id);
      else if (unknownId !== undefined && !(fuseUnknown && isUnknownRun)) symbols.push(unknownId);
      isUnknownRun = id < 0;
    }
    this.#rules.apply(symbols);
    return symbols;
  }
}
