// A corpus as token ids: all documents one behind the other in one shared buffer, two bytes a token, with a
// few numbers of each. A text is what its ids decode to; only one that has bytes without a token is kept. Not
// here: which documents are trained on (data.ts), and the file that keeps all this (corpus_cache.ts).
import { END_TOKEN } from "../config.ts";
import { theoremHead } from "../corpus/groups.ts";
import type { ProofFile, ProofModule, SplitOutline } from "../corpus/mod.ts";
import { DataError } from "../errors.ts";
import { sha256Hex } from "../io/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { allocateIds, type CorpusTable, DIGEST_BYTES, HEAD_BYTES, sharedNumbers } from "./corpus_table.ts";
import { textOfIds } from "./document_list.ts";
import type { TokenIds } from "./training_document.ts";

/** Where documents begin is kept in 32 bits. */
const MOST_TOKENS = 2 ** 32 - 1;

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
    return this.table.texts.get(index) ?? textOfIds(this.tokensOf(index), this.tokenizer);
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
  readonly #pieceIds: number;
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

  /** @param pieceIds ids of a piece, while it is not known how many there will be */
  constructor(tokenizer: Tokenizer, pieceIds = 1 << 22) {
    this.#tokenizer = tokenizer;
    this.#pieceIds = pieceIds;
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
    this.#checkRoom();
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

  /** Add documents that another builder has encoded. */
  append({ ids, counts, sizes, digests, heads, names, texts, unknownBytes }: CorpusTable): void {
    for (const [index, text] of texts) this.#texts.set(this.#names.length + index, text);
    this.#unknownBytes += unknownBytes;
    this.#append(ids);
    this.#checkRoom();
    for (const [i, name] of names.entries()) {
      this.#counts.push(counts[i]!);
      this.#sizes.push(sizes[i]!);
      this.#names.push(name);
      this.#modules.push(undefined);
    }
    this.#digests.push(digests);
    this.#heads.push(heads);
  }

  /** The corpus; nothing can be added any more. @param isSorted in the order of names instead of the given */
  finish({ isSorted = false } = {}): TokenizedCorpus {
    const size = this.#names.length;
    const starts = sharedNumbers({ length: size });
    for (let i = 1; i < size; i++) starts[i] = starts[i - 1]! + this.#counts[i - 1]!;
    const table = {
      ids: this.#joined(),
      starts,
      counts: sharedNumbers(this.#counts),
      sizes: sharedNumbers(this.#sizes),
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

  /** @throws {DataError} */
  #checkRoom(): void {
    if (this.#tokens <= MOST_TOKENS) return;
    throw new DataError(`Cannot train on ${this.#tokens} tokens and more: at most ${MOST_TOKENS} are read`);
  }

  #append(tokens: TokenIds): void {
    for (let done = 0; done < tokens.length;) {
      const used = this.#tokens % this.#pieceIds;
      if (used === 0) {
        this.#pieces.push(this.#isNarrow ? new Uint16Array(this.#pieceIds) : new Uint32Array(this.#pieceIds));
      }
      const part = tokens.subarray(done, done + this.#pieceIds - used);
      this.#pieces.at(-1)!.set(part, used);
      done += part.length;
      this.#tokens += part.length;
    }
  }

  /** All ids in one buffer; pieces are given back as soon as they are copied. */
  #joined(): Uint16Array | Uint32Array {
    const ids = allocateIds(this.#tokens, this.#isNarrow);
    for (const [i, piece] of this.#pieces.entries()) {
      ids.set(piece.subarray(0, ids.length - i * this.#pieceIds), i * this.#pieceIds);
      piece.buffer.transfer(0);
    }
    this.#pieces.length = 0;
    return ids;
  }
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
    starts: sharedNumbers(order.map((old) => table.starts[old]!)),
    counts: sharedNumbers(order.map((old) => table.counts[old]!)),
    sizes: sharedNumbers(order.map((old) => table.sizes[old]!)),
    digests: rows(table.digests, DIGEST_BYTES),
    heads: rows(table.heads, HEAD_BYTES),
    names: order.map((old) => table.names[old]!),
    texts: new Map([...table.texts].map(([old, text]) => [newIndex.get(old)!, text])),
  };
}

const LETTERS = new TextEncoder().encode("0123456789abcdef");
const [WRITTEN, DECODER] = [new Uint8Array(2 * DIGEST_BYTES), new TextDecoder()];

/** In one piece: put together of small texts, those of a large corpus would fill the heap. */
function hexOf(bytes: Uint8Array, start: number, count: number): string {
  for (let i = 0; i < count; i++) {
    const byte = bytes[start + i]!;
    WRITTEN[2 * i] = LETTERS[byte >> 4]!;
    WRITTEN[2 * i + 1] = LETTERS[byte & 15]!;
  }
  return DECODER.decode(WRITTEN.subarray(0, 2 * count));
}

/** Bytes that become more. */
class GrowingBytes {
  #room = new Uint8Array(1 << 12);
  #used = 0;

  get bytes(): Uint8Array {
    return this.#room.slice(0, this.#used);
  }

  push(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#room.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  pushHex(text: string): void {
    const count = text.length / 2;
    this.#makeRoom(count);
    for (let i = 0; i < count; i++) {
      this.#room[this.#used++] = digit(text.charCodeAt(2 * i)) << 4 | digit(text.charCodeAt(2 * i + 1));
    }
  }

  #makeRoom(count: number): void {
    if (this.#used + count <= this.#room.length) return;
    const grown = new Uint8Array(2 * (this.#room.length + count));
    grown.set(this.#room);
    this.#room = grown;
  }
}

/** The value of a lower-case hexadecimal digit. */
function digit(code: number): number {
  return code < 0x3a ? code - 0x30 : code - 0x57;
}
