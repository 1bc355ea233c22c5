// A training run as commands do it: its folder locked, its events shown and kept in the metrics file.
import { lockFolder } from "../io/mod.ts";
import type { TrainOptions } from "../train/mod.ts";
import { openEngine } from "../train/engine/mod.ts";
import { type Rank, RankEngine } from "../train/ranks/mod.ts";
import { trainWith } from "../train/trainer.ts";
import type { CommandContext } from "./command.ts";
import { recordRun } from "../runs/mod.ts";
import { timeStamp } from "../text_format.ts";
import { openDashboard } from "./listening.ts";
import { MetricsFile, SamplesFile, TensorBoardFile } from "./metrics_files.ts";
import { eventLines } from "./render/plain.ts";
import { OPTIONS } from "./options/mod.ts";
import { askedOf, backendOf, OF_A_RUN, removeLeft } from "./run_setup.ts";
import { stageProgress } from "./training_data.ts";

/** What a run is beside its training. */
export interface RunFolder {
  /** Folder of the proofs, as the user named it. */
  readonly dataDir: string;
  /** Default: date and time. */
  readonly name?: string | undefined;
  /** The first of several; null: this process is alone. */
  readonly rank?: Rank | null;
  /** What to do when everything is checked and nothing has been written. */
  readonly beforeStart?: () => Promise<void>;
}

/** Run a training to its end, or until it is interrupted. @returns the model's path; "": there is none */
export async function runTraining(
  context: CommandContext,
  options: Omit<TrainOptions, "backend" | "availableBytes" | "signal">,
  { dataDir, name, rank = null, beforeStart }: RunFolder,
): Promise<string> {
  const { checkpointDir, tokenizer, data } = options;
  const { signal } = context;
  const backend = await backendOf(context, "training");
  using lock = lockFolder(checkpointDir);
  await removeLeft(context, checkpointDir, { isOwn: (name) => OF_A_RUN.test(name) });
  const refused = (message: string): void => context.notice("warning", message);
  using metrics = new MetricsFile(checkpointDir, refused);
  using samples = new SamplesFile(checkpointDir, refused);
  using board = new TensorBoardFile(checkpointDir, refused);
  await using dashboard = context.options.dashboard === true ? openDashboard(context, checkpointDir) : null;
  if (dashboard !== null) context.notice("info", `the dashboard is at ${dashboard.address}`);
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
  const progress = stageProgress(context);
  const parts = { ...options, backend, availableBytes, beforeSave, signal, progress };
  for await (const event of trainWith(openerOf(rank, options), parts)) {
    if (event.kind === "start") {
      lock.check(); // what is moved aside now is to be this folder's
      await beforeStart?.();
      const now = new Date();
      await recordRun(checkpointDir, {
        start: event,
        name: name ?? timeStamp(now),
        dataDir,
        asked: askedOf(context.options),
        tokenizerSha256: tokenizer.sha256(),
        heldOut: data.validationNames,
        now,
      });
    }
    hasBegun ||= event.kind === "start";
    metrics.render(event);
    samples.render(event);
    board.render(event);
    context.render(event);
    if (event.kind !== "done") continue;
    model = event.path;
    if (event.reason === "interrupted") {
      context.notice("info", `go on with: ${resumeCommand(context, { checkpointDir, dataDir, rank })}`);
    }
  }
  return model;
}

/** Say what a training would take, and end: nothing is written. */
export async function tellWhatItTakes(
  context: CommandContext,
  options: Omit<TrainOptions, "backend" | "availableBytes" | "signal">,
  rank: Rank | null,
): Promise<void> {
  const backend = await backendOf(context, "training");
  const availableBytes = Deno.systemMemoryInfo().available;
  const saveCheckpoint = (): Promise<void> => Promise.resolve();
  const events = trainWith(openerOf(rank, options), {
    ...options,
    backend,
    availableBytes,
    saveCheckpoint,
    signal: context.signal,
  });
  for await (const event of events) {
    if (event.kind === "start") break;
    if (event.kind === "plan") context.emit({ ...event }, eventLines(event)); // the result of this call
    else context.render(event);
  }
  context.notice("info", "nothing was trained and nothing written");
}

/** How the engine is opened: here, or in all ranks. A job of one rank makes its steps as one process does. */
function openerOf(rank: Rank | null, { train }: Pick<TrainOptions, "train">): typeof openEngine {
  const isAlone = rank === null || rank.job.ranks === 1 && train.syncEvery === null;
  return isAlone ? openEngine : (options) => RankEngine.start(rank, options);
}

/** What the user types to go on with a run that was interrupted. */
function resumeCommand(
  { options }: CommandContext,
  { checkpointDir, dataDir, rank }: { checkpointDir: string; dataDir: string; rank: Rank | null },
): string {
  const { backend, distributed } = options;
  const flags = { "checkpoint-dir": checkpointDir, "data-dir": dataDir, backend, distributed };
  const defaults: string[] = [OPTIONS.checkpointDir.default, OPTIONS.dataDir.default];
  const words = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined || defaults.includes(value) ? [] : [`--${name}`, shellWord(value)]
  );
  const launcher = rank === null ? [] : [`mpirun -n ${rank.job.ranks}`];
  return [...launcher, "tactics resume", ...words].join(" ");
}

/** In quotes where a shell would take it for more than a word. */
function shellWord(text: string): string {
  return /^[\w./+:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
