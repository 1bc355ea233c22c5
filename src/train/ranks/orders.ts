// What rank 0 tells the others, and what they report. One order at a time, each answered by all of them.
import type { BackendChoice } from "../../backend/choose.ts";
import type { ModelConfig, TrainConfig } from "../../config.ts";
import type { RaggedBatch } from "../../model/batch.ts";
import type { StepOptions } from "../engine/engine.ts";
import type { StepJob, StepResult } from "../engine/messages.ts";

export type Order =
  /** Start a pool of so many workers. Answered when it is ready. */
  | {
    readonly kind: "begin";
    readonly model: ModelConfig;
    readonly train: TrainConfig;
    readonly workers: number;
    readonly backend: BackendChoice["kind"];
  }
  /** A job for each worker. Answered with their results. */
  | (Pick<StepOptions, "step" | "apply" | "meet"> & {
    readonly kind: "step";
    readonly jobs: readonly StepJob[];
  })
  /** Answered with the losses of each. */
  | { readonly kind: "evaluate"; readonly batches: readonly RaggedBatch[] }
  /** Send what rank 0 lacks of the state; no answer. */
  | { readonly kind: "state" }
  /** Take the state from rank 0; no answer. */
  | { readonly kind: "load" }
  /** The run is over; no answer. */
  | { readonly kind: "end" };

/** A rank says who it is, before any order. */
export interface Hello {
  readonly host: string;
  readonly cores: number;
  readonly version: string;
}

/** Answers `begin`: how its kernels round `a * b + c`. */
export interface Ready {
  readonly multiplyAdd: string | undefined;
}

/** Answers `step`. */
export interface StepReport {
  /** Of each worker. */
  readonly results: readonly StepResult[];
  /** What the rank has sent for the step. */
  readonly sentBytes: number;
}
