// The runs below a folder: every metrics.jsonl in it and a few levels down. Bounded, since a user may name
// any folder; links to folders are not followed. What the files hold is run_file.ts's.
import { basename, join, relative, resolve } from "@std/path";
import { METRICS_NAME } from "../metrics/mod.ts";
import { readRunRecord } from "../runs/mod.ts";

/** A run's file, where it was found. */
export interface FoundMetrics {
  /** Its folder below the one that was searched; where it lies there itself, its name, or the folder's. */
  readonly name: string;
  readonly path: string;
  /** Milliseconds since 1970 of the last event. */
  readonly changed: number;
  readonly sizeBytes: number;
}

/** Folders inside each other that are looked into, folders in all, and runs that are told. */
const [MOST_LEVELS, MOST_FOLDERS, MOST_RUNS] = [3, 2000, 200];

/** The runs below a folder, the one with the newest event first; none where there is no such folder. */
export async function findMetrics(folder: string): Promise<FoundMetrics[]> {
  const runs = new Map<string, FoundMetrics>();
  const folders: { readonly path: string; readonly level: number }[] = [{ path: folder, level: 0 }];
  for (let at = 0; at < folders.length && at < MOST_FOLDERS; at++) {
    const { path, level } = folders[at]!;
    for await (const { name, isDirectory } of entriesOf(path)) {
      const isInside = isDirectory && !name.startsWith(".") && level < MOST_LEVELS;
      if (isInside && folders.length < MOST_FOLDERS) {
        folders.push({ path: join(path, name), level: level + 1 });
      }
      if (name !== METRICS_NAME) continue;
      const info = await Deno.stat(join(path, name)).catch(() => null);
      if (info === null || !info.isFile || info.size === 0) continue;
      const found = {
        name: relative(folder, path) || (await readRunRecord(path))?.name || basename(resolve(folder)),
        path: join(path, name),
        changed: info.mtime?.getTime() ?? 0,
        sizeBytes: info.size,
      };
      // A file with two names is one run: the first, which is the one further up.
      const key = info.ino === null ? found.path : `${info.dev} ${info.ino}`;
      if (!runs.has(key)) runs.set(key, found);
    }
  }
  return [...runs.values()].sort((a, b) => b.changed - a.changed).slice(0, MOST_RUNS);
}

/** What a folder holds; nothing where it cannot be read, or was removed meanwhile. */
async function* entriesOf(path: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(path);
  } catch (error) {
    const isGone = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
    if (!isGone && !(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
}
