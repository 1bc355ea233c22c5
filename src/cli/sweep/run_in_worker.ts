// A command line of a sweep, in a worker of its own as supervise.ts has it: what it would print with --json are
// its events here, and asking it to stop is what Ctrl-C does to it. When its worker ends, so does its memory.
import { EXIT } from "../report_error.ts";
import type { WorkerMessage, WorkerStart } from "../worker_messages.ts";

/** So long a command that has nothing to save may take to stop. */
const PATIENCE_MS = 1000;

/** A line of --json. */
export type JsonEvent = { readonly kind: string } & Readonly<Record<string, unknown>>;

export interface WorkerRun {
  /** Address of the module that runs a command line. */
  readonly worker: string;
  /** Asks it to stop in order. */
  readonly signal: AbortSignal;
  /** Hears its events. */
  readonly said: (event: JsonEvent) => void;
  /** Told when it begins, and when it ends, to have something to save. */
  readonly saves?: (saves: boolean) => void;
}

/** Run words of the command line with --json. @returns its exit code */
export function runInWorker(
  words: readonly string[],
  { worker: module, signal, said, saves = () => {} }: WorkerRun,
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const pending = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(module, { type: "module" });
  let isSaving = false;
  const giveUpSoon = (): void => {
    setTimeout(() => !isSaving && end(EXIT.interrupted), PATIENCE_MS);
  };
  const stop = (): void => {
    worker.postMessage("stop");
    giveUpSoon();
  };
  const end = (code: number): void => {
    signal.removeEventListener("abort", stop);
    worker.terminate();
    saves(false);
    resolve(code);
  };
  worker.onmessage = ({ data }: MessageEvent<WorkerMessage>): void => {
    if (data.kind === "exit") return end(data.code);
    if (data.kind === "phase") {
      isSaving = data.phase.saves;
      if (signal.aborted) giveUpSoon();
      return saves(isSaving);
    }
    Atomics.sub(pending, 0, data.text.length);
    Atomics.notify(pending, 0);
    if (data.kind === "error") return; // with --json there is nothing but a warning of what was left out
    for (const line of data.text.split("\n")) if (line !== "") said(JSON.parse(line));
  };
  worker.onerror = (event): void => {
    event.preventDefault();
    said({ kind: "error", message: event.message });
    end(EXIT.internal);
  };
  const [command, ...others] = words;
  const args = [command!, "--json", ...others];
  worker.postMessage({ args, pending: pending.buffer } satisfies WorkerStart);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  return promise;
}
