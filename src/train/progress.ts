// What stays and what moves in a run, and how both become a checkpoint. Also the error of a run whose numbers
// are no longer finite: such a state is never written.
import { recordedBackend, recordedMultiplyAdd } from "../backend/choose.ts";
import { type Checkpoint, saveCheckpoint } from "../checkpoint/mod.ts";
import type { TrainConfig } from "../config.ts";
import { DataError, DivergenceError } from "../errors.ts";
import type { SequenceStream } from "./documents.ts";
import type { Engine } from "./engine/engine.ts";
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
export type Progress = Pick<
  Checkpoint,
  "train" | "step" | "best" | "evaluationsWithoutGain" | "evaluationDue"
>;

/**
 * Write a checkpoint.
 *
 * @param lastPath the one before it; "": none
 * @throws {DivergenceError} when a parameter is not finite; nothing is written then
 */
export async function saveProgress(
  path: string,
  parts: RunParts,
  { lastPath, ...progress }: Progress & { readonly lastPath: string },
): Promise<void> {
  const { options, engine } = parts;
  const state = await engine.state();
  if (!areFinite(state.parameters)) {
    throw divergence(`with the update of step ${progress.step}: a parameter is not finite`, {
      ...progress,
      lastPath,
    });
  }
  options.beforeSave?.(path);
  const save = options.saveCheckpoint ?? saveCheckpoint;
  try {
    await save(path, {
      model: options.model,
      ...progress,
      ...state,
      tokenizerSha256: options.tokenizer.sha256(),
      splitHash: options.data.splitHash,
      backend: recordedBackend(options.backend),
      ...recordedMultiplyAdd(options.backend),
    });
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    const { hint } = cause;
    throw new DataError(`${cause.message}; ${whatIsLeft(lastPath)}`, {
      cause,
      ...hint !== undefined && { hint },
    });
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
