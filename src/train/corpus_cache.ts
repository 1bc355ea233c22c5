// What was made of a corpus, kept beside it: its tokens, and what takes long to find out of them. A file is
// trusted only where its key (the proofs, the tokenizer, what was asked) and its digest are right; else it is
// made again. The folder can be removed at any time. Layout: see docs/formats.md.
import { join, resolve } from "@std/path";
import type { ReadReport } from "../corpus/mod.ts";
import { DataError } from "../errors.ts";
import { isRecord, parseJson, readSealed, removeLeftovers, sha256Hex, writeSealed } from "../io/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { DerivedStore } from "./document_list.ts";
import { type CorpusTable, DIGEST_BYTES, HEAD_BYTES } from "./corpus_table.ts";
import { TokenizedCorpus } from "./tokenized_corpus.ts";

/** A corpus as tokens, with what reading it came to. */
export interface ReadCorpus {
  readonly corpus: TokenizedCorpus;
  readonly report: ReadReport;
}

/** Smaller corpora are read again in a second: nothing of them is kept. */
export const FEWEST_CACHED_TOKENS = 1 << 20;

/** Changes when the files' layout does, or what they are made by. */
const VERSION = "tactics 1";
const [TOKENS, DERIVED] = [/^tokens-[0-9a-f]{16}$/, /^derived-[0-9a-f]{32}$/];
const OWN = /^(?:tokens|derived)-[0-9a-f]+$/;
/** Files of each kind that are kept: two bytes a token, and four a document. */
const [MOST_CORPORA, MOST_DERIVED] = [3, 48];
/** Numbers before everything else: documents, tokens, bytes of an id, bytes of the JSON text. */
const HEAD_NUMBERS = 4;

/** Where what is made of a corpus is kept: beside it. */
export function cacheFolderOf(dataPath: string): string {
  return `${resolve(dataPath)}.cache`;
}

/** The files of one corpus and tokenizer. */
export class CorpusCache implements DerivedStore {
  readonly folder: string;
  readonly #key: string;
  readonly #tokenizer: Tokenizer;

  /** @param identity of the proofs, as their source tells it */
  constructor(folder: string, identity: string, tokenizer: Tokenizer) {
    this.folder = folder;
    this.#tokenizer = tokenizer;
    this.#key = `${VERSION} ${identity} tokenizer ${tokenizer.sha256()}`;
  }

