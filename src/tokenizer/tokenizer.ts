// Text to token ids and back, over a byte-level BPE vocabulary. Files are in file.ts, training in train.ts.
import { DamagedError } from "../errors.ts";
import { decodeUtf8, sha256Hex } from "../io/mod.ts";
import { AddedTokenSplitter } from "./added_tokens.ts";
import { BYTE_CHARACTERS, tokenToBytes } from "./byte_alphabet.ts";
import { BpeEncoder } from "./encoder.ts";
import type { AddedToken, TokenizerModel } from "./model.ts";
import { readTokenizerJson, writeTokenizerJson } from "./tokenizer_json.ts";

/** The token for what the vocabulary cannot express. */
export const UNKNOWN_TOKEN = "<UNK>";
/** The token that ends a proof, and pads where padding is needed. */
export const PAD_TOKEN = "<PAD>";

/** Options of `Tokenizer.encode`. */
export interface EncodeOptions {
  /** Whether `<PAD>` and the like in the text are special tokens (default), or plain text. */
  specialTokens?: boolean;
}

/** Options of `Tokenizer.decode`. */
export interface DecodeOptions {
  /** Whether special tokens are left out (default true). */
  skipSpecialTokens?: boolean;
}

/**
 * A byte-level BPE tokenizer.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { trainTokenizer } from "./mod.ts";
 *
 * const tokenizer = trainTokenizer(["a + b = b + a\n"], { vocabularySize: 300, alphabet: "bytes" });
 * const ids = tokenizer.encode("b + a = a + b\n");
 * assertEquals(tokenizer.decode(ids), "b + a = a + b\n");
 * ```
 */
export class Tokenizer {
  /** The number of tokens; ids are 0 to vocabularySize - 1. */
  readonly vocabularySize: number;
  /** The number of merges. */
  readonly mergeCount: number;
  #json: string;
  #encoder: BpeEncoder;
  #splitter: AddedTokenSplitter;
  #idOf: Map<string, number>;
  #special = new Set<number>();
  /** For each byte, whether it has no token of its own. */
  #lacksByte: readonly boolean[];
  #unknown: Pick<TokenizerModel, "unknownId" | "fuseUnknown">;
  #bytes: readonly Uint8Array<ArrayBuffer>[];

  private constructor(model: TokenizerModel, json: string) {
    this.#json = json;
    this.vocabularySize = model.tokens.length;
    this.mergeCount = model.merges.length / 3;
    this.#encoder = new BpeEncoder(model);
    this.#splitter = new AddedTokenSplitter(model.addedTokens);
    this.#idOf = new Map(model.tokens.map((token, id) => [token, id]));
    for (const { id, special } of model.addedTokens) if (special) this.#special.add(id);
    this.#unknown = model;
    this.#bytes = model.tokens.map(tokenToBytes);
    const own = new Set(model.tokens.slice(0, model.modelSize));
    this.#lacksByte = BYTE_CHARACTERS.map((character) => !own.has(character));
  }

  /** Of a freshly trained model. */
  static fromModel(model: TokenizerModel): Tokenizer {
    return new Tokenizer(model, writeTokenizerJson(model));
  }

  /**
   * The tokenizer of a tokenizer.json's text, which errors call `source`.
   * @throws {DataError} when it is no tokenizer.json of this family, or token 1 is not the special `<PAD>`
   */
  static fromJson(text: string, source = "from text"): Tokenizer {
    const model = readTokenizerJson(text, source);
    const end = model.tokens[1];
    const isEnd = ({ id, special }: AddedToken): boolean => special && id === 1 && end === PAD_TOKEN;
    if (model.addedTokens.some(isEnd)) return new Tokenizer(model, text);
    const found = end === undefined ? "there is none" : `it is ${JSON.stringify(end)}`;
    const what =
      `the token with the id 1 ends each proof and must be the special token "${PAD_TOKEN}", but ` +
      (end === PAD_TOKEN ? "it is not special" : found);
    const hint = "Train it with `tactics tokenizer`, or elsewhere with the special tokens " +
      '"<UNK>" and "<PAD>", in this order.';
    throw new DamagedError(`Cannot use tokenizer ${source}: ${what}`, { hint });
  }

