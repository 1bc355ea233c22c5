// What a rank's threads ask of its link, the thread that makes all of MPI's calls.
import type { ModelConfig, TrainConfig } from "../../config.ts";
import type { Launcher } from "../../mpi/mod.ts";
import type { RankPlace } from "../engine/place.ts";
import type { SharedState } from "../engine/shared_state.ts";

/** The job, as MPI has it. */
export interface Job {
  readonly rank: number;
  readonly ranks: number;
  /** As "Open MPI 4.1.4". */
  readonly library: string;
  /** Name of this rank's machine. */
  readonly host: string;
}

/** What a run's link needs to exchange the parts of a step. */
export interface LinkSetup {
  readonly model: ModelConfig;
  readonly train: TrainConfig;
  readonly place: RankPlace;
  readonly shared: SharedState;
  /** With local steps: the outer step's, in shared memory. */
  readonly momentum?: Float32Array;
}

export type LinkRequest =
  | { readonly kind: "open"; readonly launcher: Launcher | null }
  /** Of rank 0: each other rank gets one of these, in order. */
  | { readonly kind: "tell"; readonly messages: readonly unknown[] }
  /** What rank 0 tells this one. */
  | { readonly kind: "hear" }
  | { readonly kind: "report"; readonly message: unknown }
  /** Of rank 0: what each other rank reports, in order. */
  | { readonly kind: "collect" }
  /** Vectors in shared memory become rank 0's. */
  | { readonly kind: "share"; readonly vectors: readonly Float32Array[] }
  | { readonly kind: "attach"; readonly setup: LinkSetup }
  /** Together with a step of this rank's workers. */
  | { readonly kind: "step"; readonly step: number; readonly apply: boolean }
  /** All moments come to rank 0. */
  | { readonly kind: "moments" }
  /** After local steps: all ranks' states become one. */
  | { readonly kind: "meet" }
  /** The outer step's momentum comes to rank 0. */
  | { readonly kind: "gatherMomentum" }
  /** It comes from rank 0; the parameters that are there are those of the last meeting. */
  | { readonly kind: "spreadMomentum" }
  /** What was sent since this was asked last. */
  | { readonly kind: "sent" }
  /** The others hear why this rank ends. */
  | { readonly kind: "fail"; readonly reason: string }
  | { readonly kind: "close" };

/** The answer to each kind of request. */
export interface LinkAnswers {
  open: Job;
  tell: void;
  hear: unknown;
  report: void;
  collect: readonly unknown[];
  share: void;
  attach: void;
  step: void;
  moments: void;
  meet: void;
  gatherMomentum: void;
  spreadMomentum: void;
  /** In bytes. */
  sent: number;
  fail: void;
  close: void;
}
