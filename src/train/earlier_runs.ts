// Making room for a run in a checkpoint folder, where nothing is ever overwritten: an earlier run is moved into
// a subfolder of its name, what is newer than the step that a run goes on from into one called `earlier-…`. The
// metrics file of a run that goes on is mended.
import { dirname, join } from "@std/path";
import { BEST_CHECKPOINT_NAME, type Checkpoint, checkpointFiles, checkpointName } from "../checkpoint/mod.ts";
import { loadCheckpoint, readCheckpointStep } from "../checkpoint/mod.ts";
import { stepOfName } from "../checkpoint/folder.ts";
import { DataError, UsageError } from "../errors.ts";
import { readBounded, writeFileAtomic } from "../io/mod.ts";
import { mendedMetrics } from "../metrics/metrics_lines.ts";
import { METRICS_NAME } from "../metrics/mod.ts";
import { runFileNames } from "../runs/run_files.ts";
import { readRunRecord } from "../runs/run_record.ts";

const TOKENIZER_NAME = "tokenizer.json";
/** Larger ones are moved aside: they would not be mended in memory. */
const MAX_BYTES = 1 << 28;

/** Move a folder's run into a subfolder of its name, or of the time where it has none; null: there is no run. */
export async function moveEarlierRun(directory: string, now: Date): Promise<string | null> {
  const record = await readRunRecord(directory);
  return await moveAside(directory, await runFileNames(directory), record?.name ?? nameAt(now));
}

/** With the checkpoint's file, which the run goes on from. */
type ResumedRun = { readonly path: string; readonly checkpoint: Checkpoint; readonly now: Date };

// Make a folder (the checkpoint's or another) ready for a run that goes on: what is newer there, or another
// run's, is moved aside; best checkpoint, tokenizer and metrics are put in place. What was done is told.
export async function prepareToResume(directory: string, run: ResumedRun): Promise<string[]> {
  const { path, checkpoint: { step }, now } = run;
  const source = dirname(path);
  const isSame = await Deno.realPath(source) === await Deno.realPath(directory);
  const names = isSame ? await newerFiles(directory, run) : await foreignFiles(directory, source);
  const metrics = isSame ? await readMetrics(directory) : null;
  if (isSame && metrics === null) names.push(METRICS_NAME);
  const earlier = await moveAside(directory, names, nameAt(now));
  const said = `what is newer than step ${step}, or another run's, is now in ${earlier}`;
  const moved = earlier === null ? [] : [said];
  const mended = metrics === null ? [] : await mendMetrics(directory, { metrics, step, earlier });
  if (!isSame) await copyFile(join(source, TOKENIZER_NAME), join(directory, TOKENIZER_NAME));
  await restoreBest(directory, run);
  return [...moved, ...mended];
}

/** End the metrics at a step; the file as it was goes with what was moved aside. @returns what was done */
async function mendMetrics(
  directory: string,
  { metrics, step, earlier }: { metrics: string; step: number; earlier: string | null },
): Promise<string[]> {
  const { text, torn, repeated } = mendedMetrics(metrics, step);
  const write = async (folder: string, text: string): Promise<void> =>
    await writeFileAtomic(join(folder, METRICS_NAME), new TextEncoder().encode(text));
  try {
    if (earlier !== null && metrics !== "") await write(earlier, metrics);
    if (text === metrics) return [];
    await write(directory, text);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return [`${error.message}; it is not mended`]; // the run can do without
  }
  return [`${METRICS_NAME} is mended: ${torn.length} torn lines and ${repeated} of later steps are left out`];
}

/** Checkpoints of later steps, a damaged one of this step, a best one that is damaged or not this run's. */
async function newerFiles(directory: string, { path, checkpoint }: ResumedRun): Promise<string[]> {
  const newer: string[] = [];
  const resumed = await Deno.realPath(path);
  for (const name of await checkpointFiles(directory)) {
    const file = join(directory, name);
    if (await Deno.realPath(file).catch(() => file) === resumed) continue;
    const step = Math.max(stepOfName(name), await readCheckpointStep(file));
    const isNewer = name === BEST_CHECKPOINT_NAME
      ? !await isBestOf(checkpoint, file)
      : step > checkpoint.step || step === checkpoint.step && await loadOrNull(file) === null;
    if (isNewer) newer.push(name);
  }
  return newer;
}

/** Everything that a run would overwrite: all is another run's. */
async function foreignFiles(directory: string, source: string): Promise<string[]> {
  const names = await runFileNames(directory);
  const [own, there] = [source, directory].map((folder) => readOrNull(join(folder, TOKENIZER_NAME)));
  return await own === await there ? names : [...names, TOKENIZER_NAME];
}

/** Whether a file is the best checkpoint that a run has recorded. */
async function isBestOf({ best }: Checkpoint, file: string): Promise<boolean> {
  const found = await loadOrNull(file);
  return found !== null && found.step === best?.step && JSON.stringify(found.best) === JSON.stringify(best);
}

async function loadOrNull(file: string): Promise<Checkpoint | null> {
  try {
    return await loadCheckpoint(file);
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

/** Put the best checkpoint so far in its place, where it is not there and one of the files is it. */
async function restoreBest(directory: string, { path, checkpoint }: ResumedRun): Promise<void> {
  const { best } = checkpoint;
  if (best === null || (await checkpointFiles(directory)).includes(BEST_CHECKPOINT_NAME)) return;
  const inSource = [BEST_CHECKPOINT_NAME, checkpointName(best.step)].map((name) => join(dirname(path), name));
  const target = join(directory, BEST_CHECKPOINT_NAME);
  for (const file of [path, ...inSource]) {
    if (await isBestOf(checkpoint, file)) return await copyFile(file, target);
  }
}

/** The metrics file's text, "" where there is none; null where it is no file that can be read. */
async function readMetrics(directory: string): Promise<string | null> {
  try {
    const bytes = await readBounded(join(directory, METRICS_NAME), { maxBytes: MAX_BYTES });
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return error.cause instanceof Deno.errors.NotFound ? "" : null;
  }
}

async function readOrNull(path: string): Promise<string | null> {
  const bytes = await readBounded(path, { maxBytes: MAX_BYTES }).catch(() => null);
  return bytes && new TextDecoder().decode(bytes);
}

async function copyFile(from: string, to: string): Promise<void> {
  await writeFileAtomic(to, await readBounded(from, { maxBytes: Number.MAX_SAFE_INTEGER }));
}

/** Move files into a new subfolder, with the tokenizer that belongs to them; null: none of them is there. */
async function moveAside(
  directory: string,
  names: readonly string[],
  folder: string,
): Promise<string | null> {
  let target: string | null = null;
  for (const name of names) {
    const path = join(directory, name);
    if (!await isThere(Deno.lstat(path))) continue;
    target ??= await makeFolder(join(directory, folder));
    await Deno.rename(path, join(target, name));
  }
  const tokenizer = join(directory, TOKENIZER_NAME);
  if (target !== null && !names.includes(TOKENIZER_NAME)) {
    await isThere(Deno.copyFile(tokenizer, join(target, TOKENIZER_NAME)));
  }
  return target;
}

/** What is set aside for want of a run's name. */
function nameAt(now: Date): string {
  return `earlier-${now.toISOString().slice(0, 19).replaceAll(/[T:]/g, "-")}`;
}

/** A folder that was not there before, also when another was made in the same second. */
async function makeFolder(wanted: string): Promise<string> {
  for (let n = 1;; n++) {
    const path = n === 1 ? wanted : `${wanted}-${n}`;
    try {
      await Deno.mkdir(path);
      return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

/** Whether the file that a call needs was there. */
async function isThere(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
