// What stays and what moves in a run, and how both become a checkpoint. Also the error of a run whose numbers
// are no longer finite: such a state is never written.
import { recordedBackend, recordedMultiplyAdd } from "../backend/choose.ts";
import { type Checkpoint, saveCheckpoint } from "../checkpoint/mod.ts";
import type { TrainConfig } from "../config.ts";
import { DataError, DivergenceError, LockedError } from "../errors.ts";
import type { Engine } from "./engine/engine.ts";
import type { SequenceStream } from "./sequence_stream.ts";
import type { TrainOptions } from "./train_options.ts";

/** What a run works with from its start to its end. */
export interface RunParts {
  readonly options: TrainOptions;
  readonly engine: Engine;
  readonly stream: SequenceStream;
  /** Seconds since the run was called. */
  readonly elapsed: () => number;
}

/** Where a run is, beside its engine's state. */
type Progress = Pick<Checkpoint, "train" | "step" | "best" | "evaluationsWithoutGain" | "evaluationDue">;

/** Write a checkpoint, of finite numbers only. @param lastPath the one before it; "": none */
export async function saveProgress(
  path: string,
  { options, engine }: RunParts,
  { lastPath, ...progress }: Progress & { readonly lastPath: string },
): Promise<void> {
  const state = await engine.state();
  if (!areFinite(state.parameters)) {
    const where = `with the update of step ${progress.step}: a parameter is not finite`;
    throw divergence(where, { ...progress, lastPath });
  }
  options.beforeSave?.(path);
  try {
    const arithmetic = { backend: recordedBackend(options.backend), ...recordedMultiplyAdd(options.backend) };
    const [tokenizerSha256, splitHash] = [options.tokenizer.sha256(), options.data.splitHash];
    const checkpoint: Checkpoint = {
      model: options.model,
      ...progress,
      ...state,
      tokenizerSha256,
      splitHash,
      ...arithmetic,
    };
    // Asked again: somebody may have moved the folder while the file was written.
    const beforeRename = (): void => options.beforeSave?.(path);
    await (options.saveCheckpoint?.(path, checkpoint) ?? saveCheckpoint(path, checkpoint, { beforeRename }));
  } catch (cause) {
    if (!(cause instanceof DataError) || cause instanceof LockedError) throw cause;
    const hint = cause.hint === undefined ? {} : { hint: cause.hint };
    throw new DataError(`${cause.message}; ${whatIsLeft(lastPath)}`, { cause, ...hint });
  }
}

function whatIsLeft(lastPath: string): string {
  return lastPath === "" ? "nothing was saved yet" : `the last whole checkpoint is ${lastPath}`;
}

/** The error of a run whose numbers are no longer finite. @param lastPath of its checkpoints; "": none */
export function divergence(
  where: string,
  { train, lastPath }: { train: TrainConfig; lastPath: string },
): DivergenceError {
  return new DivergenceError(`Training left the range of finite numbers ${where}`, {
    hint: `Use a smaller --learning-rate (now ${train.learningRate}); ${whatIsLeft(lastPath)}.`,
  });
}

/** A loop, because `every` takes 160 ms for 6 million numbers. */
function areFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return false;
  return true;
}
