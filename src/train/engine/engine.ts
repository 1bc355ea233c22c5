// What every engine does, and what a run gives it and gets back.
import type { ModelConfig, TrainConfig } from "../../config.ts";
import type { SequenceLosses } from "../../evaluate/bits_per_byte.ts";
import type { SampleOptions } from "../../infer/sample.ts";
import type { Sequence } from "../../model/batch.ts";

export interface EngineOptions {
  readonly model: ModelConfig;
  readonly train: TrainConfig;
  readonly parameters: Float32Array;
}

export interface StepOptions {
  /** Number of the step: 1 for the first. */
  readonly step: number;
  /** AdamW's; Muon's is as much smaller than its peak. */
  readonly learningRate: number;
  /** How often a target of a proof counts in the gradient. Default: 1. */
  readonly proofWeight?: number;
  /** False: do all the work but leave parameters and moments as they are (to measure a step). */
  readonly apply: boolean;
  /** Where each rank makes its steps alone: whether all meet after this one. */
  readonly meet?: boolean;
}

export interface EngineStep {
  /** Mean loss of the step's targets, in nats, with dropout; none of them counts more than another here. */
  readonly loss: number;
  readonly targets: number;
  readonly gradientNorm: number;
  /** Where there are ranks: what all of them together have sent for it. */
  readonly sentBytes?: number;
}

/** All that a step changes, each a flat vector in the parameter table's order. */
export interface EngineState {
  readonly parameters: Float32Array;
  /** AdamW's first moments; Muon's momenta. */
  readonly m: Float32Array;
  /** AdamW's second moments; 0 for what Muon updates. */
  readonly v: Float32Array;
  /** Where each rank makes its steps alone: the momentum of the outer step. */
  readonly outer?: Float32Array;
}

/** What was drawn. */
export interface SampledTokens {
  readonly tokens: Int32Array;
  /** Of each token before it was drawn, at temperature 1. */
  readonly probabilities: Float32Array;
}

export type SamplingOptions = SampleOptions & { readonly maxTokens: number };

/** What computes a run. Requests are answered in the order in which they are made. */
export interface Engine extends AsyncDisposable {
  /** What computes, for the user: "wasm, …". */
  readonly description: string;
  /** Number of threads that share a step. */
  readonly workers: number;
  /** GFLOP/s that matrix products were measured to reach on all of them; null where nothing measured it. */
  readonly peakGigaflops: number | null;
  /** Steps that may be asked for before the first of them is answered. */
  readonly stepsInFlight: number;
  /** One optimizer step. Where loss or norm is not finite, a device leaves parameters of no use. */
  step(sequences: readonly Sequence[], options: StepOptions): Promise<EngineStep>;
  /** The losses, without dropout. A few batches after the signal its reason is thrown. */
  evaluate(sequences: readonly Sequence[], signal?: AbortSignal): Promise<SequenceLosses>;
  /** Sample a continuation: its tokens, without the prompt. */
  generate(prompt: Int32Array, options: SamplingOptions): Promise<SampledTokens>;
  /** The state after all steps so far; the next request may change these vectors. */
  state(): Promise<EngineState>;
  load(state: EngineState): Promise<void>;
}
