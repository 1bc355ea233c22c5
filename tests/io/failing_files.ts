/** A file system on which the n-th call fails, as a broken, full or read-only disk's does. */
import type { FileSystem } from "../../src/io/mod.ts";

/** What to let fail. */
export interface Failure {
  /** The call, counted from 0. */
  readonly at: number;
  /** Whether all later ones fail, too: the disk was unplugged. */
  readonly forGood?: boolean;
  /** Its error. Default: EIO. */
  readonly error?: () => Error;
}

/** Calls of Deno's own that fail as wished, and the names of those that were made. */
export function failingFiles({ at, forGood = false, error = ioError }: Failure): {
  files: FileSystem;
  calls: string[];
} {
  const calls: string[] = [];
  const guarded =
    <A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) => (...args: A) => {
      const n = calls.push(name) - 1;
      return n === at || forGood && n > at ? Promise.reject(error()) : call(...args);
    };
  const files: FileSystem = {
    rename: guarded("rename", Deno.rename),
    remove: guarded("remove", Deno.remove),
    mkdir: guarded("mkdir", Deno.mkdir),
    open: guarded("open", async (path, options) => {
      const file = await Deno.open(path, options);
      file.write = guarded("write", file.write.bind(file));
      file.sync = guarded("sync", file.sync.bind(file));
      return file;
    }),
  };
  return { files, calls };
}

function ioError(): Error {
  return new Error("Input/output error (os error 5)");
}
