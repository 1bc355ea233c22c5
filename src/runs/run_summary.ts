// A run in figures, from what lies in its folder: its newest checkpoint's header, its record, its metrics.
import { join } from "@std/path";
import type { BestEvaluation } from "../checkpoint/mod.ts";
import { readBounded } from "../io/mod.ts";
import { METRICS_NAME, type TrainingPace, trainingPace } from "../metrics/mod.ts";
import { type FoundRun, newestInfo } from "./find_runs.ts";
import { runFileNames, sizedFiles } from "./run_files.ts";

/** A run in figures; null for what nothing in its folder says. */
export interface RunSummary {
  /** Steps done, as of the newest checkpoint; 0 where there is none. */
  readonly step: number;
  /** Steps planned. */
  readonly steps: number | null;
  /** Its best evaluation; null also for the fresh model's. */
  readonly best: BestEvaluation | null;
  readonly splitHash: string | null;
  readonly parameters: number | null;
  /** Of training, all its parts together, and tokens a second. */
  readonly pace: TrainingPace | null;
  /** Of its files, the tokenizer left out. */
  readonly sizeBytes: number;
  /** Of the model and the run, by their camelCase names. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Larger metrics are not read: a run has minutes without them. */
const MAX_METRICS_BYTES = 1 << 26;

export async function summarizeRun({ directory, record }: FoundRun): Promise<RunSummary> {
  const info = await newestInfo(directory);
  const files = await sizedFiles(directory, await runFileNames(directory));
  const best = info?.best ?? null;
  return {
    step: info?.step ?? 0,
    steps: info?.train.steps ?? record?.parts.at(-1)?.steps ?? null,
    best: best?.step === 0 ? null : best,
    splitHash: info?.splitHash ?? record?.splitHash ?? null,
    parameters: record?.parameters ?? null,
    pace: await paceIn(directory),
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    options: info === null ? record?.options ?? {} : { ...info.model, ...info.train },
  };
}

async function paceIn(directory: string): Promise<TrainingPace | null> {
  try {
    const bytes = await readBounded(join(directory, METRICS_NAME), { maxBytes: MAX_METRICS_BYTES });
    return trainingPace(new TextDecoder().decode(bytes));
  } catch {
    return null; // the figures are a help
  }
}
