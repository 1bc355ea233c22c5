// Folders that appear whole or not at all: the files are written into a sibling with a name that nobody can
// guess (temporaries.ts), flushed to the disk, looked at if the caller wants to, and only then it gets its
// name. Nothing that somebody else has made is removed, but for an empty folder that has the name.
import { dirname, join, resolve } from "@std/path";
import { DataError } from "../errors.ts";
import { syncFolder, writeAndSync, type WriteOptions } from "./atomic_file.ts";
import { type FileSystem, makeTemporaryFolder, temporaryName } from "./temporaries.ts";

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
  readonly #files: FileSystem;
  /** The folder under `path`, while it is this draft's. */
  #held: Disposable | null = null;

  /** @param directory the folder to be: missing or empty, and no link */
  constructor(directory: string, { files = Deno }: WriteOptions = {}) {
    this.#target = resolve(directory);
    this.path = temporaryName(this.#target, "partial");
    this.#files = files;
  }

  /**
   * Make the draft anew with these files; those of an earlier call are gone. Stops between two files.
   * @throws {DataError} when they cannot be written
   */
  async write(files: readonly FolderFile[], signal?: AbortSignal): Promise<void> {
    await naming(this.#target, async () => {
      if (this.#held !== null) await this.#files.remove(this.path, { recursive: true });
      this.#letGo();
      await this.#files.mkdir(dirname(this.path), { recursive: true });
      this.#held = await makeTemporaryFolder(this.path, this.#files);
      for (const { name, bytes } of files) {
        signal?.throwIfAborted();
        const path = join(this.path, name);
        await this.#files.mkdir(dirname(path), { recursive: true });
        await writeAndSync(path, [bytes], this.#files);
        await syncFolder(dirname(path), this.#files);
      }
      await syncFolder(this.path, this.#files);
    });
  }

  /** Give the folder its name. @throws {DataError} when something has that name, a link included */
  async publish(): Promise<void> {
    await naming(this.#target, async () => {
      if (Deno.build.os === "windows") { // renames over nothing
        const info = await Deno.lstat(this.#target).catch(ignoreNotFound);
        if (info?.isDirectory) await this.#files.remove(this.#target); // only if it is empty
      }
      await this.#files.rename(this.path, this.#target); // refused by all but an empty folder
      this.#letGo();
      await syncFolder(dirname(this.#target), this.#files);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#held === null) return;
    await this.#files.remove(this.path, { recursive: true }).catch(() => {}); // an earlier error is told
    this.#letGo();
  }

  #letGo(): void {
    this.#held?.[Symbol.dispose]();
    this.#held = null;
  }
}

/** Check that nothing, or an empty folder, has this name. @throws {DataError} that says what is there */
export async function checkIsFree(directory: string): Promise<void> {
  const hint = "Name a folder that does not exist yet, or remove this one.";
  const refuse = (reason: string): DataError =>
    new DataError(`Cannot export into "${directory}": ${reason}`, { hint });
  await naming(directory, async () => {
    const info = await Deno.lstat(directory).catch(ignoreNotFound);
    if (info === undefined) return;
    if (!info.isDirectory) throw refuse(`it is a ${info.isSymlink ? "link" : "file"}`);
    for await (const _ of Deno.readDir(directory)) throw refuse("it is not empty");
  });
}

/** Run file operations; what goes wrong with them becomes a {@linkcode DataError} that names the folder. */
async function naming<T>(directory: string, operations: () => Promise<T>): Promise<T> {
  try {
    return await operations();
  } catch (cause) {
    if (cause instanceof DOMException || cause instanceof DataError) throw cause; // stopped by the signal
    throw new DataError(`Cannot write the folder "${directory}": ${(cause as Error).message}`, {
      cause,
      hint: "Check that you may write to its parent and that the disk has room, or name another.",
    });
  }
}

function ignoreNotFound(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
