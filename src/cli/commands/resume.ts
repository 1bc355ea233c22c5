// `tactics resume`: go on from a checkpoint.
import { dirname } from "@std/path";
import { type Checkpoint, checkpointFiles, checkpointName } from "../../checkpoint/mod.ts";
import { loadCheckpoint, type LoadedCheckpoint, loadFromFolder } from "../../checkpoint/mod.ts";
import { checkTrainConfig, type TrainConfig } from "../../config.ts";
import { cacheFolderOf } from "../../train/corpus_cache.ts";
import { prepareToResume } from "../../train/earlier_runs.ts";
import type { Command, CommandContext } from "../command.ts";
import { LENGTHS } from "../config_file.ts";
import type { OptionValues } from "../options/mod.ts";
import { MACHINE_OPTIONS, passedOver, tokenizerIn, workersOf } from "../run_setup.ts";
import { placeOf } from "../model_setup.ts";
import type { Rank } from "../../train/ranks/mod.ts";
import { withRanks } from "../distributed.ts";
import { runTraining } from "../training.ts";
import { openTrainingData } from "../training_data.ts";

const INTERVALS = ["logInterval", "evalInterval", "saveInterval"] as const;

export const resume: Command = {
  name: "resume",
  summary: "Go on with the latest run, or with another, or from a given checkpoint",
  description: [
    "The resumed run gives the same bytes as one that was never interrupted. With --steps, --epochs or " +
    "--minutes a run, also a finished one, is made longer. From an earlier CHECKPOINT the run branches: " +
    "what is newer in the folder is moved into a subfolder earlier-….",
  ],
  examples: [
    ["tactics resume", "Go on from the newest checkpoint"],
    ["tactics resume --minutes 10", "Ten minutes more"],
    ["tactics resume wide", "Go on with the run that was named so"],
  ],
  next: [["tactics export", "A folder that the prover loads"]],
  options: [
    ...LENGTHS,
    ...INTERVALS,
    ...MACHINE_OPTIONS,
    "distributed",
    "gpuStorage",
    "showSamples",
    "dashboard",
    "dataDir",
    "checkpointDir",
  ],
  flagsOnly: [...LENGTHS, ...INTERVALS], // a run goes on as it was begun, whatever a tactics.json says now
  defaults: {
    ...Object.fromEntries(["epochs", ...INTERVALS].map((name) => [name, "as the run was begun"])),
    checkpointDir: "CHECKPOINT's folder, else checkpoints",
  },
  positionals: [["[CHECKPOINT]", "A .safetensors file, or a run: its name, its folder, latest or best"]],
  writesIn: ({ options, settings, positionals: [given] }) => [
    cacheFolderOf(settings.dataDir),
    ...given?.endsWith(".safetensors")
      ? [options.checkpointDir ?? dirname(given)]
      : [settings.checkpointDir, ...given === undefined ? [] : [given]],
  ],
  listens: ({ options }) => options.dashboard === true,
  run,
};

function run(context: CommandContext): Promise<void> {
  return withRanks(context, (rank) => goOn(context, rank));
}

async function goOn(context: CommandContext, rank: Rank | null): Promise<void> {
  const { options, settings } = context;
  const { path, checkpoint, isNamed } = await checkpointOf(context);
  const folder = dirname(path);
  const checkpointDir = isNamed ? options.checkpointDir ?? folder : folder;
  const config = extendedConfig(checkpoint, options);
  const workers = workersOf(options, config.shards, rank?.all);
  const { step, evaluationDue } = checkpoint;
  // Of a run killed between its last two files, the best checkpoint and the last step's, the latter is due.
  const isSaved = (await checkpointFiles(folder)).includes(checkpointName(step)) || isNamed;
  if (config.steps !== null && step >= config.steps && !evaluationDue && isSaved) {
    context.notice(
      "info",
      `the run of ${path} is complete: ${step} of ${config.steps} steps are done`,
      "Make it longer with --minutes 10 or --steps N, or export it with `tactics export`.",
    );
    return;
  }
  context.notice("info", `going on from ${path}, step ${step}`);
  const tokenizer = await tokenizerIn(folder);
  const data = await openTrainingData(context, { tokenizer, config, workers, writes: true });
  await runTraining(context, {
    model: checkpoint.model,
    train: config,
    data,
    tokenizer,
    checkpointDir,
    workers,
    resume: checkpoint,
  }, {
    dataDir: settings.dataDir,
    rank,
    beforeStart: async () => {
      for (const message of await prepareToResume(checkpointDir, { path, checkpoint, now: new Date() })) {
        context.notice("info", message);
      }
    },
  });
}

/** The checkpoint file that is named, or the newest whole one of a run. */
async function checkpointOf(context: CommandContext): Promise<LoadedCheckpoint & { isNamed: boolean }> {
  const path = await placeOf(context, context.positionals[0]);
  if (path.endsWith(".safetensors")) return { path, checkpoint: await loadCheckpoint(path), isNamed: true };
  const found = await loadFromFolder(path, { which: "newest", passedOver: passedOver(context) });
  return { ...found, isNamed: false };
}

/** The checkpoint's configuration with the length and the intervals that were asked for. */
function extendedConfig(checkpoint: Checkpoint, options: OptionValues): TrainConfig {
  const given = Object.entries(options).filter(([name]) => name in checkpoint.train);
  const config: TrainConfig = { ...checkpoint.train, ...Object.fromEntries(given) };
  if (LENGTHS.some((name) => options[name] !== undefined)) {
    config.stableSteps = null;
    config.steps = options.steps ?? null;
  }
  return checkTrainConfig(config);
}
