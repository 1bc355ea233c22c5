// Where proofs are: a folder of *.txt files (proof_folder.ts), or one file with all of them, JSON lines
// (proof_lines.ts) or a tar archive (proof_archive.ts), compressed or not (forward_bytes.ts). They are read in
// pieces: nobody has to hold them all.
import { DataError } from "../errors.ts";
import { openRegularFile, sha256OfFile } from "../io/mod.ts";
import {
  type ForwardBytes,
  isCompressed,
  plainBytes,
  unpackedBytes,
  unpackedStart,
} from "./forward_bytes.ts";
import { BLOCK, isArchive, readArchive } from "./proof_archive.ts";
import type { ReadPiece } from "./proof_file.ts";
import { folderIdentity, HOW_TO_GET_PROOFS, readFolder } from "./proof_folder.ts";
import { readLines } from "./proof_lines.ts";
import type { IndexedModule } from "./proof_modules.ts";

/** Of a file, what tells its kind; gzip's first output needs some input. */
const START_BYTES = 1 << 16;

/** Proofs that can be read, once or again. */
export interface ProofSource extends Disposable {
  /** The order of an archive's proofs is that of their names, whatever the archive's. */
  readonly kind: "folder" | "lines" | "archive";
  /** As it was given. */
  readonly path: string;
  /** What changes when a proof does; null: something changed a moment ago, and could again unseen. */
  identity(): Promise<string | null>;
  /** Everything, once. @returns the index of modules, or null */
  read(): AsyncGenerator<ReadPiece, readonly IndexedModule[] | null, void>;
}

/** Open a folder or a file of proofs. @throws {DataError} when there is none, or it cannot be read */
export async function openProofs(path: string): Promise<ProofSource> {
  const refuse = (cause: Error): never => {
    const isMissing = cause instanceof Deno.errors.NotFound;
    const message = isMissing
      ? `No proofs: the folder "${path}" does not exist`
      : `Cannot read the proofs "${path}": ${cause.message}`;
    const hint = isMissing
      ? HOW_TO_GET_PROOFS
      : "name a folder of .txt files, a file of JSON lines or a tar archive with --data-dir";
    throw new DataError(message, { cause, hint });
  };
  if ((await Deno.stat(path).catch(refuse)).isDirectory) {
    return {
      ...{ kind: "folder", path },
      identity: () => folderIdentity(path),
      read: () => readFolder(path),
      [Symbol.dispose](): void {},
    };
  }
  const file = await openRegularFile(path).catch(refuse);
  try {
    const start = await file.read(0, new Uint8Array(START_BYTES));
    const isPacked = isCompressed(start);
    const archived = isArchive(isPacked ? await unpackedStart(start, BLOCK) : start.subarray(0, BLOCK));
    const open = (): ForwardBytes => isPacked ? unpackedBytes(file, path) : plainBytes(file);
    return {
      ...{ kind: archived ? "archive" : "lines", path },
      identity: async () => `file ${await sha256OfFile(file)}`,
      read: () => archived ? readArchive(open()) : readLines(open()),
      [Symbol.dispose]: () => file[Symbol.dispose](),
    };
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}
