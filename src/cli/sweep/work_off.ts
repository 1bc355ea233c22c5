// Making the runs of a sweep: each in a worker of its own, by `train` or `resume`, one after the other or
// several side by side. A run that fails ends alone; what another process does is left to it.
import { join } from "@std/path";
import { lockFolder } from "../../io/mod.ts";
import { LockedError } from "../../errors.ts";
import { formatCount, formatSeconds } from "../../text_format.ts";
import { moveEarlierRun } from "../../train/earlier_runs.ts";
import type { CommandContext } from "../command.ts";
import { flagOf, type OptionName, type OptionValues } from "../options/mod.ts";
import { EXIT } from "../report_error.ts";
import { trainConfigOf } from "../run_setup.ts";
import { progressOf, type SweepRun } from "./plan.ts";
import { SweepProgress } from "./progress.ts";
import { type JsonEvent, runInWorker } from "./run_in_worker.ts";

/** A run that could not be made, and why. */
export interface FailedRun {
  readonly name: string;
  readonly message: string;
}

export interface WorkOptions {
  /** Runs at once. */
  readonly parallel: number;
  /** What goes before the options of each run. */
  readonly sweep: string;
}

/** What a run that goes on may be told: of a run's options those that leave its result as it is. */
const RESUMED: readonly OptionName[] = ["workers", "backend", "gpuStorage", "dataDir"];

/** Make the runs that are not over, until all are or the command is stopped. @returns those that failed */
export async function workOff(
  context: CommandContext,
  runs: readonly SweepRun[],
  { parallel, sweep }: WorkOptions,
): Promise<FailedRun[]> {
  const waiting = runs.filter(({ state }) => state !== "over");
  const progress = new SweepProgress(runs.length, runs.length - waiting.length);
  const failed: FailedRun[] = [];
  const saving = new Set<string>();
  const workNext = async (): Promise<void> => {
    for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
      if (context.signal.aborted) return;
      const { name } = run;
      const message = await makeRun(context, run, {
        progress,
        label: name.startsWith(`${sweep}-`) ? name.slice(sweep.length + 1) : name,
        parallel,
        saves: (saves) => {
          if (saves) saving.add(name);
          else saving.delete(name);
          context.saves(saving.size > 0);
        },
      });
      if (message !== null) failed.push({ name, message });
    }
  };
  await Promise.all(Array.from({ length: parallel }, workNext));
  return failed;
}

interface Making {
  readonly progress: SweepProgress;
  readonly label: string;
  readonly parallel: number;
  readonly saves: (saves: boolean) => void;
}

/** @returns why it failed; null when it did not, was stopped, or is somebody else's */
async function makeRun(
  context: CommandContext,
  run: SweepRun,
  { progress, label, parallel, saves }: Making,
): Promise<string | null> {
  const { name, number } = run;
  const { state } = await progressOf(run); // another process may have been at it since
  if (state === "over") {
    progress.end(label, true);
    return null;
  }
  const elsewhere = (message: string): null => {
    context.notice("info", `${name} is left to another process: ${message}`);
    return null;
  };
  try {
    if (state === "begun") await setAside(context, run);
  } catch (error) {
    if (error instanceof LockedError) return elsewhere(error.message);
    throw error;
  }
  const words = state === "cut" ? resumeWords(run, parallel) : trainWords(run, parallel);
  const verb = state === "cut" ? "goes on" : "begins";
  context.tell({ kind: "run", run: name, number, state: verb }, [`run ${number}, ${name}, ${verb}`]);
  progress.begin(label);
  let error = "";
  let done: JsonEvent | null = null;
  const said = (event: JsonEvent): void => {
    if (event.kind === "error") error = String(event.message);
    if (event.kind === "done") done = event;
    progress.hear(label, event);
    if (context.json) context.tell({ ...event, run: name }, []);
    else if (event.kind === "notice" && event.level === "warning") {
      context.notice("warning", `${name}: ${event.message}`);
    }
    context.progress(...progress.lines());
  };
  const code = await runInWorker(words, { worker: context.worker, signal: context.signal, said, saves });
  const isOver = code === EXIT.ok && !context.signal.aborted;
  progress.end(label, isOver);
  if (code === EXIT.locked) return elsewhere(error);
  if (isOver) {
    context.tell({ kind: "run", run: name, number, state: "over" }, [overText(run, done, progress)]);
  }
  return isOver || context.signal.aborted ? null : error || `it ended with code ${code}`;
}

function overText(
  { number, name }: SweepRun,
  done: JsonEvent | null,
  { over, count }: SweepProgress,
): string {
  const { bestBitsPerByte: bits, step, elapsedSeconds }: Partial<Record<string, unknown>> = done ?? {};
  const figures = [
    ...typeof bits === "number" ? [`${bits.toFixed(4)} bits/byte`] : [],
    ...typeof step === "number" ? [`${formatCount(step)} steps`] : [],
    ...typeof elapsedSeconds === "number" ? [formatSeconds(elapsedSeconds)] : [],
  ].join(", ");
  return `run ${number}, ${name}: ${figures || "over"} (${over} of ${count})`;
}

/** Of a run that was killed before its first checkpoint: what it wrote goes into a subfolder of its own. */
async function setAside({ notice }: CommandContext, { name, directory }: SweepRun): Promise<void> {
  using _lock = lockFolder(directory);
  const earlier = await moveEarlierRun(directory, new Date());
  if (earlier !== null) notice("info", `${name} had no checkpoint yet; what it left is now in ${earlier}`);
}

/** The words that begin a run. */
export function trainWords({ name, options, settings }: SweepRun, parallel: number): string[] {
  return ["train", `--name=${name}`, ...flagsOf(withWorkers(options, settings, parallel))];
}

function resumeWords({ directory, options, settings }: SweepRun, parallel: number): string[] {
  const given = Object.entries(withWorkers(options, settings, parallel));
  const kept = Object.fromEntries(given.filter(([name]) => RESUMED.some((resumed) => resumed === name)));
  return ["resume", ...flagsOf(kept), "--", join(directory)];
}

/** Where runs are side by side, each has its share of the cores. */
function withWorkers(options: OptionValues, settings: OptionValues, parallel: number): OptionValues {
  if (parallel === 1 || settings.workers !== undefined) return options;
  const share = Math.max(1, Math.floor(navigator.hardwareConcurrency / parallel));
  return { ...options, workers: Math.min(share, trainConfigOf(settings).shards) };
}

function flagsOf(options: OptionValues): string[] {
  return Object.entries(options).map(([name, value]) => `--${flagOf(name as OptionName)}=${value}`);
}
