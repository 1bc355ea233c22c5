// `tactics train`: a model from scratch.
import { prepareData } from "../../train/data.ts";
import { moveEarlierCheckpoints } from "../../train/earlier_runs.ts";
import type { Command, CommandContext } from "../command.ts";
import { MODEL_NAMES, TRAIN_NAMES } from "../options/mod.ts";
import { MACHINE_OPTIONS, modelConfigOf, tokenizerIn, trainConfigOf, workersOf } from "../run_setup.ts";
import { readCorpus, tellUnknownBytes } from "../run_setup.ts";
import { runTraining } from "../training.ts";

export const train: Command = {
  name: "train",
  summary: "Train a model from scratch",
  description: [
    "Needs a tokenizer in the checkpoint folder (`tactics tokenizer`). A tenth of the proofs is held out " +
    "to measure on. Ctrl-C ends the run after the current step, with a checkpoint; `tactics resume` goes " +
    "on from it as if nothing had happened.",
  ],
  examples: [
    ["tactics train", "30 epochs with the default model"],
    ["tactics train --minutes 10", "The best use of ten minutes"],
  ],
  options: [...TRAIN_NAMES, ...MODEL_NAMES, ...MACHINE_OPTIONS, "gpuStorage", "dataDir", "checkpointDir"],
  writesIn: ({ settings }) => [settings.checkpointDir],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { options, settings: { dataDir, checkpointDir } } = context;
  const config = trainConfigOf(options);
  const workers = workersOf(options, config.shards);
  const tokenizer = await tokenizerIn(checkpointDir);
  const model = modelConfigOf(options, tokenizer.vocabularySize);
  const { files } = await readCorpus(context, dataDir);
  tellUnknownBytes(context, "the proofs", { texts: files.map(({ text }) => text), tokenizer });
  const data = prepareData(files, tokenizer, config);
  await runTraining(context, { model, train: config, data, tokenizer, checkpointDir, workers }, async () => {
    const earlier = await moveEarlierCheckpoints(checkpointDir, new Date());
    if (earlier !== null) context.notice("info", `checkpoints of an earlier run are now in ${earlier}`);
  });
}
