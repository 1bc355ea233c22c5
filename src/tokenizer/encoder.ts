// From text to token ids: words (gpt2_scanner.ts) → merged symbols, once a distinct word.
import { BYTE_CHARACTERS, spelledBytes } from "./byte_alphabet.ts";
import { WordScanner } from "./gpt2_scanner.ts";
import { MergeRules } from "./merge_rules.ts";
import type { TokenizerModel } from "./model.ts";
import { WordTable } from "./word_table.ts";

/** Longer words are not remembered; about what the ids of a remembered word take. */
const [LONGEST_CACHED_WORD, BYTES_A_WORD] = [1024, 100];

/** Encodes text in which no added token is left. */
export class BpeEncoder {
  readonly #rules: MergeRules;
  /** The id of each byte's own token, or -1. */
  readonly #byteIds: Int32Array;
  /** Words that are tokens, and their ids, for models that ignore merges then. */
  readonly #wholeWords = new WordTable();
  readonly #wholeWordIds: number[] = [];
  readonly #scanner = new WordScanner();
  #words = new WordTable();
  /** Ids of each remembered word. */
  #wordIds: number[][] = [];

  /** @param cacheBytes what remembered words may take before they are forgotten */
  constructor(readonly model: TokenizerModel, readonly cacheBytes = 1 << 26) {
    const tokens = model.tokens.slice(0, model.modelSize);
    const ids = new Map(tokens.map((token, id) => [token, id]));
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
    this.#scanner.scan(text, (bytes, start, end) => {
      for (const id of this.#idsOf(bytes, start, end)) out.push(id);
    });
  }

  #idsOf(bytes: Uint8Array, start: number, end: number): readonly number[] {
    if (end - start > LONGEST_CACHED_WORD) return this.#mergedIds(bytes, start, end);
    if (this.#words.sizeBytes + this.#words.size * BYTES_A_WORD > this.cacheBytes) {
      this.#words = new WordTable();
      this.#wordIds = [];
    }
    return this.#wordIds[this.#words.intern(bytes, start, end)] ??= this.#mergedIds(bytes, start, end);
  }

  #mergedIds(bytes: Uint8Array, start: number, end: number): number[] {
    const whole = this.#wholeWords.find(bytes, start, end);
    if (whole >= 0) return [this.#wholeWordIds[whole]!];
    const { unknownId, fuseUnknown } = this.model;
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
