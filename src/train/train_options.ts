/** What a training run is given. */
import type { BackendChoice } from "../backend/choose.ts";
import type { Checkpoint } from "../checkpoint/mod.ts";
import type { ModelConfig, TrainConfig } from "../config.ts";
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
   * Keeps a checkpoint of this path in another way than as a file, as in a web page. Its vectors lie in shared memory: the next step changes them.
   * Default: `saveCheckpoint`.
   */
  readonly saveCheckpoint?: (path: string, checkpoint: Checkpoint) => Promise<void>;
  /** What computes. */
  readonly backend: BackendChoice;
  /** Worker threads, at most `train.shards`; a GPU does without them. */
  readonly workers: number;
  /** Memory that the run may take, in bytes. Default: not checked. */
  readonly availableBytes?: number;
  /** Go on from here instead of beginning anew. `model` and `train` are then its own, with what the caller has changed. */
  readonly resume?: Checkpoint;
  /** Ends the run after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
}
