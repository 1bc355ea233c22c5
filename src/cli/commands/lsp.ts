// `tactics lsp`: the Language Server Protocol on standard input and output, for editors.
import { DataError, UsageError } from "../../errors.ts";
import { serveEditor } from "../../serve/mod.ts";
import { temporaryFolder } from "../acorn_judge.ts";
import type { Command, CommandContext } from "../command.ts";
import { MODEL_OPTIONS } from "../model_setup.ts";
import { assistantOf } from "./serve.ts";

export const lsp: Command = {
  name: "lsp",
  summary: "Serve an editor: suggests steps in Acorn's modules, saved or not",
  description: [
    "Speaks the Language Server Protocol on standard input and output; messages for people are on standard " +
    "error. On a goal's lines it offers to suggest a step. docs/acorn.md says how editors start it.",
  ],
  examples: [["tactics lsp --lib ../acornlib", "As an editor starts it"]],
  options: ["lib", "acorn", "seconds", "promptForm", ...MODEL_OPTIONS],
  runsProgram: true,
  writesIn: () => [temporaryFolder()],
  run,
};

async function run(context: CommandContext): Promise<void> {
  if (context.json) {
    throw new UsageError("tactics lsp takes no --json: standard output carries the editor's protocol");
  }
  await using assistant = assistantOf(context, "lsp");
  // The first question waits for it, and says what is wrong with it.
  assistant.warmUp().catch((error) => context.notice("warning", (error as Error).message));
  const leftInOrder = await serveEditor({
    input: context.inputStream(),
    write: context.write,
    assistant,
    seconds: context.settings.seconds,
    log: (message) => context.notice("info", message),
    signal: context.signal,
  });
  if (!leftInOrder && !context.signal.aborted) {
    throw new DataError("The editor has gone without `shutdown` and `exit`");
  }
}
