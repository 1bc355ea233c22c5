// A checkpoint and the tokenizer.json beside it, from whatever the user names: how every command opens one.
import { dirname, join } from "@std/path";
import { CheckpointError, DataError } from "../errors.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import { loadCheckpoint } from "./checkpoint.ts";
import { type LoadedCheckpoint, loadFromFolder, type PassedOver } from "./folder.ts";

/** A checkpoint, checked, and the tokenizer.json in its folder, with which it was trained. */
export interface CheckpointWithTokenizer extends LoadedCheckpoint {
  /** The tokenizer.json in the checkpoint's folder. */
  readonly tokenizer: Tokenizer;
}

/** How a checkpoint is opened. */
export interface OpenCheckpointOptions {
  /**
   * Told when the newest whole checkpoint stands in for a folder's best one. Default: then it is an error, as
   * it always is for a file that is named.
   */
  readonly passedOver?: PassedOver;
}

/**
 * Load a checkpoint and the tokenizer.json in its folder.
 * @param path a .safetensors file, or a folder of checkpoints (its best one is taken)
 * @throws {DataError} when there is no checkpoint or no tokenizer
 * @throws {CheckpointError} when the checkpoint is damaged, or was trained with another tokenizer
 */
export async function openCheckpoint(
  path: string,
  { passedOver }: OpenCheckpointOptions = {},
): Promise<CheckpointWithTokenizer> {
  const { path: file, checkpoint } = await isFolder(path)
    ? await loadFromFolder(path, { which: "best", passedOver })
    : { path, checkpoint: await loadCheckpoint(path) };
  const tokenizerPath = join(dirname(file), "tokenizer.json");
  const tokenizer = await loadTokenizer(tokenizerPath);
  const hint =
    "Put the tokenizer.json that the model was trained with beside the checkpoint, or train again.";
  const refuse = (reason: string): CheckpointError => new CheckpointError(`"${file}" ${reason}`, { hint });
  const [wanted, size] = [checkpoint.model.vocabSize, tokenizer.vocabularySize];
  if (wanted !== size) throw refuse(`has a vocabulary of ${wanted}, "${tokenizerPath}" one of ${size}`);
  if (tokenizer.sha256() !== checkpoint.tokenizerSha256) {
    throw refuse(`was trained with another tokenizer than "${tokenizerPath}"`);
  }
  return { checkpoint, tokenizer, path: file };
}

/** Whether a path means a folder; of a missing one the name tells, for the error that follows. */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) {
      return !path.endsWith(".safetensors");
    }
    throw new DataError(`Cannot open "${path}": ${(cause as Error).message}`, { cause });
  }
}
