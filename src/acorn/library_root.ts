// Which library a file is of: the nearest folder above it with an acorn.toml.
import { dirname, join } from "@std/path";

/** The library's folder that a folder is in, or is itself; undefined where there is none. */
export async function libraryAbove(folder: string): Promise<string | undefined> {
  for (let at = folder;; at = dirname(at)) {
    const found = await Deno.stat(join(at, "acorn.toml")).catch(() => null);
    if (found?.isFile) return at;
    if (dirname(at) === at) return undefined;
  }
}
