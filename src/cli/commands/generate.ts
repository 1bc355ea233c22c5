/** `tactics generate`: go on with a text, streaming. */
import { DataError, UsageError } from "../../errors.ts";
import { openModel } from "../../infer/open_model.ts";
import { generateTokens } from "../../infer/sample.ts";
import { StreamDecoder } from "../../tokenizer/mod.ts";
import type { Command, CommandContext } from "../command.ts";
import { backendOf, samplingOf } from "../run_setup.ts";

/** See the top of this file. */
export const generate: Command = {
  name: "generate",
  summary: "Go on with a text, from a checkpoint or an exported folder",
  usage: "tactics generate [--prompt TEXT | --file FILE] [options]",
  description: [
    "Writes until the model ends the proof or --max-tokens are written. The prompt comes from --prompt, from a file, or from standard input; only " +
    "its last tokens count when it is longer than the context.",
  ],
  examples: [
    { command: "tactics generate --prompt $'@T\\ntheorem '", description: "A theorem and its proof" },
    {
      command: "tactics generate --file goal.txt --temperature 0",
      description: "The likeliest proof of a goal",
    },
    {
      command: "tactics generate --model export/tactics-2026-01-31-12-00-00 < goal.txt",
      description: "From an exported folder",
    },
  ],
  options: [
    "prompt",
    "file",
    "model",
    "temperature",
    "topK",
    "topP",
    "minP",
    "maxTokens",
    "seed",
    "backend",
    "checkpointDir",
  ],
  positionals: [],
  run,
};

async function run(context: CommandContext): Promise<void> {
  const { options, signal } = context;
  const { maxTokens = 200, checkpointDir = "checkpoints" } = options;
  const prompt = await promptOf(context);
  await using model = await openModel(options.model ?? checkpointDir, await backendOf(context));
  const { decoder, tokenizer } = model;
  const tokens = tokenizer.encode(prompt);
  if (tokens.length > decoder.contextLength) {
    context.notice(
      "warning",
      `only the last ${decoder.contextLength} of the prompt's ${tokens.length} tokens are used`,
    );
  }
  const stream = new StreamDecoder(tokenizer);
  let [text, count] = ["", 0];
  const put = (piece: string): void => {
    text += piece;
    context.write(piece);
  };
  context.write(prompt);
  for await (
    const token of generateTokens(decoder, tokens.slice(-decoder.contextLength), samplingOf(options))
  ) {
    put(stream.push(token));
    if (++count >= maxTokens || signal.aborted) break;
  }
  put(stream.end());
  context.write("\n");
  if (context.json) {
    context.emit(
      { kind: "generation", model: model.path, prompt, text, tokens: count },
      "",
    );
  }
}

async function promptOf({ options, readInput }: CommandContext): Promise<string> {
  if (options.prompt !== undefined && options.file !== undefined) {
    throw new UsageError("Give --prompt or --file, not both");
  }
  if (options.prompt !== undefined) return options.prompt;
  if (options.file === undefined) return await readInput();
  try {
    return await Deno.readTextFile(options.file);
  } catch (cause) {
    throw new DataError(`Cannot read the prompt from "${options.file}": ${(cause as Error).message}`, {
      cause,
    });
  }
}
