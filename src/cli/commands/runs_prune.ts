// `tactics runs prune`: says which checkpoints are needed no more, and with --yes removes them.
import { LockedError } from "../../errors.ts";
import { type Prunable, prunable, prune } from "../../runs/mod.ts";
import { formatBytes, tableLines } from "../../text_format.ts";
import type { Command, CommandContext } from "../command.ts";

export const runsPrune: Command = {
  name: "runs prune",
  summary: "Remove checkpoints, but each run's best and its last",
  description: [
    "Only lists what would go; --yes removes it. What stays is checked first: where the best or the last " +
    "checkpoint is damaged, nothing goes. Metrics, records and samples stay, and files that are not tactics' own.",
  ],
  examples: [
    ["tactics runs prune", "What would go, and how much space that is"],
    ["tactics runs prune --yes", "Remove it"],
    ["tactics runs prune --whole-runs --yes", "Also every run but the latest and the best"],
  ],
  next: [["tactics runs", "The runs that are left"]],
  options: ["wholeRuns", "yes", "checkpointDir"],
  writesIn: ({ settings }) => [settings.checkpointDir],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { options: { wholeRuns = false, yes = false }, settings: { checkpointDir } } = context;
  const found = await prunable(checkpointDir, { wholeRuns });
  const removed: Prunable[] = [];
  for (const part of yes ? found : []) {
    context.signal.throwIfAborted();
    try {
      removed.push({ ...part, files: await prune(checkpointDir, part) });
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      context.notice("warning", `${error.message}: nothing of it is removed`);
    }
  }
  const told = yes ? removed : found;
  const sizeBytes = told.reduce((sum, part) => sum + sizeOf(part), 0);
  const listed = told.map((part) => ({ ...eventOf(part), sizeBytes: sizeOf(part) }));
  const verb = yes ? "removed" : "would be removed";
  const total = told.length === 0 ? `nothing ${verb}` : `${formatBytes(sizeBytes)} ${verb}`;
  context.emit({ kind: "prune", removed: yes, runs: listed, sizeBytes }, [
    ...tableLines(told.map(row)),
    total,
  ]);
  if (!yes && found.length > 0) {
    const flags = wholeRuns ? " --whole-runs" : "";
    context.notice("info", "nothing is removed yet", `\`tactics runs prune${flags} --yes\` removes it.`);
  }
}

function row(part: Prunable): string[] {
  const { run: { directory }, files, isWhole } = part;
  const first = files.slice(0, 3).map(({ name }) => name).join(", ");
  const names = files.length > 3 ? `${first} and ${files.length - 3} more` : first;
  return [directory, formatBytes(sizeOf(part)), isWhole ? "the whole run" : names];
}

function sizeOf({ files }: Prunable): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function eventOf({ run: { name, directory }, files, isWhole }: Prunable): Record<string, unknown> {
  return { name, directory, isWhole, files: files.map(({ name }) => name) };
}