  /** The corpus; null where it is to be made. */
  async loadCorpus(): Promise<ReadCorpus | null> {
    const body = await readSealed(this.#corpusPath, this.#key);
    return body === null ? null : decode(body, this.#tokenizer);
  }

  /** Whether there is a file for this tokenizer: when it cannot be used, it is damaged or of other proofs. */
  async hasCorpus(): Promise<boolean> {
    return await Deno.lstat(this.#corpusPath).catch(() => null) !== null;
  }

  /** Keep a corpus. @throws {DataError} when that fails */
  async saveCorpus({ corpus, report }: ReadCorpus): Promise<void> {
    try {
      await Deno.mkdir(this.folder, { recursive: true });
    } catch (cause) {
      throw new DataError(`Cannot make "${this.folder}": ${(cause as Error).message}`, { cause });
    }
    await removeLeftovers(this.folder, { isOwn: (name) => OWN.test(name) });
    await this.#keepNewest(TOKENS, MOST_CORPORA - 1);
    await writeSealed(this.#corpusPath, this.#key, encode(corpus, report));
  }

  load(key: string): Promise<Uint8Array | null> {
    return readSealed(this.#derivedPath(key), this.#derivedKey(key));
  }

  async save(key: string, pieces: readonly Uint8Array[]): Promise<void> {
    await this.#keepNewest(DERIVED, MOST_DERIVED - 1);
    try {
      await writeSealed(this.#derivedPath(key), this.#derivedKey(key), pieces);
    } catch (error) {
      if (!(error instanceof DataError)) throw error; // that it cannot be written was told of the corpus
    }
  }

  /** Remove the oldest of its files: of former tokenizers, proofs and seeds. What cannot be removed stays. */
  async #keepNewest(names: RegExp, count: number): Promise<void> {
    try {
      const found: { path: string; time: number }[] = [];
      for await (const { name, isFile } of Deno.readDir(this.folder)) {
        if (!isFile || !names.test(name)) continue;
        const path = join(this.folder, name);
        if (path === this.#corpusPath) continue; // it is about to be replaced
        found.push({ path, time: (await Deno.stat(path)).mtime?.getTime() ?? 0 });
      }
      found.sort((a, b) => b.time - a.time);
      for (const { path } of found.slice(count)) await Deno.remove(path);
    } catch {
      // Somebody else's, or gone meanwhile.
    }
  }

  get #corpusPath(): string {
    return join(this.folder, `tokens-${this.#tokenizer.sha256().slice(0, 16)}`);
  }

  #derivedPath(key: string): string {
    const name = sha256Hex(new TextEncoder().encode(this.#derivedKey(key))).slice(0, 32);
    return join(this.folder, `derived-${name}`);
  }

  #derivedKey(key: string): string {
    return `${this.#key} ${key}`;
  }
}

function encode({ table }: TokenizedCorpus, report: ReadReport): Uint8Array[] {
  const { ids, starts, counts, sizes, digests, heads, names, texts, unknownBytes } = table;
  const json = new TextEncoder().encode(JSON.stringify({ names, texts: [...texts], unknownBytes, report }));
  const head = Uint32Array.of(names.length, ids.length, ids.BYTES_PER_ELEMENT, json.length);
  const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array | Uint16Array): Uint8Array =>
    new Uint8Array(buffer, byteOffset, byteLength);
  return [...[head, starts, counts, sizes, ids].map(bytesOf), digests, heads, json];
}

/** The corpus in a body; null where it is none. */
function decode(body: Uint8Array, tokenizer: Tokenizer): ReadCorpus | null {
  if (body.length < 4 * HEAD_NUMBERS) return null;
  const { buffer } = body;
  const [documents, tokens, width, jsonBytes] = new Uint32Array(buffer, 0, HEAD_NUMBERS);
  const places = [4 * HEAD_NUMBERS];
  const sizes = [
    ...Array(3).fill(4 * documents!),
    tokens! * width!,
    DIGEST_BYTES * documents!,
    HEAD_BYTES * documents!,
    jsonBytes!,
  ];
  for (const size of sizes) places.push(places.at(-1)! + size);
  if (places.at(-1) !== body.length || (width !== 2 && width !== 4)) return null;
  const column = (i: number): Uint32Array => new Uint32Array(buffer, places[i], documents);
  const bytes = (i: number): Uint8Array => new Uint8Array(buffer, places[i], sizes[i]);
  const value = parseJson(new TextDecoder().decode(bytes(6).slice()));
  if (!isRecord(value)) return null;
  const { names, texts, unknownBytes, report } = value as unknown as
    & Pick<CorpusTable, "names" | "unknownBytes">
    & { texts: [number, string][]; report: ReadReport };
  const ids = width === 2
    ? new Uint16Array(buffer, places[3], tokens)
    : new Uint32Array(buffer, places[3], tokens);
  // The kernels look tokens up without asking whether there are so many.
  for (let i = 0; i < ids.length; i++) if (ids[i]! >= tokenizer.vocabularySize) return null;
  const [starts, counts] = [column(0), column(1)];
  if (starts.some((start, i) => start + counts[i]! > ids.length)) return null;
  const columns = { ids, starts, counts, sizes: column(2), digests: bytes(4), heads: bytes(5) };
  const table = { ...columns, names, texts: new Map(texts), unknownBytes };
  return { corpus: new TokenizedCorpus(table, tokenizer), report };
}
