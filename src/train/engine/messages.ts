// What the main thread and the workers of a run say to each other. Each request is answered once, in order.
import type { BackendChoice } from "../../backend/choose.ts";
import type { ModelConfig, TrainConfig } from "../../config.ts";
import type { RaggedBatch } from "../../model/batch.ts";
import type { Shard } from "../shards.ts";
import type { SampledTokens, SamplingOptions, StepOptions } from "./engine.ts";
import type { StepTimes } from "./phase_clock.ts";
import type { RankPlace } from "./place.ts";
import type { SharedState } from "./shared_state.ts";

export interface ReplicaSetup extends RankPlace {
  /** Of this rank's. */
  readonly worker: number;
  readonly model: ModelConfig;
  readonly train: TrainConfig;
  readonly shared: SharedState;
}

export interface StepJob extends StepOptions {
  readonly shards: readonly { readonly index: number; readonly batches: Shard }[];
  /** 1 / the number of targets of the whole step, those in proofs counted by their weight. */
  readonly scale: number;
}

export interface StepResult {
  /** Sum of the losses of each of its shards, in nats. */
  readonly shardNats: readonly number[];
  /** Of the whole gradient, before clipping; where it or a loss is not finite, nothing was applied. */
  readonly gradientNorm: number;
  readonly times: StepTimes;
}

export type WorkerRequest =
  | { readonly kind: "start"; readonly backend: BackendChoice; readonly setup: ReplicaSetup }
  | { readonly kind: "load" }
  | { readonly kind: "saveMoments" }
  | { readonly kind: "step"; readonly job: StepJob }
  | { readonly kind: "evaluate"; readonly batch: RaggedBatch }
  | { readonly kind: "generate"; readonly prompt: Int32Array; readonly options: SamplingOptions };

/** The answer to each kind of request. */
export interface WorkerAnswers {
  /** The backend's description. */
  start: string;
  load: void;
  saveMoments: void;
  step: StepResult;
  /** Of each row, in nats. */
  evaluate: Float32Array;
  generate: SampledTokens;
}
