// What a training run tells while it works: plain data, one object an event, which the terminal, `--json`
// lines and web pages render. Times in seconds unless the name says otherwise; losses in nats a token.

/** An event by its kind. */
export interface EventOf<Kind extends string> {
  /** Tells events apart. */
  readonly kind: Kind;
}

/** What a run will take, estimated before it begins; of a run by the clock, as it was planned. */
export interface PlanEvent extends EventOf<"plan"> {
  /** Steps of the whole run; it may stop earlier, when it gains nothing more. */
  readonly steps: number;
  /** Passes over the training proofs that these are. */
  readonly epochs: number;
  /** About so long, evaluations among it. */
  readonly minutes: number;
  /** About so much memory, in bytes; beside a GPU's own. */
  readonly memoryBytes: number;
  /** Memory that is there; null where that is not known. */
  readonly availableBytes: number | null;
  /** Of the checkpoints that it leaves. */
  readonly diskBytes: number;
  /** How many these are. */
  readonly checkpoints: number;
  /** What the disk has room for; null where that is not known. */
  readonly freeBytes: number | null;
  /** Folder of the checkpoints. */
  readonly checkpointDir: string;
}

/** The run is about to begin. */
export interface StartEvent extends EventOf<"start"> {
  /** Step that the run goes on from: 0 for a new one. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Number of parameters. */
  readonly parameters: number;
  /** `pointer` or `reference`. */
  readonly architecture: string;
  /** Every option of the model and the run by its camelCase name, as checkpoints store them. */
  readonly options: Readonly<Record<string, string | number | null>>;
  /** Proofs trained on. */
  readonly trainDocuments: number;
  /** Proofs held out. */
  readonly validationDocuments: number;
  /** Predicted tokens in one epoch. */
  readonly trainTokens: number;
  /** Optimizer steps in one epoch, rounded up. */
  readonly stepsPerEpoch: number;
  /** Worker threads. */
  readonly workers: number;
  /** What computes, for people: for example `wasm, 6x16 kernel`. */
  readonly backend: string;
  /** Floating-point operations of training on one token, those of products with matrices. */
  readonly flopsPerToken: number;
  /** GFLOP/s that such products were measured to reach on all workers together; null: not measured. */
  readonly peakGigaflops: number | null;
  /** sha256 that names the split. */
  readonly splitHash: string;
}

/** One optimizer step is done. */
export interface StepEvent extends EventOf<"step"> {
  /** 1 for the first. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Mean loss of the step's targets, with dropout. */
  readonly loss: number;
  /** Of this step's update. */
  readonly learningRate: number;
  /** Targets predicted in this step. */
  readonly tokens: number;
  /** Targets predicted a second, in this step. */
  readonly tokensPerSecond: number;
  /** Milliseconds that the step took. */
  readonly stepMs: number;
  /** Norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** Of a run on several ranks: bytes that all of them together have sent for it. */
  readonly sentBytes?: number;
  /** The mean of that over this run's steps so far. */
  readonly meanSentBytes?: number;
  /** Since the run was called. */
  readonly elapsedSeconds: number;
  /** Steps that are left times their mean time so far; evaluations and checkpoints are not counted. */
  readonly remainingSeconds: number;
  /** Whether the run's log interval says that this step is to be shown where every step would be too many. */
  readonly log: boolean;
}

/** The validation documents (or a fixed part of them) were scored. */
export interface EvaluationEvent extends EventOf<"evaluation"> {
  /** Steps done before it: 0 for the evaluation of the fresh model. */
  readonly step: number;
  /** Mean loss a token, without dropout. */
  readonly loss: number;
  /** Bits a UTF-8 byte of the scored documents. */
  readonly bitsPerByte: number;
  /** The same by section, by its letter; of those that any of them has. */
  readonly sections: Readonly<Record<string, number>>;
  /** Whether it is the best so far. */
  readonly best: boolean;
  /** Documents scored. */
  readonly documents: number;
  /** Documents that are held out. */
  readonly validationDocuments: number;
  /** Since the run was called. */
  readonly elapsedSeconds: number;
}

/** A continuation that the model wrote. */
export interface SampleEvent extends EventOf<"sample"> {
  /** Steps done before it. */
  readonly step: number;
  /** The beginning of a held-out proof. */
  readonly prompt: string;
  /** What the model wrote after it. */
  readonly text: string;
  /** The same in its tokens; one that ends within a character has what follows it. */
  readonly tokens: readonly string[];
  /** Of each token, at temperature 1. */
  readonly probabilities: readonly number[];
}

/** A checkpoint was written. */
export interface CheckpointEvent extends EventOf<"checkpoint"> {
  /** Steps done before it. */
  readonly step: number;
  /** The file, below the checkpoint folder as the caller named it. */
  readonly path: string;
  /** Why it was written. */
  readonly reason: "best" | "interval" | "end" | "interrupted";
}

/** Something that the user should know. */
export interface NoticeEvent extends EventOf<"notice"> {
  /** How much it matters. */
  readonly level: "info" | "warning";
  /** One sentence. */
  readonly message: string;
  /** What the user can do about it. */
  readonly hint?: string;
}

/** The run has ended. */
export interface DoneEvent extends EventOf<"done"> {
  /** Steps done. */
  readonly step: number;
  /** Steps that were planned. */
  readonly steps: number;
  /** Why it ended. */
  readonly reason: "finished" | "early-stopping" | "interrupted";
  /** Step of the best evaluation; 0 when none was better than the first. */
  readonly bestStep: number;
  /** Of the best step's evaluation; null when there was none. */
  readonly bestBitsPerByte: number | null;
  /** The checkpoint to go on with: the best one, or the newest when there is none. */
  readonly path: string;
  /** Since the run was called. */
  readonly elapsedSeconds: number;
}

/** Everything a training run tells. */
export type TrainEvent =
  | PlanEvent
  | StartEvent
  | StepEvent
  | EvaluationEvent
  | SampleEvent
  | CheckpointEvent
  | NoticeEvent
  | DoneEvent;
