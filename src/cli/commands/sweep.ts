// `tactics sweep`: the runs of a grid and of several seeds, and a table of what came of them.
import { DataError, UsageError } from "../../errors.ts";
import { runAt, summarizeRun } from "../../runs/mod.ts";
import { formatBytes, formatCount, formatSeconds, quoted, tableLines } from "../../text_format.ts";
import type { Command, CommandContext } from "../command.ts";
import { minutesTogether, runCosts } from "../sweep/estimate.ts";
import { areComparable, bestResult, type RunResult, sweepGroups, sweepTable } from "../sweep/figures.ts";
import { planSweep, progressOf, type SweepRun } from "../sweep/plan.ts";
import { readSweep, type Sweep } from "../sweep/sweep_file.ts";
import { workOff } from "../sweep/work_off.ts";
import { cacheFolderOf } from "../../train/corpus_cache.ts";
import { train } from "./train.ts";

/** Which run of the sweep a job of an array makes. */
const ARRAY_TASK = "SLURM_ARRAY_TASK_ID";

export const sweep: Command = {
  name: "sweep",
  summary: "Train a grid of options and several seeds, and compare them in a table",
  description: [
    "SWEEP is a JSON object of `tactics train`'s options by their camelCase names. A list stands for a run with " +
    'each of its values: { "minutes": 10, "learningRate": [0.002, 0.003], "seed": [1, 2, 3] } are six runs. ' +
    "They are runs with names in the checkpoint folder. The same call goes on where the sweep was stopped: " +
    "runs that are over stay, a run that was cut is resumed.",
    `As a job of a Slurm array (${ARRAY_TASK} is set) it makes the one run of that number.`,
  ],
  examples: [
    ["tactics sweep sweep.json --dry-run", "List the runs, and what they take"],
    ["tactics sweep sweep.json", "Make them one after the other"],
    ["tactics sweep sweep.json --parallel 2", "Two at a time, with half of the cores each"],
  ],
  next: ({ options, positionals: [path] }) =>
    options.dryRun ? [[`tactics sweep ${path}`, "Make them"]] : [
      ["tactics runs", "The runs one by one"],
      ["tactics dashboard", "Their curves in a browser"],
    ],
  options: ["parallel", "workers", "backend", "dryRun", "dataDir", "checkpointDir"],
  positionals: [["SWEEP", "A JSON file: options of train, lists for a grid"]],
  ignoresConfigFile: true, // each run looks for it
  writesIn: ({ settings }) => [settings.checkpointDir, cacheFolderOf(settings.dataDir)],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { options: { parallel = 1, dryRun, ...options }, positionals: [path] } = context;
  const { json: _json, quiet: _quiet, ...flags } = options;
  const read = await readSweep(path!, train.options);
  const all = await planSweep(read, flags);
  if (dryRun) return await tellPlan(context, read, { runs: all, parallel });
  const runs = ownRuns(all, context.env(ARRAY_TASK));
  const failed = await workOff(context, runs, { parallel, sweep: read.name });
  if (context.signal.aborted) {
    context.notice("info", `go on with: tactics sweep ${path}`);
    return;
  }
  await tellResults(context, read, all);
  if (failed.length === 0) return;
  const first = `${failed[0]!.name}: ${failed[0]!.message}`;
  throw new DataError(`${failed.length} of ${runs.length} runs failed; ${first}`, {
    hint: `\`tactics sweep ${path}\` tries them again; the others are not made again`,
  });
}

/** All of them, or as a job of an array the one of its number. */
function ownRuns(runs: readonly SweepRun[], task: string | undefined): readonly SweepRun[] {
  if (task === undefined || task === "") return runs;
  const run = /^\d+$/.test(task) ? runs[Number(task) - 1] : undefined;
  if (run !== undefined) return [run];
  throw new UsageError(`${ARRAY_TASK} is ${quoted(task)}: the sweep has runs 1 to ${runs.length}`, {
    hint: `submit it with --array=1-${runs.length}`,
  });
}

async function tellPlan(
  context: CommandContext,
  { name }: Sweep,
  { runs, parallel }: { runs: readonly SweepRun[]; parallel: number },
): Promise<void> {
  const costs = await runCosts(context, runs, parallel);
  const left = runs.map(({ done }, i) => (1 - done) * costs[i]!.minutes);
  const isLeft = runs.map(({ state }) => state !== "over");
  const minutes = minutesTogether(left.filter((_, i) => isLeft[i]), parallel);
  const diskBytes = costs.reduce((sum, { diskBytes }) => sum + diskBytes, 0);
  const listed = runs.map(({ number, name, varied, state, done }, i) => {
    const { steps, minutes } = costs[i]!;
    return { number, name, options: varied, state, done, steps, minutes };
  });
  const rows = listed.map(({ number, name, state, done, steps, minutes }) => [
    String(number),
    name,
    `${formatCount(steps)} steps`,
    formatSeconds(60 * minutes),
    state === "over" ? "over" : state === "cut" ? `cut at ${Math.floor(100 * done)} %` : "",
  ]);
  const count = isLeft.filter((left) => left).length;
  const sideBySide = parallel > 1 ? `, ${parallel} side by side` : "";
  const shown = { kind: "sweep-plan", name, runs: listed, parallel, minutes, diskBytes };
  context.emit(shown, [
    ...tableLines(rows, 2),
    `${count} of ${runs.length} runs to make, about ${formatSeconds(60 * minutes)}${sideBySide}; ` +
    `disk: about ${formatBytes(diskBytes)} for all`,
    `as a Slurm array: --array=1-${runs.length}`,
  ]);
  context.notice("info", "nothing was trained and nothing written");
}

async function tellResults(
  context: CommandContext,
  { name }: Sweep,
  runs: readonly SweepRun[],
): Promise<void> {
  const results: RunResult[] = [];
  for (const run of runs) results.push(await resultOf(run));
  const over = results.filter(({ bitsPerByte }) => bitsPerByte !== null).length;
  const best = bestResult(results);
  const groups = sweepGroups(results);
  const shown = groups.map(({ varied, runs, ...figures }) => ({
    options: varied,
    ...figures,
    runs: runs.map(({ varied: { seed }, ...run }) => ({ ...run, ...seed !== undefined && { seed } })),
  }));
  context.emit({ kind: "sweep", name, over, groups: shown, best: best?.name ?? null }, sweepTable(groups));
  if (over < runs.length) context.notice("info", `${over} of ${runs.length} runs are over`);
  if (!areComparable(results)) {
    context.notice("warning", "runs of the same seed hold out other proofs: they are not to be compared");
  }
  if (best === null) return;
  context.notice("info", `best run: ${best.name}`, `\`tactics export ${best.name}\` makes a folder of it.`);
}

async function resultOf(run: SweepRun): Promise<RunResult> {
  const { name, varied, directory } = run;
  const [{ state }, found] = [await progressOf(run), await runAt(directory)];
  const summary = found === null ? null : await summarizeRun(found);
  const { step = 0, splitHash = null, pace = null, best = null } = summary ?? {};
  const bitsPerByte = state === "over" ? best?.bitsPerByte ?? null : null;
  return { name, varied, bitsPerByte, step, minutes: pace?.minutes ?? null, splitHash };
}
