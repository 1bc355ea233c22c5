// `tactics generate`: write a goal's proof, or go on with a text, streaming.
import { UsageError } from "../../errors.ts";
import { goalPrompt, saidLines } from "../../prompt/mod.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";
import type { Command, CommandContext } from "../command.ts";
import { DRAWING_OPTIONS, GOAL_OPTIONS, goalOf, MODEL_OPTIONS, modelOf } from "../model_setup.ts";
import { tellUnknownBytes } from "../run_setup.ts";

export const generate: Command = {
  name: "generate",
  summary: "Write the proof of a goal, or go on with a text, from a checkpoint or an exported folder",
  usage: "[--goal FILE | --prompt TEXT]",
  description: [
    "Writes until the model ends the proof or --max-tokens are written. A prompt is taken as it is; only " +
    "its last tokens count when it is longer than the context. A goal's proof is written in statements of " +
    "Acorn (--syntax any: in any lines).",
  ],
  examples: [
    ["tactics generate --prompt $'@T\\ntheorem '", "A theorem and its proof"],
    ["tactics generate --goal goal.txt --max-tokens 1000", "The proof of a goal"],
  ],
  next: [["tactics suggest --goal FILE", "A proof's next lines, ranked"]],
  options: [...GOAL_OPTIONS, "prompt", "syntax", ...MODEL_OPTIONS, ...DRAWING_OPTIONS],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { settings, signal } = context;
  const { syntax, maxTokens = 200, temperature, topP, minP, seed } = settings;
  const { promptFor, known } = await promptOf(context);
  await using model = await modelOf(context, "generate");
  const { tokenizer, decoder: { contextLength } } = model;
  const tokens = promptFor(tokenizer);
  if (tokens.length > contextLength) {
    context.notice(
      "warning",
      `only the last ${contextLength} of the prompt's ${tokens.length} tokens are used`,
    );
  }
  const prompt = tokenizer.decode(tokens, { skipSpecialTokens: false });
  context.write(prompt);
  const lines = known === null || syntax === "any" ? undefined : { known };
  await using writing = model.generate(tokens, { temperature, topP, minP, seed, maxTokens, lines, signal });
  let text = "";
  let piece = await writing.next();
  for (; !piece.done; piece = await writing.next()) {
    text += piece.value;
    context.write(piece.value);
  }
  const { tokens: count, end } = piece.value;
  if (!text.endsWith("\n")) context.write("\n");
  if (context.json) {
    context.emit({ kind: "generation", model: model.source, prompt, text, tokens: count, end }, "");
  } else if (end === "length") {
    context.notice(
      "info",
      `stopped after ${count} tokens, before the proof's end`,
      "--max-tokens allows more.",
    );
  }
}

/** What to put to the model, once its tokenizer is there. */
interface Asked {
  readonly promptFor: (tokenizer: Tokenizer) => Int32Array;
  /** Lines that a goal's proof need not say; null where the prompt is any text. */
  readonly known: readonly string[] | null;
}

async function promptOf(context: CommandContext): Promise<Asked> {
  const { options: { goal, prompt, afterLines }, settings: { promptForm }, readInput } = context;
  if (goal !== undefined && prompt !== undefined) {
    throw new UsageError("Give only one of --goal and --prompt");
  }
  if (goal !== undefined) {
    const asked = await goalOf(context);
    const promptFor = (tokenizer: Tokenizer): Int32Array => {
      tellUnknownBytes(context, "the goal", { texts: [asked.before, ...asked.lines], tokenizer });
      return goalPrompt(tokenizer, asked, { form: promptForm });
    };
    return { promptFor, known: saidLines(asked) };
  }
  if (afterLines !== undefined) throw new UsageError("--after-lines counts the lines of --goal's proof");
  const text = prompt ?? await readInput();
  const promptFor = (tokenizer: Tokenizer): Int32Array => {
    tellUnknownBytes(context, "the prompt", { texts: [text], tokenizer });
    return tokenizer.encode(text);
  };
  return { promptFor, known: null };
}
