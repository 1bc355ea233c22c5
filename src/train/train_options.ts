/** What a training run is given, and what it is refused for before it begins. */
import type { BackendChoice } from "../backend/choose.ts";
import type { Checkpoint } from "../checkpoint/mod.ts";
import {
  checkInteger,
  checkModelConfig,
  checkTrainConfig,
  type ModelConfig,
  type TrainConfig,
} from "../config.ts";
import { CheckpointError, UsageError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { TrainingData } from "./data.ts";

/** What a run needs. */
export interface TrainOptions {
  /** The model's sizes; `vocabSize` is the tokenizer's. */
  readonly model: ModelConfig;
  /** Length, optimizer and intervals of the run. */
  readonly train: TrainConfig;
  /** Made by {@linkcode prepareData} with the same tokenizer and `train`. */
  readonly data: TrainingData;
  /** Its sha256 goes into the checkpoints; it turns samples into text. */
  readonly tokenizer: Tokenizer;
  /** Where checkpoints are written; it exists. */
  readonly checkpointDir: string;
  /**
   * Keeps a checkpoint of this path in another way than as a file, as in a web page. Its vectors lie in
   * shared memory: the next step changes them. Default: `saveCheckpoint`.
   */
  readonly saveCheckpoint?: (path: string, checkpoint: Checkpoint) => Promise<void>;
  /** What computes. */
  readonly backend: BackendChoice;
  /** Worker threads, at most `train.shards`; a GPU does without them. */
  readonly workers: number;
  /** Memory that the run may take, in bytes. Default: not checked. */
  readonly availableBytes?: number;
  /**
   * Go on from here instead of beginning anew. `model` and `train` are then its own, with what the caller has
   * changed.
   */
  readonly resume?: Checkpoint;
  /** Ends the run after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/**
 * Check what a run is given.
 *
 * @throws {RangeError} when an option is outside its range
 * @throws {UsageError} when the tokenizer's vocabulary is not the model's
 */
export function checkOptions({ model, train, workers, tokenizer, resume }: TrainOptions): void {
  checkModelConfig(model);
  checkTrainConfig(train);
  checkInteger("workers", workers, { min: 1, max: train.shards });
  if (resume === undefined && tokenizer.vocabularySize !== model.vocabSize) {
    throw new UsageError(
      `The tokenizer has ${tokenizer.vocabularySize} tokens, but the model is to have a vocabulary of ` +
        `${model.vocabSize}`,
      { hint: "Leave the vocabulary's size to the tokenizer, or train another with `tactics tokenizer`." },
    );
  }
}

/**
 * Check that a checkpoint can go on with this tokenizer, these proofs and this model.
 *
 * @throws {CheckpointError} when it cannot: with the reason and the way out
 */
export function checkResume(options: TrainOptions, checkpoint: Checkpoint, tokenizerSha256: string): void {
  const refuse = (what: string, hint: string): CheckpointError =>
    new CheckpointError(`Cannot resume from step ${checkpoint.step}: ${what}`, { hint });
  if (checkpoint.tokenizerSha256 !== tokenizerSha256) {
    throw refuse(
      `the checkpoint was trained with another tokenizer (sha256 ${
        checkpoint.tokenizerSha256.slice(0, 12)
      }…, ` +
        `the one at hand is ${tokenizerSha256.slice(0, 12)}…)`,
      "Put the checkpoint's tokenizer.json beside it, or train again with `tactics train`.",
    );
  }
  if (checkpoint.splitHash !== options.data.splitHash) {
    throw refuse(
      `the proofs or their split have changed (split ${checkpoint.splitHash.slice(0, 12)}…, ` +
        `now ${options.data.splitHash.slice(0, 12)}…)`,
      "Restore the folder of proofs, name it with --data-dir, or train again with `tactics train`.",
    );
  }
  if (describe(checkpoint.model) !== describe(options.model)) {
    throw refuse(
      `its model is ${describe(checkpoint.model)}, asked for is ${describe(options.model)}`,
      "Leave the model's sizes out: they are the checkpoint's. Or train again with `tactics train`.",
    );
  }
}

/** Everything that a checkpoint's weights were trained for: all but the dropout. */
function describe(
  { architecture, vocabSize, contextLength, dModel, nLayers, nHeads, dMlp }: ModelConfig,
): string {
  return `${architecture} with vocabSize ${vocabSize}, contextLength ${contextLength}, dModel ${dModel}, ` +
    `nLayers ${nLayers}, nHeads ${nHeads}, dMlp ${dMlp}`;
}
