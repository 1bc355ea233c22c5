// A lock on a folder, so that two runs never write into one checkpoint folder: the system's advisory lock on
// its file `run.lock`, which ends with the process, however that ends. The file stays: were it removed, a
// third run could lock one that is no longer there. When somebody else removes or moves it, check() says so.
// Links are not followed, nothing in the file is cut off. On network file systems it may hold on one machine.
import { join } from "@std/path";
import { DataError, LockedError } from "../errors.ts";

/** A held lock: `using lock = lockFolder(folder)` gives it back at the end of the block. */
export interface RunLock extends Disposable {
  readonly path: string;
  /** Call it before writing into the folder. @throws {LockedError} when run.lock is another file now */
  check(): void;
}

/**
 * Lock a folder for writing, creating it when it is missing.
 * @throws {LockedError} when another run holds it; the message names the process
 * @throws {DataError} when nothing can be written there, or run.lock is something else than a file
 */
export function lockFolder(directory: string): RunLock {
  const path = join(directory, "run.lock");
  let file: Deno.FsFile | undefined;
  try {
    Deno.mkdirSync(directory, { recursive: true });
    file = openLock(path);
    if (!file.tryLockSync(true)) {
      const hint = "wait for that run or stop it, or name another folder with --checkpoint-dir";
      const reason = `another run (${ownerIn(file)}) is writing there`;
      throw new LockedError(`Cannot write into "${directory}": ${reason}`, { hint });
    }
    if (!isAt(path, file)) throw new Error("it was replaced just now");
    noteOwner(file);
  } catch (cause) {
    file?.close();
    if (cause instanceof DataError) throw cause;
    const [what, hint] = file
      ? [`lock "${path}"`, "the file system may not support locks; use a folder on a local disk"]
      : [`write into "${directory}"`, "check the folder's permissions, or name another folder"];
    throw new DataError(`Cannot ${what}: ${(cause as Error).message}`, { cause, hint });
  }
  const held = file;
  return {
    path,
    check(): void {
      if (isAt(path, held)) return;
      const hint = "the run ends here; go on with `tactics resume` where its last checkpoint is now";
      const reason =
        "this run's run.lock is no longer there, so the folder was moved or made anew, or another run has it";
      throw new LockedError(`Cannot go on writing into "${directory}": ${reason}`, { hint });
    },
    [Symbol.dispose]: () => held.close(),
  };
}

/** Open the file, or make it; whatever else has its name is refused before it is opened. */
function openLock(path: string): Deno.FsFile {
  const info = lstat(path);
  if (info?.isFile) return Deno.openSync(path, { read: true, write: true });
  if (info === null) {
    try {
      return Deno.openSync(path, { createNew: true, read: true, write: true });
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return openLock(path); // made just now by another run
      throw error;
    }
  }
  const kind = info.isSymlink ? "link" : "folder or device";
  const hint = "remove it, or name another folder with --checkpoint-dir";
  throw new DataError(`Cannot lock "${path}": it is no file but a ${kind}`, { hint });
}

/** Whether an open file or folder is the one that has this path, and no link has it. */
export function isAt(path: string, file: Deno.FsFile): boolean {
  const there = lstat(path);
  if (there === null || there.isSymlink) return false;
  const held = file.statSync(); // Deno looks at the path again, and fails where a file is in the folder's place
  return there.dev === held.dev && there.ino === held.ino;
}

function lstat(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

const OWNER = /^\d* *\n?$/;

/** Write this process's id, unless the file holds something of somebody else's. */
function noteOwner(file: Deno.FsFile): void {
  if (!OWNER.test(beginning(file)) || (file.statSync().nlink ?? 1) > 1) return;
  try {
    file.seekSync(0, Deno.SeekMode.Start);
    file.writeSync(new TextEncoder().encode(`${String(Deno.pid).padEnd(10)}\n`)); // covers any earlier one
  } catch {
    // A full disk: the id is only a help.
  }
}

function ownerIn(file: Deno.FsFile): string {
  try {
    const text = beginning(file);
    if (OWNER.test(text) && text.trim() !== "") return `process ${text.trim()}`;
  } catch {
    // Windows refuses to read what another process has locked.
  }
  return "process unknown";
}

function beginning(file: Deno.FsFile): string {
  const buffer = new Uint8Array(64); // more than an id takes
  return new TextDecoder().decode(buffer.subarray(0, file.readSync(buffer) ?? 0));
}
