// Where the command line keeps what it measured of this machine's GPUs: a file in the user's cache folder.
import { dirname, join } from "@std/path";
import type { TileStore } from "../backend/webgpu/mod.ts";
import { DataError } from "../errors.ts";
import { readTextBounded, writeFileAtomic } from "../io/mod.ts";

/** The store in the folder that the environment names; undefined when it names none. */
export function userTileStore(env: (name: string) => string | undefined): TileStore | undefined {
  const folder = tileFolder(env);
  return folder === undefined ? undefined : fileTileStore(join(folder, "gpu_tiles.json"));
}

export function tileFolder(env: (name: string) => string | undefined): string | undefined {
  const home = env("HOME");
  const caches = env("XDG_CACHE_HOME") || env("LOCALAPPDATA") || (home ? join(home, ".cache") : undefined);
  return caches === undefined ? undefined : join(caches, "tactics");
}

/** A file. Where it may not be read or written, the next run measures again. */
export function fileTileStore(path: string): TileStore {
  return {
    read: () => unlessRefused(readTextBounded(path, { what: "the tiles", maxBytes: 1 << 20 })),
    write: async (text) => {
      await unlessRefused(Deno.mkdir(dirname(path), { recursive: true }));
      await unlessRefused(writeFileAtomic(path, new TextEncoder().encode(text)));
    },
  };
}

/** Null for what is not there or not allowed, and where a cache finds no room. */
async function unlessRefused<Result>(access: Promise<Result>): Promise<Result | null> {
  try {
    return await access;
  } catch (error) {
    const { NotFound, PermissionDenied, NotCapable } = Deno.errors;
    if (![NotFound, PermissionDenied, NotCapable, DataError].some((kind) => error instanceof kind)) {
      throw error;
    }
    return null;
  }
}
