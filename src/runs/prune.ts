// What may go of runs: of each its checkpoints but the best and the last, and, where that is asked for, whole
// runs but the latest and the best. Only what is this program's is removed: files by their names, checkpoints
// by what is in them too; never links. What stays is read in whole before anything goes.
import { join } from "@std/path";
import {
  BEST_CHECKPOINT_NAME,
  checkpointFiles,
  loadCheckpoint,
  readCheckpointStep,
} from "../checkpoint/mod.ts";
import { UsageError } from "../errors.ts";
import { lockFolder } from "../io/mod.ts";
import { TENSORBOARD_PREFIX } from "../metrics/mod.ts";
import { bestRun, findRuns, type FoundRun, latestRun } from "./find_runs.ts";
import { isOwnCheckpoint, runFileNames, type SizedFile, sizedFiles } from "./run_files.ts";

/** What may go of one run. */
export interface Prunable {
  readonly run: FoundRun;
  readonly files: readonly SizedFile[];
  /** Whether it is all of the run: its folder goes, too, when nothing else is in it. */
  readonly isWhole: boolean;
}

/** What of a folder's runs may go; runs of which nothing may are left out. */
export async function prunable(checkpointDir: string, { wholeRuns = false } = {}): Promise<Prunable[]> {
  const kept = await keptFolders(checkpointDir);
  const found: Prunable[] = [];
  for (const run of await findRuns(checkpointDir)) {
    const part = await partOf(run, wholeRuns && !run.isImported && !kept.includes(run.directory));
    if (part.files.length > 0) found.push(part);
  }
  return found;
}

/**
 * Remove it, but for what is needed by now.
 *
 * @returns what was removed
 * @throws {LockedError} when a run is writing there: nothing is removed
 */
export async function prune(checkpointDir: string, { run, files, isWhole }: Prunable): Promise<SizedFile[]> {
  const { directory, isCurrent } = run;
  const removed: SizedFile[] = [];
  {
    using lock = lockFolder(directory);
    // Looked at again: a run may have gone on there since.
    if (isWhole && (await keptFolders(checkpointDir)).includes(directory)) return [];
    const needless = (await partOf(run, isWhole)).files.map(({ name }) => name);
    for (const file of files.filter(({ name }) => needless.includes(name))) {
      lock.check();
      await Deno.remove(join(directory, file.name));
      removed.push(file);
    }
    if (isWhole && !isCurrent) await Deno.remove(lock.path);
  }
  if (isWhole && !isCurrent) await removeEmpty(directory);
  return removed;
}

async function keptFolders(checkpointDir: string): Promise<(string | undefined)[]> {
  return [await latestRun(checkpointDir), await bestRun(checkpointDir)].map((run) => run?.directory);
}

async function partOf(run: FoundRun, isWhole: boolean): Promise<Prunable> {
  const names = isWhole ? await ownFiles(run) : await needlessCheckpoints(run.directory);
  return { run, files: await sizedFiles(run.directory, names), isWhole };
}

/**
 * Checkpoints but the best and the last whole one, sorted; none where it is not sure that these stay. Links count
 * for nothing: what one leads to is not to be taken for a second copy.
 */
async function needlessCheckpoints(directory: string): Promise<string[]> {
  const files = await sizedFiles(directory, await checkpointFiles(directory));
  const steps: { name: string; step: number }[] = [];
  for (const { name } of files) {
    if (name === BEST_CHECKPOINT_NAME) continue;
    steps.push({ name, step: await readCheckpointStep(join(directory, name)) });
  }
  const hasBest = files.length > steps.length && await isWholeCheckpoint(directory, BEST_CHECKPOINT_NAME);
  const needless: string[] = [];
  let last: string | null = null;
  for (const { name, step } of hasBest ? steps.sort((a, b) => b.step - a.step) : []) {
    if (last !== null && step >= 0 && await isOwnCheckpoint(directory, name)) needless.push(name);
    else if (last === null && await isWholeCheckpoint(directory, name)) last = name;
  }
  return needless.sort();
}

async function isWholeCheckpoint(directory: string, name: string): Promise<boolean> {
  try {
    await loadCheckpoint(join(directory, name));
    return true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

/** All of a run; of the current one not the tokenizer, which other runs begin with. */
async function ownFiles({ directory, isCurrent }: FoundRun): Promise<string[]> {
  const names = await runFileNames(directory);
  const own: string[] = [];
  for (const name of names) {
    const isForeign = name.endsWith(".safetensors")
      ? !await isOwnCheckpoint(directory, name)
      : name.startsWith(TENSORBOARD_PREFIX) && !name.endsWith(".tactics");
    if (!isForeign) own.push(name);
  }
  return isCurrent ? own : [...own, "tokenizer.json"];
}

/** A folder that has something else in it stays. */
async function removeEmpty(directory: string): Promise<void> {
  for await (const _entry of Deno.readDir(directory)) return;
  await Deno.remove(directory);
}