  /** As {@linkcode fromJson}, of a file's bytes. @throws {DataError} also when they are not UTF-8 */
  static fromBytes(bytes: Uint8Array, source = "from bytes"): Tokenizer {
    const hint = "Train it again: `tactics tokenizer`.";
    const errorOf = (reason: string): DamagedError =>
      new DamagedError(`Cannot read tokenizer ${source}: ${reason}`, { hint });
    const text = decodeUtf8(bytes, errorOf);
    const tokenizer = Tokenizer.fromJson(text, source);
    if (tokenizer.vocabularySize > 2) return tokenizer;
    throw new DamagedError(`Cannot use tokenizer ${source}: it has no tokens beside the special ones`, {
      hint: "Train it on proofs: `tactics tokenizer`.",
    });
  }

  /** The id of `<UNK>`. @throws {DataError} when there is none */
  get unknownId(): number {
    const id = this.#idOf.get(UNKNOWN_TOKEN);
    if (id !== undefined) return id;
    const hint = "Train a tokenizer with `tactics tokenizer`: it has <UNK> and <PAD>.";
    throw new DamagedError(`The tokenizer has no token "${UNKNOWN_TOKEN}"`, { hint });
  }

  /** The ids of a text. A lone surrogate counts as U+FFFD. */
  encode(text: string, options: EncodeOptions = {}): Int32Array<ArrayBuffer> {
    const ids: number[] = [];
    for (const part of this.#splitter.split(text, options.specialTokens === false)) {
      if (part.kind === "token") ids.push(part.id);
      else this.#encoder.encode(part.text, ids);
    }
    return new Int32Array(ids);
  }

  /** The text of ids. Bytes that are not UTF-8 become U+FFFD; ids beyond the vocabulary are left out. */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const skipsSpecial = options.skipSpecialTokens !== false;
    let bytes = new Uint8Array(1 << 10);
    let length = 0;
    for (const id of ids) {
      const token = skipsSpecial && this.#special.has(id) ? undefined : this.#bytes[id];
      if (token === undefined) continue;
      if (length + token.length > bytes.length) {
        const grown = new Uint8Array(2 * (length + token.length));
        grown.set(bytes.subarray(0, length));
        bytes = grown;
      }
      for (let i = 0; i < token.length; i++) bytes[length++] = token[i]!;
    }
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, length));
  }

  /** The bytes of one token (not to be modified). @throws {RangeError} when there is no such id */
  tokenBytes(id: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes[id];
    if (bytes !== undefined) return bytes;
    throw new RangeError(`No token has the id ${id}: ids are 0 to ${this.vocabularySize - 1}`);
  }

  /** For each id, the bytes of the text up to its last; an unknown byte's token stands for that byte. */
  byteEnds(text: string, ids: Int32Array): Int32Array {
    const { unknownId, fuseUnknown } = this.#unknown;
    const hasUnknown = unknownId === undefined ? this.#lacksByte.includes(true) : ids.includes(unknownId);
    const bytes = new TextEncoder().encode(hasUnknown ? text : "");
    /** Whether an unknown byte is next, and not the name of a special token. */
    const isUnknown = (next: number | undefined): boolean =>
      (this.#lacksByte[bytes[end] ?? -1] ?? false) && !isSpelled(next);
    const isSpelled = (id: number | undefined): boolean =>
      this.#special.has(id ?? -1) && this.#bytes[id!]!.every((byte, k) => byte === bytes[end + k]);
    let end = 0;
    return ids.map((id, i) => {
      while (unknownId === undefined && isUnknown(id)) end++;
      if (id !== unknownId || isSpelled(id)) return end += this.#bytes[id]!.length;
      end++;
      // A run that is one token ends before the next token, which a run in another word may be.
      const next = ids[i + 1];
      while (fuseUnknown && next !== unknownId && isUnknown(next)) end++;
      return end;
    });
  }

  /** How many bytes of a text have no token: they are lost, or become the unknown token. */
  unknownBytes(text: string): number {
    if (!this.#lacksByte.includes(true)) return 0;
    let count = 0;
    for (const byte of new TextEncoder().encode(text)) if (this.#lacksByte[byte]) count++;
    return count;
  }

  /** The id of a token given as tokenizer.json spells it (`Ġ` for a space), or undefined. */
  tokenId(token: string): number | undefined {
    return this.#idOf.get(token);
  }

  /** Whether an id is a special token's, which the decoder leaves out. */
  isSpecial(id: number): boolean {
    return this.#special.has(id);
  }

  /** The text of tokenizer.json: as HuggingFace writes it after training, as it was read otherwise. */
  toJson(): string {
    return this.#json;
  }

  /** The sha256 of tokenizer.json in hexadecimal: the tokenizer's identity. */
  sha256(): string {
    return sha256Hex(new TextEncoder().encode(this.#json));
  }
}
