// The runs below a checkpoint folder: the current one in the folder itself, which the next run without a name
// moves into a folder of its own, and those in its subfolders. The latest is the one that was begun or gone on
// with last, by what run.json says; of runs without one, by the age of their newest checkpoint. What a run that
// branched off has set aside (`earlier-…`) and imported models are listed, but never the latest or the best.
import { join } from "@std/path";
import { BEST_CHECKPOINT_NAME, checkpointFiles, type CheckpointInfo } from "../checkpoint/mod.ts";
import { newestCheckpoint, readCheckpointInfo } from "../checkpoint/mod.ts";
import { lastBegun, readRunRecord, RUN_RECORD_NAME, type RunRecord } from "./run_record.ts";

/** A run, as its folder shows it. */
export interface FoundRun {
  /** Its folder's, of the current run that of its record; "" where that has none. */
  readonly name: string;
  readonly directory: string;
  /** Whether it lies in the checkpoint folder itself. */
  readonly isCurrent: boolean;
  /** Whether it was set aside or imported, and so is never the latest or the best. */
  readonly isSetAside: boolean;
  /** Whether it is a model that was imported: no run has made it. */
  readonly isImported: boolean;
  /** When it was last begun or gone on with, in milliseconds since 1970. */
  readonly time: number;
  /** Null where there is none, as of runs before 1 December 2026. */
  readonly record: RunRecord | null;
}

const SET_ASIDE = /^earlier-/;

/** All runs, the latest first; none when the folder is missing. @throws {DataError} when it cannot be read */
export async function findRuns(checkpointDir: string): Promise<FoundRun[]> {
  const found = [await runIn(checkpointDir, null)];
  for (const name of await subfolders(checkpointDir)) found.push(await runIn(checkpointDir, name));
  return found.filter((run) => run !== null).sort((a, b) => b.time - a.time); // stable: the current one first
}

/** The latest run; null when there is none. */
export async function latestRun(checkpointDir: string): Promise<FoundRun | null> {
  return (await findRuns(checkpointDir)).find(({ isSetAside }) => !isSetAside) ?? null;
}

/** The run of the fewest bits a byte among those that hold out what the latest of them does; null: none. */
export async function bestRun(checkpointDir: string): Promise<FoundRun | null> {
  let best: { run: FoundRun; info: CheckpointInfo } | null = null;
  let splitHash: string | null = null;
  for (const run of await findRuns(checkpointDir)) {
    const info = run.isSetAside ? null : await newestInfo(run.directory);
    if (!info?.best || info.best.step === 0) continue;
    splitHash ??= info.splitHash;
    if (info.splitHash !== splitHash) continue;
    if (best === null || info.best.bitsPerByte < best.info.best!.bitsPerByte) best = { run, info };
  }
  return best?.run ?? null;
}

/** What a folder's newest checkpoint says, or else its best; null when there is none that can be read. */
export async function newestInfo(directory: string): Promise<CheckpointInfo | null> {
  if ((await checkpointFiles(directory)).length === 0) return null;
  return await readCheckpointInfo(await newestCheckpoint(directory)) ??
    await readCheckpointInfo(join(directory, BEST_CHECKPOINT_NAME));
}

/** The run in a folder, as the current one there; null where there is none. */
export function runAt(directory: string): Promise<FoundRun | null> {
  return runIn(directory, null);
}

async function runIn(checkpointDir: string, name: string | null): Promise<FoundRun | null> {
  const directory = name === null ? checkpointDir : join(checkpointDir, name);
  const files = name === null ? await checkpointFiles(directory) : await filesOrNone(directory);
  const record = await readRunRecord(directory);
  if (files.length === 0 && record === null) return null;
  const isImported = record === null && (await newestInfo(directory))?.splitHash === "";
  return {
    name: name ?? record?.name ?? "",
    directory,
    isCurrent: name === null,
    isSetAside: name !== null && (isImported || SET_ASIDE.test(name)),
    isImported,
    time: record === null ? await newestTime(directory, files) : lastBegun(record),
    record,
  };
}

/** A subfolder that cannot be read is nobody's run. */
function filesOrNone(directory: string): Promise<string[]> {
  return checkpointFiles(directory).catch(() => []);
}

async function newestTime(directory: string, files: readonly string[]): Promise<number> {
  let newest = 0;
  for (const name of [...files, RUN_RECORD_NAME]) {
    const info = await Deno.lstat(join(directory, name)).catch(() => null); // gone meanwhile
    newest = Math.max(newest, info?.mtime?.getTime() ?? 0);
  }
  return newest;
}

/** Names of a folder's subfolders, sorted, but for hidden ones and links. */
async function subfolders(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      if (isDirectory && !name.startsWith(".")) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
  }
  return names.sort();
}
