// What rank 0 tells the others, and what they report. One order at a time, each answered by all of them.
import type { BackendChoice } from "../../backend/choose.ts";
import type { ModelConfig, TrainConfig } from "../../config.ts";
import type { RaggedBatch } from "../../model/batch.ts";
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
  | {
    readonly kind: "step";
    readonly step: number;
    readonly apply: boolean;
    readonly jobs: readonly StepJob[];
  }
  /** Answered with the losses of each. */
  | { readonly kind: "evaluate"; readonly batches: readonly RaggedBatch[] }
  /** Send the moments to rank 0; no answer. */
  | { readonly kind: "state" }
  /** Take parameters and moments from rank 0; no answer. */
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

/** Answers `step`; the norm is every rank's own. */
export type StepReport = readonly StepResult[];
