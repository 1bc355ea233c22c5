/** What the main thread and the workers of a run say to each other. Each request is answered once, in order. */
import type { BackendChoice } from "../../backend/choose.ts";
import type { RaggedBatch } from "../../model/batch.ts";
import type { SampleOptions } from "../../infer/sample.ts";
import type { ReplicaSetup, StepJob, StepResult } from "./replica.ts";

/** Requests to a worker. */
export type WorkerRequest =
  | { readonly kind: "start"; readonly backend: BackendChoice; readonly setup: ReplicaSetup }
  | { readonly kind: "load" }
  | { readonly kind: "saveMoments" }
  | { readonly kind: "step"; readonly job: StepJob }
  | { readonly kind: "evaluate"; readonly batches: readonly RaggedBatch[] }
  | { readonly kind: "logits"; readonly tokens: Int32Array }
  | {
    readonly kind: "generate";
    readonly prompt: Int32Array;
    readonly options: SampleOptions & { maxTokens: number };
  };

/** The answer to each kind of request. */
export interface WorkerAnswers {
  /** The backend's description. */
  start: string;
  load: null;
  saveMoments: null;
  step: StepResult;
  /** Nats of each batch. */
  evaluate: number[];
  /** (T, V) */
  logits: Float32Array;
  /** Generated tokens, the prompt not included. */
  generate: Int32Array;
}

/** A message from a worker. */
export type WorkerReply =
  | { readonly ok: true; readonly value: WorkerAnswers[keyof WorkerAnswers] }
  | { readonly ok: false; readonly error: Error };
