// Files that appear whole or not at all: written under a temporary name in the same folder, flushed to the
// disk, renamed, and the folder flushed too. Not even a power cut leaves half a file under the final name.
// The temporary file is held until it has its name: see temporaries.ts.
import { dirname } from "@std/path";
import { DataError } from "../errors.ts";
import { type FileSystem, makeTemporary } from "./temporaries.ts";

/** How a file is written. */
export interface WriteOptions {
  /** What does it. Default: Deno */
  readonly files?: FileSystem;
  /** Called when all is written, before the file gets its name: what it throws leaves no file. */
  readonly beforeRename?: () => void;
}

/** Write pieces as a file in one step. @throws {DataError} that names it, the system's error as `cause` */
export async function writeFileAtomic(
  path: string,
  pieces: Uint8Array | readonly Uint8Array[],
  { files = Deno, beforeRename }: WriteOptions = {},
): Promise<void> {
  let left: string | null = null;
  try {
    const { temporary, file } = await makeTemporary(path, files);
    using _held = file;
    left = temporary;
    await writeAll(file, pieces instanceof Uint8Array ? [pieces] : pieces);
    await file.sync();
    beforeRename?.();
    await files.rename(temporary, path);
    left = null;
    await syncFolder(dirname(path), files);
  } catch (cause) {
    if (left !== null) await files.remove(left).catch(() => {}); // the first error is the one to tell
    if (cause instanceof DataError) throw cause;
    throw new DataError(`Cannot write "${path}": ${(cause as Error).message}`, {
      cause,
      hint: "Check that the folder is there, that you may write to it and that the disk has room.",
    });
  }
}

export async function writeAndSync(
  path: string,
  pieces: readonly Uint8Array[],
  files: FileSystem = Deno,
): Promise<void> {
  using file = await files.open(path, { write: true, createNew: true });
  await writeAll(file, pieces);
  await file.sync();
}

/** Bytes of a write. */
const MOST_AT_ONCE = 1 << 24;

/** Write pieces, each whole. */
export async function writeAll(file: Deno.FsFile, pieces: readonly Uint8Array[]): Promise<void> {
  for (const bytes of pieces) {
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written, written + MOST_AT_ONCE)); // which may be copied
    }
  }
}

/** Makes the names in a folder durable. Windows cannot open folders and needs no such thing. */
export async function syncFolder(path: string, files: FileSystem = Deno): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await files.open(path, { read: true });
  await folder.sync();
}
