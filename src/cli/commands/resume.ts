/** `tactics resume`: go on from a checkpoint. */
import { dirname, join } from "@std/path";
import type { TrainConfig } from "../../config.ts";
import { checkTrainConfig } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { lockFolder } from "../../io/mod.ts";
import { loadTokenizer } from "../../tokenizer/mod.ts";
import { type Checkpoint, loadCheckpoint, newestCheckpoint } from "../../checkpoint/mod.ts";
import { prepareData } from "../../train/data.ts";
import { train as trainModel } from "../../train/trainer.ts";
import type { Command, CommandContext } from "../command.ts";
import { MetricsFile } from "../metrics_file.ts";
import type { OptionValues } from "../options/mod.ts";
import { backendOf, MACHINE_OPTIONS, readCorpus, workersOf } from "../run_setup.ts";

/** See the top of this file. */
export const resume: Command = {
  name: "resume",
  summary: "Go on from the newest checkpoint, or from a given one",
  description: [
    "The resumed run gives the same bytes as one that was never interrupted. With --steps, --epochs or " +
    "--minutes a run, also a finished one, is made longer: its learning rate then follows the schedule of " +
    "the longer run from here on.",
  ],
  examples: [
    ["tactics resume", "Go on from the newest checkpoint"],
    ["tactics resume checkpoints/step_000500.safetensors", "Go on from this one"],
    ["tactics resume --minutes 10", "Ten minutes more"],
  ],
  options: [
    "steps",
    "epochs",
    "minutes",
    "logInterval",
    "evalInterval",
    "saveInterval",
    ...MACHINE_OPTIONS,
    "gpuStorage",
    "dataDir",
    "checkpointDir",
  ],
  defaults: {
    epochs: "as the run was begun",
    logInterval: "as the run was begun",
    evalInterval: "as the run was begun",
    saveInterval: "as the run was begun",
    checkpointDir: "CHECKPOINT's folder, else checkpoints",
  },
  positionals: [[
    "[CHECKPOINT]",
    "A .safetensors file of `tactics train`; without it the newest in --checkpoint-dir",
  ]],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { options, positionals } = context;
  const { dataDir = "data/proofs" } = options;
  const path = positionals[0] ?? await newestCheckpoint(options.checkpointDir ?? "checkpoints");
  const checkpointDir = options.checkpointDir ?? dirname(path);
  const checkpoint = await loadCheckpoint(path);
  const config = extendedConfig(checkpoint, options);
  const workers = workersOf(options, config.shards);
  if (config.steps !== null && checkpoint.step >= config.steps) {
    context.notice(
      "info",
      `the run of ${path} is complete: ${checkpoint.step} of ${config.steps} steps are done`,
      "Make it longer with --minutes 10 or --steps N, or export it with `tactics export`.",
    );
    return;
  }
  context.notice("info", `going on from ${path}, step ${checkpoint.step}`);
  const tokenizer = await loadTokenizer(join(dirname(path), "tokenizer.json"));
  const corpus = await readCorpus(context, dataDir);
  const events = trainModel({
    model: checkpoint.model,
    train: config,
    data: prepareData(corpus.files, tokenizer, config),
    tokenizer,
    checkpointDir,
    backend: await backendOf(context, "training"),
    workers,
    availableBytes: Deno.systemMemoryInfo().available,
    resume: checkpoint,
    signal: context.signal,
  });
  using _lock = lockFolder(checkpointDir);
  using metrics = new MetricsFile(checkpointDir);
  for await (const event of events) {
    metrics.render(event);
    context.render(event);
  }
}

/** The checkpoint's configuration with the length and the intervals that were asked for. */
function extendedConfig(checkpoint: Checkpoint, options: OptionValues): TrainConfig {
  const { steps, epochs, minutes, logInterval, evalInterval, saveInterval } = options;
  if ([steps, epochs, minutes].filter((value) => value !== undefined).length > 1) {
    throw new UsageError("Give only one of --steps, --epochs and --minutes: each sets the length of the run");
  }
  const config: TrainConfig = { ...checkpoint.train };
  if ([steps, epochs, minutes].some((value) => value !== undefined)) config.stableSteps = null;
  if (steps !== undefined) config.steps = steps;
  if (epochs !== undefined) [config.epochs, config.steps] = [epochs, null];
  if (minutes !== undefined) [config.minutes, config.steps] = [minutes, null];
  if (logInterval !== undefined) config.logInterval = logInterval;
  if (evalInterval !== undefined) config.evalInterval = evalInterval;
  if (saveInterval !== undefined) config.saveInterval = saveInterval;
  return checkTrainConfig(config);
}
