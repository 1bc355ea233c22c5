/**
 * Folders that appear whole or not at all: the files are written into a sibling `NAME.partial`, flushed to
 * the disk, looked at if the caller wants to, and only then does the folder get its name.
 */
import { basename, dirname, join, resolve } from "@std/path";
import { DataError } from "../errors.ts";
import { syncFolder, writeAndSync } from "./atomic_file.ts";

/** A file to be, its name relative to the folder. */
export interface FolderFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A folder that has not got its name yet; disposing of it before then removes its files. */
export class FolderDraft implements AsyncDisposable {
  /** Where its files are until then: a path to read them from. */
  readonly path: string;
  readonly #target: string;

  /** @param directory the folder to be: missing or empty */
  constructor(directory: string) {
    this.#target = resolve(directory);
    this.path = join(dirname(this.#target), `${basename(this.#target)}.partial`);
  }

  /**
   * Make the draft anew with these files; what an earlier call or a killed process left is gone.
   *
   * @param signal stops between two files
   * @throws {DataError} when they cannot be written
   */
  async write(files: readonly FolderFile[], signal?: AbortSignal): Promise<void> {
    await naming(this.#target, async () => {
      await Deno.remove(this.path, { recursive: true }).catch(ignoreNotFound);
      await Deno.mkdir(this.path, { recursive: true });
      for (const { name, bytes } of files) {
        signal?.throwIfAborted();
        const path = join(this.path, name);
        await Deno.mkdir(dirname(path), { recursive: true });
        await writeAndSync(path, [bytes]);
        await syncFolder(dirname(path));
      }
      await syncFolder(this.path);
    });
  }

  /** Give the folder its name. @throws {DataError} when there is something under that name */
  async publish(): Promise<void> {
    await naming(this.#target, async () => {
      await Deno.remove(this.#target).catch(ignoreNotFound); // only an empty folder can be removed so
      await Deno.rename(this.path, this.#target);
      await syncFolder(dirname(this.#target));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true }).catch(() => {}); // an earlier error is the one to tell
  }
}

/**
 * Whether a folder has nothing in it, or is not there.
 *
 * @throws {DataError} when it cannot be read
 */
export function isEmptyOrMissing(directory: string): Promise<boolean> {
  return naming(directory, async () => {
    try {
      for await (const _ of Deno.readDir(directory)) return false;
    } catch (error) {
      ignoreNotFound(error);
    }
    return true;
  });
}

/** Run file operations; what goes wrong with them becomes a {@linkcode DataError} that names the folder. */
async function naming<T>(directory: string, operations: () => Promise<T>): Promise<T> {
  try {
    return await operations();
  } catch (cause) {
    if (cause instanceof DOMException) throw cause; // stopped by the signal
    throw new DataError(`Cannot write the folder "${directory}": ${(cause as Error).message}`, {
      cause,
      hint: "Check that you may write to its parent and that the disk has room, or name another.",
    });
  }
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
