/** A folder of checkpoints: how the files are called, which is the newest and which the best. */
import { join } from "@std/path";
import { DataError } from "../errors.ts";
import { readCheckpointStep } from "./checkpoint.ts";

/**
 * The file name of a step's checkpoint.
 *
 * @returns `step_000500.safetensors` for step 500
 */
export function checkpointName(step: number): string {
  return `step_${String(step).padStart(6, "0")}.safetensors`;
}

/** The file name of the best model so far. */
export const BEST_CHECKPOINT_NAME = "best.safetensors";

/**
 * The newest checkpoint of a folder: the one with the highest step. The best one counts too, since a run that
 * was killed may have written it last.
 *
 * @param directory the folder
 * @returns the file's path
 * @throws {DataError} when there is none
 */
export async function newestCheckpoint(directory: string): Promise<string> {
  let newest = { name: "", step: -Infinity };
  for (const name of await checkpointFiles(directory)) {
    const step = name === BEST_CHECKPOINT_NAME
      ? await readCheckpointStep(join(directory, name))
      : Number(/\d+/.exec(name)![0]);
    if (step >= newest.step) newest = { name, step };
  }
  if (newest.name === "") throw noCheckpoint(directory);
  return join(directory, newest.name);
}

/**
 * The checkpoint to use the model of: the best one, or the newest when a run has not been evaluated yet.
 *
 * @param directory the folder
 * @returns the file's path
 * @throws {DataError} when there is none
 */
export async function bestCheckpoint(directory: string): Promise<string> {
  const names = await checkpointFiles(directory);
  return names.includes(BEST_CHECKPOINT_NAME)
    ? join(directory, BEST_CHECKPOINT_NAME)
    : await newestCheckpoint(directory);
}

/**
 * The names of the checkpoint files in a folder, links among them.
 *
 * @returns sorted; none when the folder is missing
 * @throws {DataError} when the folder cannot be read
 */
export async function checkpointFiles(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) {
      if (!/^(best|step_\d+)\.safetensors$/.test(entry.name)) continue;
      if (entry.isFile || entry.isSymlink) names.push(entry.name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new DataError(`Cannot read the checkpoint folder "${directory}": ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  return names.sort();
}

function noCheckpoint(directory: string): DataError {
  return new DataError(`No checkpoint found in "${directory}"`, {
    hint: "Train a model first with `tactics train`, or name the folder with --checkpoint-dir.",
  });
}
