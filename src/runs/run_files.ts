// Which files of a folder are a run's: by their names, and of checkpoints also by what is in them. Whatever
// else lies there is the user's.
import { join } from "@std/path";
import { checkpointFiles, readCheckpointInfo } from "../checkpoint/mod.ts";
import { METRICS_NAME, TENSORBOARD_PREFIX } from "../metrics/mod.ts";
import { HELD_OUT_NAME, RUN_RECORD_NAME, SAMPLES_NAME } from "./run_record.ts";

/** A file and its size. */
export interface SizedFile {
  readonly name: string;
  readonly sizeBytes: number;
}

/** The names of what a run leaves in its folder, the record last, but for the tokenizer that it found there. */
export async function runFileNames(directory: string): Promise<string[]> {
  const board: string[] = [];
  for await (const { name } of Deno.readDir(directory)) {
    if (name.startsWith(TENSORBOARD_PREFIX)) board.push(name);
  }
  const names = await checkpointFiles(directory);
  return [...names, ...board.sort(), METRICS_NAME, SAMPLES_NAME, HELD_OUT_NAME, RUN_RECORD_NAME];
}

/** Those of the named files that are there, no links and no folders among them, with their sizes. */
export async function sizedFiles(directory: string, names: readonly string[]): Promise<SizedFile[]> {
  const found: SizedFile[] = [];
  for (const name of names) {
    const info = await Deno.lstat(join(directory, name)).catch(() => null); // not there
    if (info?.isFile) found.push({ name, sizeBytes: info.size });
  }
  return found;
}

/** Whether a checkpoint's file, named as one, has been written by this program and can be read. */
export async function isOwnCheckpoint(directory: string, name: string): Promise<boolean> {
  return await readCheckpointInfo(join(directory, name)) !== null;
}
