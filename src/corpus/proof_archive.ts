// Proofs in a tar archive (POSIX ustar with pax or GNU's long names), as `tar cf proofs.tar -C data proofs`
// makes it: what a folder of *.txt files would give. Only files count that lie where the first proof does: no
// subfolders, no hidden files, no links. modules.json beside them is read, too (proof_modules.ts).
import { decodeUtf8 } from "../io/mod.ts";
import type { ForwardBytes } from "./forward_bytes.ts";
import { type ParsedProof, parseProofFile, type ProofProblem } from "./proof_file.ts";
import { type ReadPiece, skippedProof, tooLarge } from "./proof_file.ts";
import {
  damagedModules,
  type IndexedModule,
  parseProofModules,
  PROOF_MODULES_FILE,
} from "./proof_modules.ts";

/** Bytes of a header; contents are filled up to a multiple. */
export const BLOCK = 512;
/** Bytes that are read at once, at least. */
const PIECE_BYTES = 1 << 20;
/** A longer name is none. */
const MAX_NAME_BYTES = 1 << 16;
const MAX_INDEX_BYTES = 1 << 26;
/** Proofs that are told of at once. */
const PROOFS_AT_ONCE = 256;

/** Whether a file's first block is that of a tar archive; one of zeros is its end. */
export function isArchive(start: Uint8Array): boolean {
  if (start.length < BLOCK) return false;
  return textOf(start.subarray(257, 262)) === "ustar" || start.every((byte) => byte === 0);
}

/** Read an archive. @returns its index of modules, or null */
export async function* readArchive(
  source: ForwardBytes,
): AsyncGenerator<ReadPiece, readonly IndexedModule[] | null, void> {
  const window = new Window(source);
  const problems: ProofProblem[] = [];
  let proofs: ParsedProof[] = [];
  let [folder, index]: [string | null, readonly IndexedModule[] | null] = [null, null];
  const damaged = (why: string): void => void proofs.push(skippedProof("", why));
  for await (const { path, start, sizeBytes } of entriesOf(window, damaged)) {
    const slash = path.lastIndexOf("/");
    const [place, name] = [path.slice(0, slash + 1), path.slice(slash + 1)];
    if (name === PROOF_MODULES_FILE && sizeBytes <= MAX_INDEX_BYTES && (folder ?? place) === place) {
      try {
        const refuse = (reason: string): Error => new SyntaxError(reason);
        index = parseProofModules(decodeUtf8(await window.bytes(start, sizeBytes), refuse));
      } catch (error) {
        problems.push(damagedModules(error as Error));
      }
    }
    if (!/^[^.].*\.txt$/s.test(name)) continue;
    folder ??= place;
    if (place !== folder) {
      proofs.push(skippedProof(path, `it does not lie in "${folder || "."}" as the first proof does`));
    } else proofs.push(tooLarge(name, sizeBytes) ?? await readEntry(window, { name, start, sizeBytes }));
    if (proofs.length < PROOFS_AT_ONCE) continue;
    yield { proofs, share: source.share };
    proofs = [];
  }
  yield { proofs, problems, share: 1 };
  return index;
}

async function readEntry(
  window: Window,
  { name, start, sizeBytes }: { name: string; start: number; sizeBytes: number },
): Promise<ParsedProof> {
  const bytes = await window.bytes(start, sizeBytes);
  return bytes.length < sizeBytes
    ? skippedProof(name, "the archive ends within it")
    : parseProofFile(name, bytes);
}

/** A regular file in an archive: where its bytes begin, and how many they are. */
interface Entry {
  readonly path: string;
  readonly start: number;
  readonly sizeBytes: number;
}

/** The regular files of an archive. @param damaged told why it ends early */
async function* entriesOf(
  window: Window,
  damaged: (why: string) => void,
): AsyncGenerator<Entry, void, void> {
  let longName: string | null = null;
  for (let at = 0;;) {
    const header = await window.bytes(at, BLOCK);
    if (header.every((byte) => byte === 0)) return; // the end
    const sizeBytes = header.length < BLOCK ? null : numberOf(header.subarray(124, 136));
    const start = at + BLOCK;
    if (sizeBytes === null || !hasRightSum(header)) {
      return damaged(`the archive is damaged at byte ${at}: what follows is not read`);
    }
    at = start + Math.ceil(sizeBytes / BLOCK) * BLOCK;
    const kind = textOf(header.subarray(156, 157));
    if (kind === "x" || kind === "L") {
      const text = sizeBytes <= MAX_NAME_BYTES ? decoded(await window.bytes(start, sizeBytes)) : "";
      longName = kind === "L" ? text.replace(/\0.*$/s, "") : paxPath(text) ?? longName;
      continue;
    }
    const prefix = textOf(header.subarray(345, 500));
    const isUstar = header[263] === 0x30; // GNU's own headers have other things there
    const path = longName ?? (isUstar && prefix !== "" ? `${prefix}/` : "") + textOf(header.subarray(0, 100));
    longName = null;
    if (kind === "0" || kind === "") yield { path, start, sizeBytes };
  }
}

/** A text up to its first 0. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoded(end < 0 ? bytes : bytes.subarray(0, end));
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** An octal number, or GNU's binary one; null: it is none. */
function numberOf(field: Uint8Array): number | null {
  if (field[0] === 0x80) {
    const value = field.subarray(4).reduce((sum, byte) => 256 * sum + byte, 0);
    return Number.isSafeInteger(value) ? value : null;
  }
  const digits = textOf(field).trim();
  return /^[0-7]{1,12}$/.test(digits) ? parseInt(digits, 8) : null;
}

function hasRightSum(header: Uint8Array): boolean {
  let sum = 0;
  for (const [i, byte] of header.entries()) sum += i >= 148 && i < 156 ? 0x20 : byte;
  return numberOf(header.subarray(148, 156)) === sum;
}

/** The path in a pax header, whose records are "LENGTH KEY=VALUE\n". */
function paxPath(text: string): string | null {
  const record = /(?:^|\n)\d{1,6} path=([^\n]*)/.exec(text);
  return record?.[1] ?? null;
}

/** What is read of an archive, through a window that moves on with it. */
class Window {
  readonly #source: ForwardBytes;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array();

  constructor(source: ForwardBytes) {
    this.#source = source;
  }

  /** Bytes from `start` on, not before those of the last call; valid until the next. Fewer at the end. */
  async bytes(start: number, count: number): Promise<Uint8Array> {
    while (this.#start + this.#bytes.length < start) { // what nobody wants to see
      this.#start += this.#bytes.length;
      this.#bytes = await this.#source.next(new Uint8Array(PIECE_BYTES));
      if (this.#bytes.length === 0) return this.#bytes;
    }
    const known = this.#bytes.subarray(start - this.#start);
    if (known.length >= count) return known.subarray(0, count);
    const room = new Uint8Array(Math.max(count, PIECE_BYTES));
    room.set(known);
    const read = await this.#source.next(room.subarray(known.length));
    this.#start = start;
    this.#bytes = room.subarray(0, known.length + read.length);
    return this.#bytes.subarray(0, count);
  }
}
