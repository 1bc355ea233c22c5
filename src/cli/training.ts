// A training run as commands do it: its folder locked, its events shown and kept in the metrics file.
import { join } from "@std/path";
import { lockFolder } from "../io/mod.ts";
import { METRICS_NAME, type TrainEvent } from "../metrics/mod.ts";
import type { TrainOptions } from "../train/mod.ts";
import { train } from "../train/trainer.ts";
import type { CommandContext } from "./command.ts";
import { OPTIONS } from "./options/mod.ts";
import { jsonLine } from "./render/mod.ts";
import { backendOf, OF_A_RUN, removeLeft } from "./run_setup.ts";

/**
 * Run a training to its end, or until it is interrupted.
 *
 * @param beforeStart what to do when everything is checked and nothing has been written
 * @returns the model's path; "" when there is none
 */
export async function runTraining(
  context: CommandContext,
  options: Omit<TrainOptions, "backend" | "availableBytes" | "signal">,
  beforeStart?: () => Promise<void>,
): Promise<string> {
  const { checkpointDir } = options;
  const { signal } = context;
  const backend = await backendOf(context, "training");
  using lock = lockFolder(checkpointDir);
  await removeLeft(context, checkpointDir, { isOwn: (name) => OF_A_RUN.test(name) });
  using metrics = new MetricsFile(checkpointDir, (message) => context.notice("warning", message));
  const availableBytes = Deno.systemMemoryInfo().available;
  const beforeSave = (): void => lock.check();
  let model = "";
  let hasBegun = false;
  using _told = {
    [Symbol.dispose](): void {
      if (hasBegun || !signal.aborted) return;
      context.notice("info", "nothing is trained yet, and nothing is changed: start again in the same way");
    },
  };
  for await (const event of train({ ...options, backend, availableBytes, beforeSave, signal })) {
    if (event.kind === "start") {
      lock.check(); // what is moved aside now is to be this folder's
      await beforeStart?.();
    }
    hasBegun ||= event.kind === "start";
    metrics.render(event);
    context.render(event);
    if (event.kind !== "done") continue;
    model = event.path;
    if (event.reason === "interrupted") {
      context.notice("info", `go on with: ${resumeCommand(context, checkpointDir)}`);
    }
  }
  return model;
}

/** What the user types to go on with a run that was interrupted. */
function resumeCommand({ options }: CommandContext, checkpointDir: string): string {
  const program = Deno.build.standalone ? "tactics" : "deno task";
  const flags = { "checkpoint-dir": checkpointDir, "data-dir": options.dataDir, backend: options.backend };
  const words = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined || value === OPTIONS.checkpointDir.default ? [] : [`--${name}`, shellWord(value)]
  );
  return [program, "resume", ...words].join(" ");
}

/** In quotes where a shell would take it for more than a word. */
function shellWord(text: string): string {
  return /^[\w./+:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The metrics file beside the checkpoints: events as JSON lines, as --json prints them. It appears with the
 * start event: until then an earlier run's may stand in its place. A disk that takes no more costs lines of
 * this file, not the run.
 */
export class MetricsFile implements Disposable {
  readonly #path: string;
  readonly #refused: (message: string) => void;
  #file: Deno.FsFile | null = null;
  #isRefused = false;
  /** Whether the file ends within a line. */
  #isTorn = false;

  /** @param refused told, once, why events are missing from the file */
  constructor(checkpointDir: string, refused: (message: string) => void) {
    this.#path = join(checkpointDir, METRICS_NAME);
    this.#refused = refused;
  }

  render(event: TrainEvent): void {
    if (event.kind !== "start" && this.#file === null) return;
    const line = jsonLine(event);
    if (line === "") return;
    try {
      this.#file ??= Deno.openSync(this.#path, { create: true, append: true });
      const bytes = new TextEncoder().encode(this.#isTorn ? `\n${line}` : line);
      for (let written = 0; written < bytes.length;) written += this.#file.writeSync(bytes.subarray(written));
      this.#isTorn = false;
    } catch (error) {
      this.#isTorn = true;
      if (this.#isRefused) return;
      this.#isRefused = true;
      this.#refused(`"${this.#path}" cannot be written (${(error as Error).message}): events are left out`);
    }
  }

  [Symbol.dispose](): void {
    this.#file?.close();
  }
}
