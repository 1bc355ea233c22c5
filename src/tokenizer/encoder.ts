/**
 * From text to token ids: UTF-8 bytes → words (gpt2_scanner.ts) → merged symbols. Words are remembered with their ids, so
 * that the merging happens once a distinct word.
 */
import { wordEnd } from "./gpt2_scanner.ts";
import { IntList } from "./int_list.ts";
import { MergeRules } from "./merge_rules.ts";
import type { TokenizerModel } from "./model.ts";
import { BYTE_CHARACTERS, spelledBytes } from "./byte_alphabet.ts";
import { Utf8Buffer } from "./utf8_buffer.ts";
import { WordTable } from "./word_table.ts";

/** Longer words are not remembered. */
const LONGEST_CACHED_WORD = 1024;
/** What the memory of words may take before it is emptied: their text, and about 24 bytes a word for the tables. */
const CACHE_BYTES = 1 << 26;
const BYTES_A_WORD = 24;

/** Encodes text in which no added token is left. */
export class BpeEncoder {
  #rules: MergeRules;
  /** The id of each byte's own token, or -1. */
  #byteIds: Int32Array;
  #unknownId: number;
  #fuseUnknown: boolean;
  /** Words that are tokens, for models that ignore merges then. */
  #wholeWords: { words: WordTable; ids: IntList } | undefined;
  #cacheBytes: number;
  #text = new Utf8Buffer();
  #symbols = new Int32Array(256);
  #words = new WordTable();
  /** Ids of remembered words, and where each word's end. */
  #wordIds = new IntList(1 << 12);
  #wordEnds = new IntList(1 << 12);

  /** @param cacheBytes how much the memory of words may take */
  constructor(model: TokenizerModel, cacheBytes = CACHE_BYTES) {
    this.#cacheBytes = cacheBytes;
    const ids = new Map(model.tokens.slice(0, model.modelSize).map((token, id) => [token, id]));
    this.#rules = new MergeRules(model.merges);
    this.#byteIds = Int32Array.from(BYTE_CHARACTERS, (character) => ids.get(character) ?? -1);
    this.#unknownId = model.unknownId ?? -1;
    this.#fuseUnknown = model.fuseUnknown;
    this.#wholeWords = model.ignoreMerges ? wholeWordsOf(model) : undefined;
  }

  /** Appends the ids of a text. */
  encode(text: string, out: IntList): void {
    this.#text.set(text);
    const { bytes, length } = this.#text;
    out.reserve(length);
    for (let start = 0; start < length;) {
      const end = wordEnd(bytes, start, length);
      this.#encodeWord(bytes, start, end, out);
      start = end;
    }
  }

  #encodeWord(bytes: Uint8Array, start: number, end: number, out: IntList): void {
    if (end - start > LONGEST_CACHED_WORD) {
      this.#mergeWord(bytes, start, end, out);
      return;
    }
    const known = this.#words.size;
    const word = this.#words.intern(bytes, start, end);
    if (word === known) {
      this.#mergeWord(bytes, start, end, this.#wordIds);
      this.#wordEnds.push(this.#wordIds.length);
    }
    // No reserve here: encode() made room for a token a byte, and a word has at most that many.
    const ids = this.#wordIds.values;
    const last = this.#wordEnds.values[word]!;
    let to = out.length;
    for (let i = word === 0 ? 0 : this.#wordEnds.values[word - 1]!; i < last; i++) out.values[to++] = ids[i]!;
    out.length = to;
    if (this.#words.sizeBytes + this.#words.size * BYTES_A_WORD > this.#cacheBytes) this.#forget();
  }

  #forget(): void {
    this.#words = new WordTable();
    this.#wordIds = new IntList(1 << 12);
    this.#wordEnds = new IntList(1 << 12);
  }

  /** Appends the ids of one word, merged. */
  #mergeWord(bytes: Uint8Array, start: number, end: number, out: IntList): void {
    const whole = this.#wholeWordId(bytes, start, end);
    if (whole >= 0) {
      out.push(whole);
      return;
    }
    if (end - start > this.#symbols.length) this.#symbols = new Int32Array(end - start);
    const symbols = this.#symbols;
    let length = 0;
    let isUnknownRun = false;
    for (let i = start; i < end; i++) {
      const id = this.#byteIds[bytes[i]!]!;
      if (id >= 0) {
        symbols[length++] = id;
      } else if (this.#unknownId >= 0 && !(this.#fuseUnknown && isUnknownRun)) {
        symbols[length++] = this.#unknownId;
      }
      isUnknownRun = id < 0;
    }
    length = this.#rules.apply(symbols, length);
    out.reserve(length);
    for (let i = 0; i < length; i++) out.values[out.length++] = symbols[i]!;
  }

  #wholeWordId(bytes: Uint8Array, start: number, end: number): number {
    if (this.#wholeWords === undefined) return -1;
    const { words, ids } = this.#wholeWords;
    const word = words.find(bytes, start, end);
    return word < 0 ? -1 : ids.values[word]!;
  }
}

function wholeWordsOf(model: TokenizerModel): { words: WordTable; ids: IntList } {
  const words = new WordTable();
  const ids = new IntList();
  for (let id = 0; id < model.modelSize; id++) {
    const bytes = spelledBytes(model.tokens[id]!);
    if (bytes !== undefined && words.intern(bytes, 0, bytes.length) === ids.length) ids.push(id);
  }
  return { words, ids };
}
