/**
 * A lock on a folder, so that two runs never write into one checkpoint folder. It is the system's advisory
 * lock on the file `run.lock` inside: the system gives it back when the process ends, however it ends, so a
 * lock cannot go stale and nothing has to be guessed from process ids. The file itself stays, since removing
 * it would let a third run lock a file that is no longer in the folder. On network file systems that ignore
 * advisory locks it protects only against runs on the same machine.
 */

import { join } from "@std/path";
import { DataError } from "../errors.ts";

/** A held lock; `using lock = lockFolder(folder)` gives it back at the end of the block. */
export interface RunLock extends Disposable {
  /** The lock file. */
  readonly path: string;
}

/** Longest content that is read from a lock file somebody else wrote. */
const OWNER_BYTES = 64;

/**
 * Lock a folder for writing, creating it when it is missing.
 *
 * @param directory the folder
 * @throws {DataError} when another run holds it (the message names its process id), or the folder cannot be
 * written
 */
export function lockFolder(directory: string): RunLock {
  const path = join(directory, "run.lock");
  const file = openLockFile(directory, path);
  if (!tryLock(file, path)) {
    const owner = readOwner(file);
    file.close();
    throw new DataError(`Cannot write into "${directory}": another run (${owner}) is writing there`, {
      hint: "wait for that run or stop it, or name another folder with --checkpoint-dir",
    });
  }
  file.truncateSync(0);
  file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  return {
    path,
    [Symbol.dispose](): void {
      file.truncateSync(0);
      file.close();
    },
  };
}

function openLockFile(directory: string, path: string): Deno.FsFile {
  try {
    Deno.mkdirSync(directory, { recursive: true });
    return Deno.openSync(path, { create: true, read: true, write: true });
  } catch (cause) {
    throw new DataError(`Cannot write into "${directory}": ${(cause as Error).message}`, {
      cause,
      hint: "check the folder's permissions, or name another folder",
    });
  }
}

function tryLock(file: Deno.FsFile, path: string): boolean {
  try {
    return file.tryLockSync(true);
  } catch (cause) {
    file.close();
    throw new DataError(`Cannot lock "${path}": ${(cause as Error).message}`, {
      cause,
      hint: "the file system may not support locks; use a folder on a local disk",
    });
  }
}

function readOwner(file: Deno.FsFile): string {
  const buffer = new Uint8Array(OWNER_BYTES);
  try {
    const length = file.readSync(buffer) ?? 0;
    const pid = new TextDecoder().decode(buffer.subarray(0, length)).trim();
    return /^[0-9]+$/.test(pid) ? `process ${pid}` : "process unknown";
  } catch {
    // Windows refuses to read what another process has locked; the id is only a help.
    return "process unknown";
  }
}
