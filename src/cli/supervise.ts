// The process around a command, which runs in a worker: this thread always answers signals and writes output,
// also while the command computes or hangs. The first SIGINT, SIGTERM or SIGHUP asks the command to stop, and
// says what happens; a later one ends the process. SIGUSR2 is one more such signal: Open MPI's mpirun and
// Slurm pass it on to every process of a job, of which one decides. A command that has nothing to save, and
// does not stop in a second, is ended too.
import { jsonText } from "../text_format.ts";
import { Output } from "./output.ts";
import { EXIT } from "./report_error.ts";
import type { Phase, WorkerMessage, WorkerStart } from "./worker_messages.ts";

/** Within so many milliseconds, signals are repeats of the first: `deno task` and `timeout` pass it on. */
const REPEAT_MS = 2000;
/** So long a command that has nothing to save may take to stop, and output to leave when a signal came. */
const PATIENCE_MS = 1000;

const CODES: Partial<Record<Deno.Signal, number>> = {
  SIGINT: EXIT.interrupted,
  SIGHUP: EXIT.interrupted,
  SIGUSR2: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGBREAK: EXIT.interrupted,
};

/** Run a command line. @returns the exit code, for the process to end with at once */
export function supervise(args: readonly string[]): Promise<number> {
  const { promise, resolve: end } = Promise.withResolvers<number>();
  const pending = new Int32Array(new SharedArrayBuffer(8));
  const output = new Output({ out: Deno.stdout, error: Deno.stderr }, (characters) => {
    if (output.isUnread) Atomics.store(pending, 1, 1);
    Atomics.sub(pending, 0, characters);
    Atomics.notify(pending, 0);
  });
  const worker = new Worker(import.meta.resolve("./command_worker.ts"), { type: "module" });
  let phase: Phase = { saves: false, json: args.includes("--json") };
  let stop: { readonly code: number; readonly at: number } | null = null;
  let hasSaved = false;

  /** The command is over, or given up: let what it said get out, and end. */
  const finish = async (code: number): Promise<void> => {
    const drained = output.drained();
    await (stop === null ? drained : Promise.race([drained, after(PATIENCE_MS)]));
    end(code === EXIT.ok && output.isIncomplete && !hasSaved ? EXIT.failed : code);
  };
  const giveUpSoon = (code: number): void => {
    setTimeout(() => !phase.saves && finish(code), PATIENCE_MS);
  };
  const onSignal = (signal: Deno.Signal): void => {
    const now = performance.now();
    const code = CODES[signal]!;
    if (stop !== null) return now - stop.at < REPEAT_MS ? undefined : end(stop.code);
    stop = { code, at: now };
    if (phase.follows) return;
    worker.postMessage("stop");
    const message = phase.saves
      ? "stopping after this step; Ctrl-C again in 2 s ends without saving"
      : "stopping; Ctrl-C again in 2 s ends at once";
    if (phase.json) output.write("out", `${jsonText({ kind: "notice", level: "info", message })}\n`);
    // Not behind what a reader who takes nothing is to get.
    else Deno.stderr.write(new TextEncoder().encode(`\n${message}\n`)).catch(() => {});
    giveUpSoon(code);
  };
  const signals = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"] as const
    : ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, () => onSignal(signal));

  worker.onmessage = ({ data }: MessageEvent<WorkerMessage>): void => {
    if (data.kind === "exit") {
      finish(stop !== null && data.code === EXIT.interrupted ? stop.code : data.code);
    } else if (data.kind === "phase") {
      phase = data.phase;
      hasSaved ||= phase.saves;
      if (stop !== null) giveUpSoon(stop.code);
    } else output.write(data.kind, data.text);
  };
  worker.onerror = (event): void => {
    event.preventDefault();
    const isDenied = event.message.includes("--allow-read");
    const hint = isDenied
      ? 'run tactics by its task ("deno task NAME"), which grants what it needs'
      : "this is a fault of tactics: please report it, and how it was called";
    if (phase.json) output.write("out", `${jsonText({ kind: "error", message: event.message, hint })}\n`);
    else output.write("error", `error: ${event.message}\nhint: ${hint}\n`);
    finish(isDenied ? EXIT.failed : EXIT.internal);
  };
  worker.postMessage({ args, pending: pending.buffer } satisfies WorkerStart);
  return promise;
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
