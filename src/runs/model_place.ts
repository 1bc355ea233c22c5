// What a word that names a model means, wherever one is asked for: a path that is there; else `latest` or
// `best`, a run; else a run's name, also as runs/NAME. A folder that has no model itself means the newest run
// or exported folder in it, so that `export` is the last export. Nothing is opened here.
import { join } from "@std/path";
import { checkpointFiles } from "../checkpoint/mod.ts";
import { DataError } from "../errors.ts";
import { bestRun, findRuns, type FoundRun, latestRun, runAt } from "./find_runs.ts";
import { isRunName, readRunRecord } from "./run_record.ts";

/** Where a model is. */
export interface ModelPlace {
  /** A file, a folder of checkpoints, an exported folder, or what was given where nothing of it is there. */
  readonly path: string;
  /** What was found, for people, where the path is not what was given: `latest is the run "big"`. */
  readonly meaning?: string;
}

/** Files of which an exported folder of any flavor has one. */
const EXPORTED = ["config.json", "model.onnx", join("onnx", "model.onnx")];

/**
 * Find the model that the user means.
 * @param given what was given; undefined: the latest run
 * @param checkpointDir where the runs are
 * @throws {DataError} when it is no path, and no run of this name is there
 */
export async function modelPlace(given: string | undefined, checkpointDir: string): Promise<ModelPlace> {
  if (given === undefined) {
    const latest = await latestRun(checkpointDir);
    return latest === null || latest.isCurrent ? { path: checkpointDir } : named(latest, "the latest run");
  }
  const info = await Deno.stat(given).catch(() => null); // opening it says why
  if (info !== null) return info.isDirectory ? await newestIn(given) : { path: given };
  const word = given.replace(/^runs[/\\]/, "");
  if (word !== "latest" && word !== "best" && !isRunName(word)) return { path: given };
  const run = await runOf(word, checkpointDir);
  if (run !== null) return named(run, given);
  const hint = "`tactics runs` lists the runs; a path, `latest` and `best` name a model as well.";
  throw new DataError(`There is no model "${given}": no file, no folder, and no run in "${checkpointDir}"`, {
    hint,
  });
}

/** The run of a name, `latest` or `best`; null when there is none. */
export async function runOf(word: string, checkpointDir: string): Promise<FoundRun | null> {
  if (word === "latest") return await latestRun(checkpointDir);
  if (word === "best") return await bestRun(checkpointDir);
  const runs = await findRuns(checkpointDir);
  return runs.find(({ name, isCurrent }) => !isCurrent && name === word) ??
    runs.find(({ name }) => name === word) ?? null;
}

/** The run of a folder, or else of a word. @throws {DataError} when there is none */
export async function runNamed(given: string, checkpointDir: string): Promise<FoundRun> {
  const isFolder = (await Deno.stat(given).catch(() => null))?.isDirectory === true;
  const run = isFolder ? await runAt(given) : await runOf(given.replace(/^runs[/\\]/, ""), checkpointDir);
  if (run !== null) return run;
  if (given === "latest" || given === "best") {
    throw new DataError(`There is no run in "${checkpointDir}"`, { hint: "`tactics train` makes one." });
  }
  throw new DataError(`There is no run "${given}" in "${checkpointDir}"`, {
    hint: "`tactics runs` lists the runs; a run's folder names it as well.",
  });
}

/** The folder itself where it has a model, else the newest run or exported folder in it. */
async function newestIn(folder: string): Promise<ModelPlace> {
  const isRun = (await checkpointFiles(folder)).length > 0 || await readRunRecord(folder) !== null;
  if (isRun || await exportedAt(folder) !== null) return { path: folder };
  const latest = await latestRun(folder);
  let newest = latest && { path: latest.directory, time: latest.time };
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory || name.startsWith(".")) continue;
    const path = join(folder, name);
    const time = await exportedAt(path);
    if (time === null) continue;
    const isNewer = newest === null || time > newest.time || time === newest.time && path > newest.path;
    if (isNewer) newest = { path, time };
  }
  if (newest === null) return { path: folder };
  return { path: newest.path, meaning: `the newest model in ${folder} is ${newest.path}` };
}

/** When an exported folder was made, in milliseconds since 1970; null where it is none. */
async function exportedAt(folder: string): Promise<number | null> {
  for (const name of EXPORTED) {
    const info = await Deno.stat(join(folder, name)).catch(() => null); // not there
    if (info?.isFile) return info.mtime?.getTime() ?? 0;
  }
  return null;
}

function named({ name, directory }: FoundRun, given: string): ModelPlace {
  if (given === name) return { path: directory };
  return { path: directory, meaning: `${given} is ${name || "the run"} in ${directory}` };
}
