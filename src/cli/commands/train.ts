// `tactics train`: a model from scratch.
import { join } from "@std/path";
import { checkpointFiles, openCheckpoint } from "../../checkpoint/mod.ts";
import type { ModelConfig } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { writeFileAtomic } from "../../io/mod.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";
import { cacheFolderOf } from "../../train/corpus_cache.ts";
import { moveEarlierRun } from "../../train/earlier_runs.ts";
import { isRunName, readRunRecord } from "../../runs/mod.ts";
import { quoted } from "../../text_format.ts";
import type { Command, CommandContext } from "../command.ts";
import { freeBytesAt } from "../disk_space.ts";
import { placeOf } from "../model_setup.ts";
import { flagOf, MODEL_NAMES, TRAIN_NAMES } from "../options/mod.ts";
import { MACHINE_OPTIONS, modelConfigOf, tokenizerIn, trainConfigOf, workersOf } from "../run_setup.ts";
import type { Rank } from "../../train/ranks/mod.ts";
import { withRanks } from "../distributed.ts";
import { runTraining, tellWhatItTakes } from "../training.ts";
import { openTrainingData } from "../training_data.ts";

const TOKENIZER = "tokenizer.json";

export const train: Command = {
  name: "train",
  summary: "Train a model from scratch",
  description: [
    "Needs a tokenizer in the checkpoint folder (`tactics tokenizer`). A tenth of the proofs is held out " +
    "to measure on. Ctrl-C ends the run after the current step, with a checkpoint; `tactics resume` goes " +
    "on from it as if nothing had happened.",
    "A run without a name lies in the checkpoint folder itself, until the next one moves it into a " +
    "subfolder of its date and time.",
  ],
  examples: [
    ["tactics train", "30 epochs with the default model"],
    ["tactics train --minutes 10 --dashboard", "The best use of ten minutes, in a browser as it goes on"],
    ["tactics train --dry-run", "What it would take"],
    ["mpirun -n 4 tactics train --distributed mpi", "On four processes, here or on four machines"],
    ["tactics train --name wide --d-model 384", "A run with a name, in checkpoints/wide"],
  ],
  next: ({ options }) =>
    options.dryRun ? [["the same call without --dry-run", "Begins"]] : [
      ["tactics eval", "How good it is, beside baselines"],
      ["tactics export", "A folder that the prover loads"],
    ],
  options: [
    ...TRAIN_NAMES,
    ...MODEL_NAMES,
    ...MACHINE_OPTIONS,
    "distributed",
    "gpuStorage",
    "name",
    "showSamples",
    "dashboard",
    "dryRun",
    "from",
    "dataDir",
    "checkpointDir",
  ],
  writesIn: ({ settings }) => [settings.checkpointDir, cacheFolderOf(settings.dataDir)],
  listens: ({ options }) => options.dashboard === true,
  run,
};

function run(context: CommandContext): Promise<void> {
  return withRanks(context, (rank) => trainFromScratch(context, rank));
}

async function trainFromScratch(context: CommandContext, rank: Rank | null): Promise<void> {
  const { options, settings: { dataDir, name } } = context;
  const checkpointDir = await folderOf(context);
  const config = trainConfigOf(options);
  const workers = workersOf(options, config.shards, rank?.all);
  const { tokenizer, model, initial } = await beginning(context, checkpointDir);
  const data = await openTrainingData(context, {
    tokenizer,
    config,
    workers,
    writes: options.dryRun !== true,
  });
  const freeBytes = freeBytesAt(checkpointDir);
  const parts = {
    model,
    train: config,
    data,
    tokenizer,
    checkpointDir,
    workers,
    estimate: true,
    ...freeBytes !== undefined && { freeBytes },
    ...initial && { initial },
  };
  if (options.dryRun) return await tellWhatItTakes(context, parts, rank);
  const beforeStart = async (): Promise<void> => {
    const earlier = await moveEarlierRun(checkpointDir, new Date());
    if (earlier !== null) context.notice("info", `the run that was here is now in ${earlier}`);
    if (initial || name !== undefined) {
      await writeFileAtomic(join(checkpointDir, TOKENIZER), new TextEncoder().encode(tokenizer.toJson()));
    }
  };
  await runTraining(context, parts, { dataDir, name, rank, beforeStart });
}

/** The run's folder: the checkpoint folder, or of a run with a name its subfolder, which has no run yet. */
async function folderOf({ settings: { checkpointDir, name } }: CommandContext): Promise<string> {
  if (name === undefined) return checkpointDir;
  if (!isRunName(name)) {
    throw new UsageError(`--name must be a name for a folder: got ${quoted(name)}`, {
      hint: "use letters, digits, dots, dashes and underscores, at most 64; latest, best and runs are taken",
    });
  }
  const folder = join(checkpointDir, name);
  if ((await checkpointFiles(folder)).length > 0 || await readRunRecord(folder) !== null) {
    throw new UsageError(`There is a run "${name}" in "${folder}" already`, {
      hint: `give another name, or go on with it: \`tactics resume ${name}\``,
    });
  }
  return folder;
}

/** The model to train: fresh weights for the folder's tokenizer, or those of --from with its own. */
async function beginning(
  context: CommandContext,
  folder: string,
): Promise<{ tokenizer: Tokenizer; model: ModelConfig; initial?: Float32Array }> {
  const { options, settings } = context;
  if (options.from === undefined) {
    const tokenizer = await tokenizerIn(settings.checkpointDir);
    return { tokenizer, model: modelConfigOf(options, tokenizer.vocabularySize) };
  }
  const given = MODEL_NAMES.find((name) => name !== "dropout" && options[name] !== undefined);
  if (given !== undefined) {
    throw new UsageError(`--${flagOf(given)} cannot be given with --from: the checkpoint has its sizes`, {
      hint: `Leave --${flagOf(given)} out.`,
    });
  }
  const { checkpoint, tokenizer } = await openCheckpoint(await placeOf(context, options.from));
  const path = join(folder, TOKENIZER);
  const isThere = await Deno.lstat(path).then(() => true, () => false);
  if (isThere && (await tokenizerIn(folder)).sha256() !== tokenizer.sha256()) {
    throw new UsageError(`"${path}" is not the tokenizer of "${options.from}"`, {
      hint: "Give the run a name with --name, or name another folder with --checkpoint-dir.",
    });
  }
  const { dropout = checkpoint.model.dropout } = options;
  return { tokenizer, model: { ...checkpoint.model, dropout }, initial: checkpoint.parameters };
}
