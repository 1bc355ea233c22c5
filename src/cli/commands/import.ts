// `tactics import`: a model that the PyTorch program saved, as a checkpoint.
import { dirname, join } from "@std/path";
import { BEST_CHECKPOINT_NAME, importPyTorch, saveCheckpoint } from "../../checkpoint/mod.ts";
import { UsageError } from "../../errors.ts";
import { writeFileAtomic } from "../../io/mod.ts";
import { loadTokenizer } from "../../tokenizer/mod.ts";
import type { Command, CommandContext } from "../command.ts";

export const importCommand: Command = {
  name: "import",
  summary: "Read a PyTorch checkpoint of acornprover/tactics",
  description: [
    "Writes best.safetensors and tokenizer.json into DIR. `export`, `eval`, `suggest` and `train --from` work " +
    "on it. The weights come along, the optimizer's state does not. Nothing in the file is run.",
  ],
  examples: [[
    "tactics import best_model.pt checkpoints/imported",
    "Then: tactics export checkpoints/imported",
  ]],
  next: [["tactics export", "A folder that the prover loads"]],
  options: ["tokenizer"],
  positionals: [
    ["FILE", "A best_model.pt or checkpoint_step_N.pt"],
    ["DIR", "The folder to write; it must not exist or be empty"],
  ],
  writesIn: ({ positionals: [, folder = ""] }) => [folder],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const [path = "", folder = ""] = context.positionals;
  const tokenizer = await loadTokenizer(context.options.tokenizer ?? join(dirname(path), "tokenizer.json"));
  const checkpoint = await importPyTorch(path, tokenizer);
  await Deno.mkdir(folder, { recursive: true });
  for await (const _entry of Deno.readDir(folder)) {
    throw new UsageError(`"${folder}" is not empty`, { hint: "Name a new folder: nothing is overwritten." });
  }
  const file = join(folder, BEST_CHECKPOINT_NAME);
  await writeFileAtomic(join(folder, "tokenizer.json"), new TextEncoder().encode(tokenizer.toJson()));
  await saveCheckpoint(file, checkpoint);
  const { model, step } = checkpoint;
  context.emit({ kind: "import", path: file, step, model }, [
    `${file}: ${model.nLayers} layers, width ${model.dModel}, ${model.vocabSize} tokens, step ${step}`,
  ]);
}
