// A corpus as token ids: all documents one behind the other in one shared buffer, two bytes a token, with a
// few numbers of each. A text is what its ids decode to; only one that has bytes without a token is kept. Not
// here: which documents are trained on (data.ts), and the file that keeps all this (corpus_cache.ts).
import { END_TOKEN } from "../config.ts";
import { theoremHead } from "../corpus/groups.ts";
import type { ProofFile, ProofModule, SplitOutline } from "../corpus/mod.ts";
import { DataError } from "../errors.ts";
import { sha256Hex } from "../io/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { TokenIds } from "./training_document.ts";

export const DIGEST_BYTES = 32;
/** Of the sha256 of a theorem's first line: equal ones beside each other are one theorem. 0: there is none. */
export const HEAD_BYTES = 8;
/** Ids of a piece, while it is not known how many there will be. */
const PIECE_IDS = 1 << 22;
/** Where documents begin is kept in 32 bits. */
const MOST_TOKENS = 2 ** 32 - 1;

/** All that is known of a corpus' documents. */
export interface CorpusTable {
  /** Every document's tokens, the end token behind each. */
  readonly ids: Uint16Array | Uint32Array;
  /** Where each document's begin, and how many they are. */
  readonly starts: Uint32Array;
  readonly counts: Uint32Array;
  /** UTF-8 bytes of each text. */
  readonly sizes: Uint32Array;
  /** sha256 of each text. */
  readonly digests: Uint8Array;
  /** What tells each document's theorem from its neighbours'. */
  readonly heads: Uint8Array;
  /** File names. */
  readonly names: readonly string[];
  /** By index, the texts that their ids do not give back. */
  readonly texts: ReadonlyMap<number, string>;
  /** Bytes of the texts without a token of their own. */
  readonly unknownBytes: number;
}

/** Documents by their index, in the corpus' order. */
export class TokenizedCorpus implements SplitOutline {
  readonly length: number;
  /** Of each document, where the corpus says so. */
  modules: readonly (ProofModule | undefined)[] = [];

  constructor(readonly table: CorpusTable, readonly tokenizer: Tokenizer) {
    this.length = table.names.length;
  }

  /** Token ids with the end token. */
  tokensOf(index: number): TokenIds {
    const start = this.table.starts[index]!;
    return this.table.ids.subarray(start, start + this.table.counts[index]!);
  }

  textOf(index: number): string {
    const kept = this.table.texts.get(index);
    if (kept !== undefined) return kept;
    return this.tokenizer.decode(this.tokensOf(index).subarray(0, -1), { skipSpecialTokens: false });
  }

  sizeBytesOf(index: number): number {
    return this.table.sizes[index]!;
  }

  nameOf(index: number): string {
    return this.table.names[index]!;
  }

  digestOf(index: number): string {
    return hexOf(this.table.digests, index * DIGEST_BYTES, DIGEST_BYTES);
  }

  headOf(index: number): string | null {
    const head = hexOf(this.table.heads, index * HEAD_BYTES, HEAD_BYTES);
    return /[^0]/.test(head) ? head : null;
  }

  moduleOf(index: number): ProofModule | undefined {
    return this.modules[index];
  }
}

