// `tactics runs` and `tactics runs compare`: the runs below a checkpoint folder in figures, and in what two or
// more of them differ.
import { bestRun, findRuns, type FoundRun, latestRun, runNamed } from "../../runs/mod.ts";
import { type RunSummary, summarizeRun } from "../../runs/mod.ts";
import { UsageError } from "../../errors.ts";
import { formatBytes, formatCount, tableLines } from "../../text_format.ts";
import type { Command, CommandContext } from "../command.ts";

export const runs: Command = {
  name: "runs",
  summary: "List the runs: steps, minutes, bits a byte, size",
  description: [
    "The latest run comes first. A run's name, `latest` and `best` can be given wherever a model is asked " +
    "for. `tactics runs compare A B` shows in what runs differ, `tactics runs prune` frees disk space.",
  ],
  examples: [["tactics runs", "The runs in checkpoints"]],
  next: [
    ["tactics runs compare latest best", "In what they differ"],
    ["tactics dashboard", "Their curves in a browser"],
  ],
  options: ["checkpointDir"],
  run: listRuns,
};

export const runsCompare: Command = {
  name: "runs compare",
  summary: "Show the options in which runs differ, beside their results",
  examples: [
    ["tactics runs compare latest best", "The latest run beside the best"],
    ["tactics runs compare wide deep", "Two runs by their names"],
  ],
  next: [["tactics export best", "The best run as a folder that the prover loads"]],
  options: ["checkpointDir"],
  positionals: [["RUN...", "A run: its name, its folder, latest or best"]],
  run: compareRuns,
};

async function listRuns(context: CommandContext): Promise<void> {
  const { checkpointDir } = context.settings;
  const found = await findRuns(checkpointDir);
  const [latest, best] = [await latestRun(checkpointDir), await bestRun(checkpointDir)];
  const listed: ListedRun[] = [];
  for (const run of found) {
    context.signal.throwIfAborted();
    const isLatest = run.directory === latest?.directory;
    const isBest = run.directory === best?.directory;
    listed.push({ run, summary: await summarizeRun(run), isLatest, isBest });
  }
  const split = listed.find(({ isLatest }) => isLatest)?.summary.splitHash ?? null;
  context.emit({ kind: "runs", checkpointDir, runs: listed.map(eventOf) }, runsTable(listed, split));
  if (listed.length === 0) {
    context.notice("info", `there is no run in "${checkpointDir}"`);
    context.next([["tactics train", "Makes one"]]);
  } else if (listed.length === 1) {
    context.next([["tactics dashboard", "Its curves in a browser"]]);
  } else if (latest?.directory === best?.directory) {
    const [a, b] = listed.map(({ run }) => labelOf(run));
    context.next([
      [`tactics runs compare ${a} ${b}`, "In what they differ"],
      ["tactics dashboard", "Their curves in a browser"],
    ]);
  }
}

interface ListedRun {
  readonly run: FoundRun;
  readonly summary: RunSummary;
  readonly isLatest: boolean;
  readonly isBest: boolean;
}

function runsTable(listed: readonly ListedRun[], split: string | null): string[] {
  if (listed.length === 0) return [];
  const isOther = ({ summary: { splitHash, best } }: ListedRun): boolean =>
    best !== null && splitHash !== split;
  const rows = listed.map((entry) => {
    const { run, summary, isLatest, isBest } = entry;
    const notes = [isLatest ? "latest" : "", isBest ? "best" : ""].filter((note) => note !== "");
    const bits = bitsText(summary) + (isOther(entry) ? "*" : "");
    return [
      labelOf(run),
      stepsText(summary),
      minutesText(summary),
      bits,
      formatBytes(summary.sizeBytes),
      notes.join(", "),
    ];
  });
  return [
    ...tableLines([["run", "steps", "minutes", "bits/byte", "size", ""], ...rows], 2),
    ...listed.some(isOther) ? ["* of other held-out proofs than the latest run's: not to be compared"] : [],
  ];
}

/** For people: a run of an earlier version in the folder itself has no name. */
function labelOf({ name, directory }: FoundRun): string {
  return name === "" ? directory : name;
}

function stepsText({ step, steps }: RunSummary): string {
  return steps === null || steps === step
    ? formatCount(step)
    : `${formatCount(step)} of ${formatCount(steps)}`;
}

function minutesText({ pace }: RunSummary): string {
  return pace === null ? "-" : pace.minutes.toFixed(1);
}

function bitsText({ best }: RunSummary): string {
  return best === null ? "-" : best.bitsPerByte.toFixed(4);
}

function eventOf({ run, summary, isLatest, isBest }: ListedRun): Record<string, unknown> {
  const { step, steps, best, splitHash, parameters, pace, sizeBytes } = summary;
  const { minutes = null, tokensPerSecond = null } = pace ?? {};
  const { name, directory, record } = run;
  const begun = record?.parts[0]?.begun ?? null;
  const results = { step, steps, best, minutes, tokensPerSecond, sizeBytes, parameters, splitHash };
  return { name, directory, begun, ...results, isLatest, isBest };
}

async function compareRuns(context: CommandContext): Promise<void> {
  const { positionals: words, settings: { checkpointDir } } = context;
  if (words.length < 2) {
    throw new UsageError("Nothing to compare with: name two runs, or more", {
      hint: "`tactics runs compare latest best`, for example; `tactics runs` lists them",
    });
  }
  const compared: RunSummary[] = [];
  for (const word of words) compared.push(await summarizeRun(await runNamed(word, checkpointDir)));
  const names = [...new Set(compared.flatMap(({ options }) => Object.keys(options)))].sort();
  const options = names.map((name) => ({
    name,
    values: compared.map(({ options }) => options[name] ?? null),
  }))
    .filter(({ values }) => values.some((value) => value !== values[0]));
  const splits = new Set(compared.map(({ splitHash }) => splitHash));
  const runs = words.map((run, i) => ({ run, ...compared[i]!, options: undefined }));
  const results = [
    ["steps", ...compared.map(stepsText)],
    ["minutes", ...compared.map(minutesText)],
    ["bits/byte", ...compared.map(bitsText)],
    ["at step", ...compared.map(({ best }) => best === null ? "-" : formatCount(best.step))],
    ["tokens/s", ...compared.map(({ pace }) => countText(pace?.tokensPerSecond))],
    ["parameters", ...compared.map(({ parameters }) => countText(parameters))],
    ["size", ...compared.map(({ sizeBytes }) => formatBytes(sizeBytes))],
  ];
  context.emit({ kind: "comparison", runs, options }, [
    ...tableLines([
      ["", ...words],
      ...options.map(({ name, values }) => [name, ...values.map((value) => String(value ?? "-"))]),
      [],
      ...results,
    ]),
    ...options.length === 0 ? ["the options are the same"] : [],
  ]);
  if (splits.size > 1) {
    context.notice("warning", "the runs hold out other proofs: their bits a byte are not to be compared");
  }
}

function countText(count: number | null | undefined): string {
  return count === null || count === undefined ? "-" : formatCount(count);
}
