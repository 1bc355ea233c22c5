// The proofs that a run trains on, as commands read them: in pieces, with how far it is, and what is told of
// it.
import type { TrainConfig } from "../config.ts";
import { formatBytes, formatCount } from "../text_format.ts";
import { cacheFolderOf } from "../train/corpus_cache.ts";
import { splitTokenized, type TrainingData } from "../train/data.ts";
import { type OpenedCorpus, type ReadCorpusOptions, readTokenizedCorpus } from "../train/read_corpus.ts";
import type { StreamStage } from "../train/epoch_counts.ts";
import type { CommandContext } from "./command.ts";
import { bar } from "./render/terminal.ts";
import { tellProblems, tellUnknownCount } from "./run_setup.ts";

/** A stage that is shorter is not told when it is over. */
const TOLD_SECONDS = 1;

/** What a stage is called, while it goes on. */
const STAGES = {
  reading: "reading the proofs",
  looking: "looking for their tokens",
  tokenizing: "tokenizing proofs",
  keeping: "keeping their tokens",
  names: "reading their names",
  epoch: "counting an epoch",
} as const;

/** Read and split the proofs of --data-dir. @param writes whether their tokens may be kept beside them */
export async function openTrainingData(
  context: CommandContext,
  { config, ...options }:
    & { config: TrainConfig }
    & Pick<ReadCorpusOptions, "tokenizer" | "writes" | "workers">,
): Promise<TrainingData> {
  const { settings: { dataDir }, signal } = context;
  const progress = stageProgress(context);
  const begun = performance.now();
  const cacheFolder = cacheFolderOf(dataDir);
  const opened = await readTokenizedCorpus(dataDir, { ...options, cacheFolder, progress, signal });
  const { corpus, report, derived, notKept, isMadeAgain } = opened;
  if (isMadeAgain) {
    const message = `the tokens kept in "${cacheFolder}" are damaged or of other proofs: they are made again`;
    context.notice("info", message);
  }
  tellProblems(context, dataDir, report);
  tellUnknownCount(context, "the proofs", corpus.table.unknownBytes);
  tellRead(context, opened, (performance.now() - begun) / 1000);
  if (notKept !== null) {
    const message = `the proofs' tokens are not kept for the next start: ${notKept}`;
    context.notice("info", message, "Name a place that can be written beside with --data-dir.");
  }
  const data = splitTokenized(corpus, config);
  return derived === null ? data : { ...data, derived };
}

/** Shows in the terminal how far a stage of a run's data is. */
export function stageProgress(
  context: CommandContext,
): (stage: keyof typeof STAGES | StreamStage, share: number) => void {
  return (stage, share) => tellStage(context, STAGES[stage], share);
}

/** The same of any stage. @param share in [0, 1] */
export function tellStage(context: CommandContext, stage: string, share: number): void {
  context.progress(`${stage.padEnd(24)} ${bar(share, 30)} ${Math.round(100 * share)}%`);
}

function tellRead(context: CommandContext, { corpus, report, derived }: OpenedCorpus, seconds: number): void {
  if (seconds < TOLD_SECONDS) return;
  const proofs = `${formatCount(corpus.length)} proofs, ${formatBytes(report.sizeBytes)}`;
  const tokens = `${formatCount(corpus.table.ids.length)} tokens`;
  const kept = derived === null ? "" : `, kept in "${derived.folder}"`;
  context.notice("info", `read ${proofs}, ${tokens}, in ${seconds.toFixed(1)} s${kept}`);
}
