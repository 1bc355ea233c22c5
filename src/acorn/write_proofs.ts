// Writes a library's proofs into a folder: `proof_00000.txt` and on, in build order, and modules.json beside
// them, which says what is whose. The index is written last: a folder without it holds a run that was broken
// off. Another run's files are replaced; a folder of other proofs is refused before anything is written.
import { join } from "@std/path";
import { formatProofModules, type IndexedModule, listProofNames } from "../corpus/mod.ts";
import { PROOF_MODULES_FILE } from "../corpus/mod.ts";
import { DataError } from "../errors.ts";
import { sha256Hex } from "../io/mod.ts";
import type { AcornLibrary } from "./library.ts";
import { libraryProofs, type LibraryProofsOptions, type ModuleProofs } from "./library_proofs.ts";

/** Options of {@linkcode writeLibraryProofs}. */
export interface WriteProofsOptions extends LibraryProofsOptions {
  /** Whether proofs without a line are left out. */
  readonly skipEmpty: boolean;
  /** Whether a goal and proof that stood in an earlier file are written again. */
  readonly keepCopies: boolean;
  readonly signal?: AbortSignal;
}

/** What a module's proofs came to. */
export interface WrittenModule extends ModuleProofs {
  /** Files that were written. */
  readonly files: number;
  /** Their size in bytes. */
  readonly sizeBytes: number;
  /** Proofs without a line. */
  readonly empty: number;
  /** Proofs that an earlier file has, goal and all. */
  readonly copies: number;
}

const OWN_FILE = /^proof_\d{5,}\.txt$/;
/** Files that are written at the same time. */
const OPEN_FILES = 32;

/** Write the proofs, module by module. @throws {DataError} when the folder holds other proofs */
export async function* writeLibraryProofs(
  library: AcornLibrary,
  directory: string,
  { skipEmpty, keepCopies, signal, ...options }: WriteProofsOptions,
): AsyncGenerator<WrittenModule> {
  await clearFolder(directory);
  const written = new Set<string>();
  const index: IndexedModule[] = [];
  let next = 0;
  const digits = Math.max(5, String(library.lines).length); // so that names sort as they are written
  for await (const module of libraryProofs(library, options)) {
    signal?.throwIfAborted();
    const distinct = module.proofs.filter(({ text }) => keepCopies || isNew(written, text));
    const texts = distinct.filter(({ isEmpty }) => !skipEmpty || !isEmpty).map(({ text }) => text);
    const bytes = texts.map((text) => new TextEncoder().encode(text));
    const nameOf = (i: number): string => `proof_${String(next + i).padStart(digits, "0")}.txt`;
    for (let i = 0; i < bytes.length; i += OPEN_FILES) {
      const some = bytes.slice(i, i + OPEN_FILES);
      await Promise.all(some.map((content, j) => writeNew(join(directory, nameOf(i + j)), content)));
    }
    const { name, imports } = module;
    const first = texts.length > 0 ? { first: nameOf(0) } : {};
    index.push({ name, imports, ...first, files: texts.length });
    next += texts.length;
    yield {
      ...module,
      files: texts.length,
      sizeBytes: bytes.reduce((sum, { length }) => sum + length, 0),
      empty: distinct.filter(({ isEmpty }) => isEmpty).length,
      copies: module.proofs.length - distinct.length,
    };
  }
  await writeNew(join(directory, PROOF_MODULES_FILE), new TextEncoder().encode(formatProofModules(index)));
}

function isNew(written: Set<string>, text: string): boolean {
  const before = written.size;
  return written.add(sha256Hex(new TextEncoder().encode(text))).size > before;
}

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  await Deno.writeFile(path, bytes, { createNew: true }).catch((cause) => {
    const hint = "check that the disk has room, or name another folder with --data-dir";
    throw new DataError(`Cannot write "${path}": ${cause.message}`, { cause, hint });
  });
}

/** Make the folder, without the files of an earlier run. */
async function clearFolder(directory: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true }).catch((cause) => {
    const hint = "name another folder with --data-dir";
    throw new DataError(`Cannot write proofs into "${directory}": ${cause.message}`, { cause, hint });
  });
  const index = join(directory, PROOF_MODULES_FILE);
  const isOurs = (await Deno.lstat(index).catch(() => null))?.isFile ?? false;
  const names = listProofNames(directory);
  const other = names.find((name) => !isOurs || !OWN_FILE.test(name));
  if (other !== undefined) {
    const hint = "choose an empty folder with --data-dir, or remove the .txt files from this one";
    const what = isOurs
      ? "is none of this command's files"
      : "was not written by a whole run of this command";
    throw new DataError(`Cannot write proofs into "${directory}": "${other}" ${what}`, { hint });
  }
  for (const name of names) await Deno.remove(join(directory, name));
  if (isOurs) await Deno.remove(index);
}
