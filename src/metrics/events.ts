/**
 * What a training run tells while it works: plain data, one object an event, with a `kind`. The terminal, `--json` lines and whatever else shows
 * a run are renderers of these. Times in seconds unless the name says otherwise; losses in nats a token.
 */

/** The run is about to begin. */
export interface StartEvent {
  readonly kind: "start";
  /** Step that the run goes on from: 0 for a new one. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Number of parameters. */
  readonly parameters: number;
  readonly architecture: string;
  readonly trainDocuments: number;
  readonly validationDocuments: number;
  /** Predicted tokens in one epoch. */
  readonly trainTokens: number;
  readonly stepsPerEpoch: number;
  readonly workers: number;
  /** What computes. */
  readonly backend: string;
  /** sha256 that names the split. */
  readonly splitHash: string;
}

/** One optimizer step is done. */
export interface StepEvent {
  readonly kind: "step";
  /** 1 for the first. */
  readonly step: number;
  readonly steps: number;
  /** Mean loss of the step's targets, with dropout. */
  readonly loss: number;
  readonly learningRate: number;
  /** Targets predicted in this step. */
  readonly tokens: number;
  readonly tokensPerSecond: number;
  readonly stepMs: number;
  /** Norm of the gradient before clipping. */
  readonly gradientNorm: number;
  readonly elapsedSeconds: number;
  readonly remainingSeconds: number;
  /** Whether the run's log interval says that this step is to be shown where every step would be too many. */
  readonly log: boolean;
}

/** The validation documents (or a fixed part of them) were scored. */
export interface EvaluationEvent {
  readonly kind: "evaluation";
  readonly step: number;
  /** Mean loss a token. */
  readonly loss: number;
  readonly bitsPerByte: number;
  /** Whether it is the best so far. */
  readonly best: boolean;
  /** Documents scored, and how many there are. */
  readonly documents: number;
  readonly validationDocuments: number;
}

/** A continuation that the model wrote. */
export interface SampleEvent {
  readonly kind: "sample";
  readonly step: number;
  readonly prompt: string;
  readonly text: string;
}

/** A checkpoint was written. */
export interface CheckpointEvent {
  readonly kind: "checkpoint";
  readonly step: number;
  readonly path: string;
  readonly reason: "best" | "interval" | "end" | "interrupted";
}

/** Something that the user should know. */
export interface NoticeEvent {
  readonly kind: "notice";
  readonly level: "info" | "warning";
  readonly message: string;
  readonly hint?: string;
}

/** The run has ended. */
export interface DoneEvent {
  readonly kind: "done";
  readonly step: number;
  readonly steps: number;
  readonly reason: "finished" | "early-stopping" | "interrupted";
  readonly bestStep: number;
  /** Of the best step's evaluation; null when there was none. */
  readonly bestBitsPerByte: number | null;
  /** The checkpoint to go on with: the best one, or the newest when there is none. */
  readonly path: string;
  readonly elapsedSeconds: number;
}

/** Everything a training run tells. */
export type TrainEvent =
  | StartEvent
  | StepEvent
  | EvaluationEvent
  | SampleEvent
  | CheckpointEvent
  | NoticeEvent
  | DoneEvent;
