// What a training run is given, and what it is refused for before it begins.
import type { BackendChoice } from "../backend/choose.ts";
import type { Checkpoint } from "../checkpoint/mod.ts";
import { checkInteger, checkModelConfig, checkTrainConfig } from "../config.ts";
import type { ModelConfig, TrainConfig } from "../config.ts";
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
  /** Keeps a checkpoint, whose vectors the next step changes, not in a file. Default: `saveCheckpoint`. */
  readonly saveCheckpoint?: (path: string, checkpoint: Checkpoint) => Promise<void>;
  /** Called before each checkpoint is written, and before it gets its name; what it throws ends the run. */
  readonly beforeSave?: (path: string) => void;
  /** What computes. */
  readonly backend: BackendChoice;
  /** Worker threads, at most `train.shards`; a GPU does without them. */
  readonly workers: number;
  /** Memory that the run may take, in bytes. Default: not checked. */
  readonly availableBytes?: number;
  /** Tell what the run will take, in an event `plan`, before it begins: this costs the time of a few steps. */
  readonly estimate?: boolean;
  /** Room on the disk of `checkpointDir`, in bytes, for that event. */
  readonly freeBytes?: number;
  /** Begin with these weights, flat, in the parameter table's order. Default: random ones, of the seed. */
  readonly initial?: Float32Array;
  /** Go on from here. `model` and `train` are then its own, with what the caller has changed. */
  readonly resume?: Checkpoint;
  /** Told how far is what is done before an epoch begins. */
  readonly progress?: (stage: "names" | "epoch", share: number) => void;
  /** Ends the run after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** Refuse options out of range, and a checkpoint of another tokenizer, of other proofs or another model. */
export function checkOptions({ model, train, data, workers, tokenizer, resume }: TrainOptions): void {
  checkModelConfig(model);
  checkTrainConfig(train);
  checkInteger("workers", workers, { min: 1, max: train.shards });
  if (resume === undefined) {
    if (tokenizer.vocabularySize === model.vocabSize) return;
    throw new UsageError(
      `The tokenizer has ${tokenizer.vocabularySize} tokens, but the model is to have a vocabulary of ` +
        `${model.vocabSize}`,
      { hint: "Leave the vocabulary's size to the tokenizer, or train another with `tactics tokenizer`." },
    );
  }
  const refuse = (what: string, hint: string): CheckpointError =>
    new CheckpointError(`Cannot resume from step ${resume.step}: ${what}`, {
      hint: `${hint}, or train again with \`tactics train\`.`,
    });
  if (resume.splitHash === "") {
    throw refuse(
      "it was imported, there is no run to go on with",
      "Begin with its weights, `tactics train --from`",
    );
  }
  const short = (sha256: string): string => `${sha256.slice(0, 12)}…`;
  const [sha256, sha256Now] = [resume.tokenizerSha256, tokenizer.sha256()];
  if (sha256 !== sha256Now) {
    const both = `sha256 ${short(sha256)}, the one at hand is ${short(sha256Now)}`;
    const what = `the checkpoint was trained with another tokenizer (${both})`;
    throw refuse(what, "Put the checkpoint's tokenizer.json beside it");
  }
  const [split, splitNow] = [resume.splitHash, data.splitHash];
  if (split !== splitNow) {
    const what = `the proofs or their split have changed (split ${short(split)}, now ${short(splitNow)})`;
    throw refuse(what, "Restore the folder of proofs, name it with --data-dir");
  }
  if (describe(resume.model) !== describe(model)) {
    const what = `its model is ${describe(resume.model)}, asked for is ${describe(model)}`;
    throw refuse(what, "Leave the model's sizes out: they are the checkpoint's");
  }
}

/** Everything that a checkpoint's weights were trained for: all but the dropout. */
function describe(model: ModelConfig): string {
  const sizes = ["vocabSize", "contextLength", "dModel", "nLayers", "nHeads", "dMlp"] as const;
  return `${model.architecture} with ${sizes.map((name) => `${name} ${model[name]}`).join(", ")}`;
}
