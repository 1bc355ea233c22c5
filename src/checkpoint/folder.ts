// A folder of checkpoints: how the files are called, which is the newest and which the best.
import { join } from "@std/path";
import { DataError, UsageError } from "../errors.ts";
import { type Checkpoint, loadCheckpoint, readCheckpointStep } from "./checkpoint.ts";

/** The file name of a step's checkpoint. @returns `step_000500.safetensors` for step 500 */
export function checkpointName(step: number): string {
  return `step_${String(step).padStart(6, "0")}.safetensors`;
}

/** The file name of the best model so far. */
export const BEST_CHECKPOINT_NAME = "best.safetensors";

/** Told, in a sentence, which checkpoint cannot be used, why, and what is taken instead. */
export type PassedOver = (message: string) => void;

/** A checkpoint and its file. */
export interface LoadedCheckpoint {
  /** The file. */
  readonly path: string;
  /** What it holds. */
  readonly checkpoint: Checkpoint;
}

/** The path of the checkpoint with the highest step inside. @throws {DataError} when there is none */
export async function newestCheckpoint(directory: string): Promise<string> {
  const found = await newestFirst(directory);
  return join(directory, (found.find(({ isReadable }) => isReadable) ?? found[0]!).name);
}

/**
 * Load a folder's newest checkpoint, or its best one, or the newest of those that are whole.
 * @param passedOver told of those that are not whole. Default: the wanted one or none is loaded
 * @throws {DataError} when there is none
 * @throws {CheckpointError} when none is whole: what is wrong with the one that was wanted
 */
export async function loadFromFolder(
  directory: string,
  { which, passedOver }: { readonly which: "newest" | "best"; readonly passedOver?: PassedOver | undefined },
): Promise<LoadedCheckpoint> {
  const names = (await newestFirst(directory)).map(({ name }) => name);
  const order = which === "best" && names.includes(BEST_CHECKPOINT_NAME)
    ? [BEST_CHECKPOINT_NAME, ...names.filter((name) => name !== BEST_CHECKPOINT_NAME)]
    : names;
  const errors: UsageError[] = [];
  for (const name of order) {
    const path = join(directory, name);
    try {
      const checkpoint = await loadCheckpoint(path);
      for (const { message } of errors) {
        passedOver?.(`${message}; "${path}", step ${checkpoint.step}, is taken instead`);
      }
      return { path, checkpoint };
    } catch (error) {
      if (!(error instanceof UsageError) || passedOver === undefined) throw error;
      errors.push(error);
    }
  }
  throw errors[0]!;
}

/** Files by their steps, the highest first; of one that is not readable its name's step is believed. */
async function newestFirst(directory: string) {
  const found: { name: string; step: number; isReadable: boolean }[] = [];
  for (const name of await checkpointFiles(directory)) {
    const step = await readCheckpointStep(join(directory, name));
    found.unshift({ name, step: step >= 0 ? step : stepOfName(name), isReadable: step >= 0 });
  }
  if (found.length === 0) {
    const hint = "Train a model first with `tactics train`, or name the folder with --checkpoint-dir.";
    throw new DataError(`No checkpoint found in "${directory}"`, { hint });
  }
  return found.sort((a, b) => b.step - a.step); // stable: of equal steps, best.safetensors stays behind
}

/** The step in a file's name; -1 where there is none. */
export function stepOfName(name: string): number {
  return Number(/\d+/.exec(name)?.[0] ?? -1);
}

/** Names of a folder's checkpoint files, links too, sorted; none when it is missing. @throws {DataError} */
export async function checkpointFiles(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) {
      if (!/^(best|step_\d+)\.safetensors$/.test(entry.name)) continue;
      if (entry.isFile || entry.isSymlink) names.push(entry.name);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    const reason = (error as Error).message;
    throw new DataError(`Cannot read the checkpoint folder "${directory}": ${reason}`, { cause: error });
  }
  return names.sort();
}
