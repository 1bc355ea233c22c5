// Files that appear whole or not at all: written under a temporary name in the same folder, flushed to the
// disk, renamed, and the folder flushed too. Not even a power cut leaves half a file under the final name.
// The temporary name cannot be guessed, and is made, never opened: nobody can put a link in its place.
import { basename, dirname, join } from "@std/path";
import { DataError } from "../errors.ts";

/** The calls that writing makes; tests put failing ones in their place. */
export type FileSystem = Pick<typeof Deno, "open" | "rename" | "remove" | "mkdir">;

/** How a file is written. */
export interface WriteOptions {
  /** What does it. Default: Deno */
  readonly files?: FileSystem;
}

/** Write pieces as a file in one step. @throws {DataError} that names it, the system's error as `cause` */
export async function writeFileAtomic(
  path: string,
  pieces: Uint8Array | readonly Uint8Array[],
  { files = Deno }: WriteOptions = {},
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  try {
    await writeAndSync(temporary, pieces instanceof Uint8Array ? [pieces] : pieces, files);
    await files.rename(temporary, path);
    await syncFolder(folder, files);
  } catch (cause) {
    await files.remove(temporary).catch(() => {}); // the first error is the one to tell
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
  for (const bytes of pieces) {
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
  }
  await file.sync();
}

/** Makes the names in a folder durable. Windows cannot open folders and needs no such thing. */
export async function syncFolder(path: string, files: FileSystem = Deno): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await files.open(path, { read: true });
  await folder.sync();
}
