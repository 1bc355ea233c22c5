// What is said between a command's worker (command_worker.ts) and who started it: the process (supervise.ts),
// or a sweep (sweep/run_in_worker.ts).
import type { StreamName } from "./output.ts";

/** What a command does, as far as signals are concerned. */
export interface Phase {
  /** It trains, and ends with a checkpoint when it is asked to stop. */
  readonly saves: boolean;
  /** Messages are JSON lines. */
  readonly json: boolean;
  /** Another process decides when it ends. */
  readonly follows?: true;
}

/** What the worker is told first; after that any message asks it to stop. */
export interface WorkerStart {
  readonly args: readonly string[];
  /** int32: characters that were said and are not written yet; 1 once nobody reads standard output. */
  readonly pending: SharedArrayBuffer;
}

/** What the worker says. */
export type WorkerMessage =
  | { readonly kind: StreamName; readonly text: string }
  | { readonly kind: "phase"; readonly phase: Phase }
  | { readonly kind: "exit"; readonly code: number };
