// What a search tells while it runs: plain data, for terminals, editors and programs.
import type { CandidateSource, LeftOut } from "./candidates.ts";
import type { LineEdit } from "./edit.ts";

/** What happened. */
export type ProveEvent =
  /** The search begins. */
  | {
    readonly kind: "start";
    /** The goal's text, and its first line, from 1. */
    readonly goal: string;
    readonly line: number;
    /** What proves: `acorn 0.2.6`. */
    readonly judge: string;
    readonly seconds: number;
  }
  /** Some questions were answered. */
  | {
    readonly kind: "progress";
    /** Lines that were tried, and those of them that are proved. */
    readonly tried: number;
    readonly accepted: number;
    /** Lines that wait. */
    readonly waiting: number;
    readonly secondsLeft: number;
  }
  /** A line is proved, whether or not it helps. */
  | { readonly kind: "accepted"; readonly line: string; readonly source: CandidateSource }
  /** The prover gave no clear answer, or something in the module is in the way. */
  | { readonly kind: "trouble"; readonly message: string }
  /** The end. */
  | ProveResult;

/** How a search ended. */
export interface ProveResult {
  readonly kind: "result";
  /** `proved`; out of `time` or of `lines` to try; `stopped` by the caller; `trouble` when nothing can be asked. */
  readonly outcome: "proved" | "time" | "lines" | "stopped" | "trouble";
  /** The lines that prove the goal; of another outcome, those that were proved. None: it needs none. */
  readonly lines: readonly string[];
  /** What puts them into the text; null where there is nothing to put. */
  readonly edit: LineEdit | null;
  readonly tried: number;
  readonly accepted: number;
  readonly leftOut: LeftOut;
  /** Runs of the prover. */
  readonly runs: number;
  readonly seconds: number;
  /** Whether the goal's restatement was enough. */
  readonly isRestated: boolean;
}
