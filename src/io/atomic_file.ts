/**
 * Files that appear whole or not at all: written under a temporary name in the same folder, flushed to the
 * disk, renamed, and the folder flushed too. Not even a power cut leaves half a file under the final name.
 */
import { basename, dirname, join } from "@std/path";

/**
 * Writes `pieces`, one after the other, as the file `path`, replacing what was there in one step.
 *
 * @throws the file system's error, after the temporary file has been removed
 */
export async function writeFileAtomic(path: string, ...pieces: Uint8Array[]): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  try {
    await writeAndSync(temporary, pieces);
    await Deno.rename(temporary, path);
  } catch (error) {
    await removeIfThere(temporary);
    throw error;
  }
  await syncFolder(folder);
}

/** Writes a new file and flushes it. */
export async function writeAndSync(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  for (const bytes of pieces) {
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
  }
  await file.sync();
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Makes the names in a folder durable. Windows cannot open folders and needs no such thing. */
export async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path, { read: true });
  await folder.sync();
}