/** Makes a corpus of texts, one after the other. */
export class CorpusBuilder {
  readonly #tokenizer: Tokenizer;
  readonly #isNarrow: boolean;
  /** Ids, in pieces that are full but for the last. */
  readonly #pieces: (Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>)[] = [];
  #tokens = 0;
  readonly #counts: number[] = [];
  readonly #sizes: number[] = [];
  readonly #names: string[] = [];
  readonly #modules: (ProofModule | undefined)[] = [];
  readonly #digests = new GrowingBytes();
  readonly #heads = new GrowingBytes();
  readonly #texts = new Map<number, string>();
  #unknownBytes = 0;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
    this.#isNarrow = tokenizer.vocabularySize <= 2 ** 16;
  }

  /** Tokens so far, end tokens among them. */
  get tokens(): number {
    return this.#tokens;
  }

  /** @throws {DataError} when there are more tokens than a corpus may have */
  add(file: ProofFile): void {
    const { name, text, sizeBytes } = file;
    const unknown = this.#tokenizer.unknownBytes(text);
    if (unknown > 0) this.#texts.set(this.#names.length, text);
    this.#unknownBytes += unknown;
    const tokens = this.#tokenizer.encode(text);
    this.#append(tokens);
    this.#append(Int32Array.of(END_TOKEN));
    if (this.#tokens > MOST_TOKENS) {
      throw new DataError(`Cannot train on ${this.#tokens} tokens and more: at most ${MOST_TOKENS} are read`);
    }
    this.#counts.push(tokens.length + 1);
    this.#sizes.push(sizeBytes);
    this.#names.push(name);
    this.#modules.push(file.module);
    const utf8 = new TextEncoder();
    this.#digests.pushHex(sha256Hex(utf8.encode(text)));
    const head = theoremHead(file);
    const known = head === null ? "" : sha256Hex(utf8.encode(head)).slice(0, 2 * HEAD_BYTES);
    this.#heads.pushHex(known.padEnd(2 * HEAD_BYTES, "0"));
  }

  /** The corpus; nothing can be added any more. @param isSorted in the order of names instead of the given */
  finish({ isSorted = false } = {}): TokenizedCorpus {
    const size = this.#names.length;
    const starts = new Uint32Array(size);
    for (let i = 1; i < size; i++) starts[i] = starts[i - 1]! + this.#counts[i - 1]!;
    const table = {
      ids: this.#joined(),
      starts,
      counts: Uint32Array.from(this.#counts),
      sizes: Uint32Array.from(this.#sizes),
      digests: this.#digests.bytes,
      heads: this.#heads.bytes,
      names: this.#names,
      texts: this.#texts,
      unknownBytes: this.#unknownBytes,
    };
    const corpus = new TokenizedCorpus(isSorted ? sortedByName(table) : table, this.#tokenizer);
    if (!isSorted) corpus.modules = this.#modules;
    return corpus;
  }

  #append(tokens: Int32Array): void {
    for (let done = 0; done < tokens.length;) {
      const used = this.#tokens % PIECE_IDS;
      if (used === 0) {
        this.#pieces.push(this.#isNarrow ? new Uint16Array(PIECE_IDS) : new Uint32Array(PIECE_IDS));
      }
      const part = tokens.subarray(done, done + PIECE_IDS - used);
      this.#pieces.at(-1)!.set(part, used);
      done += part.length;
      this.#tokens += part.length;
    }
  }

  /** All ids in one buffer; pieces are given back as soon as they are copied. */
  #joined(): Uint16Array | Uint32Array {
    const ids = allocateIds(this.#tokens, this.#isNarrow);
    for (const [i, piece] of this.#pieces.entries()) {
      ids.set(piece.subarray(0, ids.length - i * PIECE_IDS), i * PIECE_IDS);
      piece.buffer.transfer(0);
    }
    this.#pieces.length = 0;
    return ids;
  }
}

/** Room for ids, shared where that is possible: a web page may not. */
export function allocateIds(count: number, isNarrow: boolean): Uint16Array | Uint32Array {
  const sizeBytes = count * (isNarrow ? 2 : 4);
  const buffer = typeof SharedArrayBuffer === "undefined"
    ? new ArrayBuffer(sizeBytes)
    : new SharedArrayBuffer(sizeBytes);
  return isNarrow ? new Uint16Array(buffer) : new Uint32Array(buffer);
}

/** The same documents in the order of their names; ids stay where they are. */
function sortedByName(table: CorpusTable): CorpusTable {
  const order = [...table.names.keys()].sort((a, b) => table.names[a]! < table.names[b]! ? -1 : 1);
  const newIndex = new Map([...table.texts.keys()].map((old) => [old, order.indexOf(old)]));
  const rows = (bytes: Uint8Array, width: number): Uint8Array => {
    const sorted = new Uint8Array(bytes.length);
    for (const [i, old] of order.entries()) {
      sorted.set(bytes.subarray(old * width, (old + 1) * width), i * width);
    }
    return sorted;
  };
  return {
    ...table,
    starts: Uint32Array.from(order, (old) => table.starts[old]!),
    counts: Uint32Array.from(order, (old) => table.counts[old]!),
    sizes: Uint32Array.from(order, (old) => table.sizes[old]!),
    digests: rows(table.digests, DIGEST_BYTES),
    heads: rows(table.heads, HEAD_BYTES),
    names: order.map((old) => table.names[old]!),
    texts: new Map([...table.texts].map(([old, text]) => [newIndex.get(old)!, text])),
  };
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hexOf(bytes: Uint8Array, start: number, count: number): string {
  let text = "";
  for (let i = start; i < start + count; i++) text += HEX[bytes[i]!]!;
  return text;
}

/** Bytes that become more. */
class GrowingBytes {
  #room = new Uint8Array(1 << 12);
  #used = 0;

  get bytes(): Uint8Array {
    return this.#room.slice(0, this.#used);
  }

  pushHex(text: string): void {
    const count = text.length / 2;
    if (this.#used + count > this.#room.length) {
      const grown = new Uint8Array(2 * this.#room.length);
      grown.set(this.#room);
      this.#room = grown;
    }
    for (let i = 0; i < count; i++) {
      this.#room[this.#used++] = digit(text.charCodeAt(2 * i)) << 4 | digit(text.charCodeAt(2 * i + 1));
    }
  }
}

/** The value of a lower-case hexadecimal digit. */
function digit(code: number): number {
  return code < 0x3a ? code - 0x30 : code - 0x57;
}
