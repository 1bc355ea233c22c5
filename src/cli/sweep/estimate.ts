// What a sweep takes, told before it begins: the time of each run, measured as `train --dry-run` does, once for
// all runs that differ only in what costs no time.
import { UsageError } from "../../errors.ts";
import type { CommandContext } from "../command.ts";
import type { OptionName } from "../options/mod.ts";
import { EXIT } from "../report_error.ts";
import type { SweepRun } from "./plan.ts";
import { type JsonEvent, runInWorker } from "./run_in_worker.ts";
import { trainWords } from "./work_off.ts";

/** Options that change what is learned, not how long it takes. */
const FREE: readonly OptionName[] = ["seed", "learningRate", "schedule", "proofWeight", "dropout"];

/** What a run takes from its beginning. */
export interface RunCost {
  readonly steps: number;
  readonly minutes: number;
  readonly diskBytes: number;
}

/** The cost of each run, in their order. @throws {UsageError} when one of them cannot begin */
export async function runCosts(
  context: CommandContext,
  runs: readonly SweepRun[],
  parallel: number,
): Promise<RunCost[]> {
  const known = new Map<string, RunCost>();
  const costs: RunCost[] = [];
  for (const run of runs) {
    const entries = Object.entries(run.settings).filter(([name]) => !FREE.some((free) => free === name));
    const key = JSON.stringify(entries.sort());
    context.progress(`measuring, run ${run.number} of ${runs.length}`);
    const cost = known.get(key) ?? await measure(context, run, parallel);
    known.set(key, cost);
    costs.push(cost);
  }
  return costs;
}

/** Minutes until all are done, begun in their order as soon as one of so many places is free. */
export function minutesTogether(minutes: readonly number[], parallel: number): number {
  let free = new Array<number>(parallel).fill(0);
  for (const each of minutes) {
    const [first, ...others] = free;
    free = [...others, first! + each].sort((a, b) => a - b);
  }
  return free.at(-1)!;
}

async function measure(context: CommandContext, run: SweepRun, parallel: number): Promise<RunCost> {
  const { signal, worker } = context;
  let plan: JsonEvent | null = null;
  let error: JsonEvent | null = null;
  const said = (event: JsonEvent): void => {
    if (event.kind === "plan") plan = event;
    if (event.kind === "error") error = event;
  };
  const [train, , ...flags] = trainWords(run, parallel);
  const code = await runInWorker([train!, "--dry-run", ...flags], { worker, signal, said });
  signal.throwIfAborted();
  const { message, hint } = error ?? { message: `it ended with code ${code}`, hint: undefined };
  if (code !== EXIT.ok || plan === null) {
    throw new UsageError(`${run.name}: ${message}`, typeof hint === "string" ? { hint } : {});
  }
  const { steps, minutes, diskBytes } = plan as unknown as RunCost;
  return { steps, minutes, diskBytes };
}
