// `tactics train`: a model from scratch.
import { join } from "@std/path";
import { openCheckpoint } from "../../checkpoint/mod.ts";
import type { ModelConfig } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { writeFileAtomic } from "../../io/mod.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";
import { prepareData } from "../../train/data.ts";
import { moveEarlierCheckpoints } from "../../train/earlier_runs.ts";
import type { Command, CommandContext } from "../command.ts";
import { flagOf, MODEL_NAMES, TRAIN_NAMES } from "../options/mod.ts";
import { MACHINE_OPTIONS, modelConfigOf, tokenizerIn, trainConfigOf, workersOf } from "../run_setup.ts";
import { readCorpus, tellUnknownBytes } from "../run_setup.ts";
import { runTraining } from "../training.ts";

const TOKENIZER = "tokenizer.json";

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
  options: [
    ...TRAIN_NAMES,
    ...MODEL_NAMES,
    ...MACHINE_OPTIONS,
    "gpuStorage",
    "from",
    "dataDir",
    "checkpointDir",
  ],
  writesIn: ({ settings }) => [settings.checkpointDir],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { options, settings: { dataDir, checkpointDir } } = context;
  const config = trainConfigOf(options);
  const workers = workersOf(options, config.shards);
  const { tokenizer, model, initial } = await beginning(context);
  const { files } = await readCorpus(context, dataDir);
  tellUnknownBytes(context, "the proofs", { texts: files.map(({ text }) => text), tokenizer });
  const data = prepareData(files, tokenizer, config);
  const parts = { model, train: config, data, tokenizer, checkpointDir, workers, ...initial && { initial } };
  await runTraining(context, parts, async () => {
    const earlier = await moveEarlierCheckpoints(checkpointDir, new Date());
    if (earlier !== null) context.notice("info", `checkpoints of an earlier run are now in ${earlier}`);
    if (initial) {
      await writeFileAtomic(join(checkpointDir, TOKENIZER), new TextEncoder().encode(tokenizer.toJson()));
    }
  });
}

/** The model to train: fresh weights for the folder's tokenizer, or those of --from with its own. */
async function beginning(
  { options, settings: { checkpointDir } }: CommandContext,
): Promise<{ tokenizer: Tokenizer; model: ModelConfig; initial?: Float32Array }> {
  if (options.from === undefined) {
    const tokenizer = await tokenizerIn(checkpointDir);
    return { tokenizer, model: modelConfigOf(options, tokenizer.vocabularySize) };
  }
  const given = MODEL_NAMES.find((name) => name !== "dropout" && options[name] !== undefined);
  if (given !== undefined) {
    throw new UsageError(`--${flagOf(given)} cannot be given with --from: the checkpoint has its sizes`, {
      hint: `Leave --${flagOf(given)} out.`,
    });
  }
  const { checkpoint, tokenizer } = await openCheckpoint(options.from);
  const isThere = await Deno.lstat(join(checkpointDir, TOKENIZER)).then(() => true, () => false);
  if (isThere && (await tokenizerIn(checkpointDir)).sha256() !== tokenizer.sha256()) {
    throw new UsageError(`"${join(checkpointDir, TOKENIZER)}" is not the tokenizer of "${options.from}"`, {
      hint: "Name another folder with --checkpoint-dir.",
    });
  }
  const { dropout = checkpoint.model.dropout } = options;
  return { tokenizer, model: { ...checkpoint.model, dropout }, initial: checkpoint.parameters };
}
