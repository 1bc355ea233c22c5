/** What a run is refused for before it begins: options, vocabulary, and checkpoints of something else. */
import { checkInteger, checkModelConfig, checkTrainConfig, type ModelConfig } from "../config.ts";
import { CheckpointError, UsageError } from "../errors.ts";
import type { Checkpoint } from "../checkpoint/mod.ts";
import type { TrainOptions } from "./train_options.ts";

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
      `The tokenizer has ${tokenizer.vocabularySize} tokens, but the model is to have a vocabulary of ${model.vocabSize}`,
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
