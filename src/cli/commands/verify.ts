// `tactics verify`: an exported folder, also somebody else's, against the rules that need no checkpoint.
import { DamagedError } from "../../errors.ts";
import { type FolderCheck, verifyFolder } from "../../export/mod.ts";
import { shellWord } from "../../text_format.ts";
import type { Command, CommandContext } from "../command.ts";
import { placeOf, requireBoundsChecks } from "../model_setup.ts";

export const verify: Command = {
  name: "verify",
  summary: "Check an exported folder in ONNX Runtime",
  description: [
    "Looks at the files (sha256, sizes, vocabulary, ONNX version), then runs the model as the prover does. " +
    "Folders of any flavor, whoever made them.",
  ],
  examples: [["tactics verify export/tactics-2026-01-31-12-00-00", "Check this folder"]],
  next: ({ positionals: [folder = ""] }) => [
    [`tactics suggest --model ${shellWord(folder)} --goal FILE`, "A proof's next lines"],
  ],
  options: [],
  positionals: [[
    "DIR",
    "A folder with model.onnx, tokenizer.json and config.json, or the folder that it is the newest in",
  ]],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const directory = await placeOf(context, context.positionals[0]);
  await requireBoundsChecks(context, "verify", directory);
  let failed = 0;
  for await (const check of verifyFolder(directory, { signal: context.signal })) {
    printCheck(context, check);
    if (!check.ok) failed++;
  }
  if (failed > 0) throw new DamagedError(`"${directory}" fails ${failed} checks`);
}

export function printCheck(context: CommandContext, { name, ok, detail }: FolderCheck): void {
  context.emit({ kind: "check", name, ok, detail }, `  ${ok ? "ok    " : "FAILED"} ${name}: ${detail}`);
}
