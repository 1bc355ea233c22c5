// What the main thread and the workers of a run say to each other. Each request is answered once, in order.
import type { BackendChoice } from "../../backend/choose.ts";
import type { ModelConfig, TrainConfig } from "../../config.ts";
import type { RaggedBatch } from "../../model/batch.ts";
import type { Shard } from "../shards.ts";
import type { SamplingOptions, StepOptions } from "./engine.ts";
import type { StepTimes } from "./phase_clock.ts";
import type { SharedState } from "./shared_state.ts";

/** What a replica is made from. */
export interface ReplicaSetup {
  /** Its number, from 0. */
  readonly worker: number;
  readonly workers: number;
  readonly model: ModelConfig;
  readonly train: TrainConfig;
  readonly shared: SharedState;
}

/** A worker's part of one step. */
export interface StepJob extends StepOptions {
  /** This worker's shards, with their numbers. */
  readonly shards: readonly { readonly index: number; readonly batches: Shard }[];
  /** 1 / the number of targets of the whole step, those in proofs counted by their weight. */
  readonly scale: number;
}

/** What a worker tells of a step. */
export interface StepResult {
  /** Sum of the losses of each of its shards, in nats. */
  readonly shardNats: readonly number[];
  /** Norm of the whole gradient before clipping; not finite, also where a loss is not: nothing was applied. */
  readonly gradientNorm: number;
  /** Where the worker's time went. */
  readonly times: StepTimes;
}

/** Requests to a worker. */
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
  /** Nats of the batch. */
  evaluate: number;
  /** Generated tokens, the prompt not included. */
  generate: Int32Array;
}
