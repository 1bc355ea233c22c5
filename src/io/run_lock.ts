/**
 * A lock on a folder, so that two runs never write into one checkpoint folder. It is the system's advisory
 * lock on the file `run.lock` inside: the system gives it back when the process ends, however it ends, so it
 * cannot go stale and nothing is guessed from process ids. The file stays: were it removed, a third run could
 * lock one that is no longer in the folder. Where a network's file system ignores such locks, it holds on one
 * machine.
 */
import { join } from "@std/path";
import { DataError } from "../errors.ts";

/** A held lock; `using lock = lockFolder(folder)` gives it back at the end of the block. */
export interface RunLock extends Disposable {
  /** The lock file. */
  readonly path: string;
}

/**
 * Lock a folder for writing, creating it when it is missing.
 *
 * @throws {DataError} when another run holds it (the message names the process), or nothing can be written
 */
export function lockFolder(directory: string): RunLock {
  const path = join(directory, "run.lock");
  let file: Deno.FsFile | undefined;
  try {
    Deno.mkdirSync(directory, { recursive: true });
    file = Deno.openSync(path, { create: true, read: true, write: true });
    if (!file.tryLockSync(true)) {
      const owner = ownerIn(file);
      throw new DataError(`Cannot write into "${directory}": another run (${owner}) is writing there`, {
        hint: "wait for that run or stop it, or name another folder with --checkpoint-dir",
      });
    }
  } catch (cause) {
    file?.close();
    if (cause instanceof DataError) throw cause;
    const [what, hint] = file
      ? [`lock "${path}"`, "the file system may not support locks; use a folder on a local disk"]
      : [`write into "${directory}"`, "check the folder's permissions, or name another folder"];
    throw new DataError(`Cannot ${what}: ${(cause as Error).message}`, { cause, hint });
  }
  const held = file;
  held.truncateSync(0);
  held.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  return {
    path,
    [Symbol.dispose](): void {
      held.truncateSync(0);
      held.close();
    },
  };
}

/** Who wrote the lock file; not more of it is read than an id takes. */
function ownerIn(file: Deno.FsFile): string {
  const buffer = new Uint8Array(64);
  try {
    const id = new TextDecoder().decode(buffer.subarray(0, file.readSync(buffer) ?? 0)).trim();
    if (/^[0-9]+$/.test(id)) return `process ${id}`;
  } catch {
    // Windows refuses to read what another process has locked; the id is only a help.
  }
  return "process unknown";
}
