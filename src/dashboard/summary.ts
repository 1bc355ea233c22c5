// The list of runs: of each the figures that tell it from others. A file that has not changed is not read
// again.
import type { FoundMetrics } from "./find_metrics.ts";
import { RunFile } from "./run_file.ts";

/** A run in the list. */
export interface RunSummary {
  readonly name: string;
  /** Milliseconds since 1970 of the last event. */
  readonly changed: number;
  /** Whether it goes on: it has not said that it is done, and told something lately. */
  readonly isLive: boolean;
  readonly step: number | null;
  readonly steps: number | null;
  readonly minutes: number | null;
  /** The least of its evaluations. */
  readonly bitsPerByte: number | null;
}

/** A run that has said nothing for so long has ended, or hangs. */
const LIVE_MS = 60_000;
/** Of larger files only the name is told. */
const MOST_BYTES = 1 << 24;

type Read = Omit<RunSummary, "name" | "changed" | "isLive"> & { readonly isDone: boolean };

const NOTHING: Read = { step: null, steps: null, minutes: null, bitsPerByte: null, isDone: false };

export class SummaryReader {
  readonly #read = new Map<string, { readonly state: string; readonly summary: Read }>();

  async of(runs: readonly FoundMetrics[]): Promise<RunSummary[]> {
    const found: RunSummary[] = [];
    for (const run of runs) {
      const { isDone, ...figures } = await this.#summary(run);
      const isLive = !isDone && Date.now() - run.changed < LIVE_MS;
      found.push({ name: run.name, changed: run.changed, isLive, ...figures });
    }
    return found;
  }

  async #summary({ path, changed, sizeBytes }: FoundMetrics): Promise<Read> {
    const state = `${changed} ${sizeBytes}`;
    const known = this.#read.get(path);
    if (known?.state === state) return known.summary;
    const summary = sizeBytes > MOST_BYTES ? NOTHING : await read(path).catch(() => NOTHING);
    this.#read.set(path, { state, summary });
    return summary;
  }
}

async function read(path: string): Promise<Read> {
  const reading = await new RunFile(path).next();
  if (reading === null) return NOTHING;
  const { start, done = {}, steps, evaluations } = reading.figures;
  const last = <T>(values: readonly T[]): T | null => values.at(-1) ?? null;
  const bits = evaluations.flatMap(({ bitsPerByte }) => bitsPerByte === null ? [] : [bitsPerByte]);
  const seconds = last(steps.seconds) ?? last(evaluations)?.seconds ?? null;
  const planned = done.steps ?? start?.steps;
  return {
    step: last(steps.step) ?? last(evaluations)?.step ?? null,
    steps: typeof planned === "number" ? planned : null,
    minutes: seconds === null ? null : seconds / 60,
    bitsPerByte: bits.length === 0 ? null : bits.reduce((a, b) => Math.min(a, b)),
    isDone: done.kind === "done",
  };
}
