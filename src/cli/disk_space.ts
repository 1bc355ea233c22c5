// How much a disk has room for. Node's call, since Deno has none of its own.
import { statfsSync } from "node:fs";
import { dirname, resolve } from "@std/path";

/** Bytes that are free for this user where a folder is, or is to be made; undefined where nobody knows. */
export function freeBytesAt(folder: string): number | undefined {
  for (let path = resolve(folder);; path = dirname(path)) {
    try {
      const { bavail, bsize } = statfsSync(path);
      return bavail * bsize;
    } catch (error) {
      const isMissing = (error as { code?: unknown }).code === "ENOENT";
      if (!isMissing || path === dirname(path)) return undefined;
    }
  }
}
