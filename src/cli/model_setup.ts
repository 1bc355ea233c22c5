// What the commands that ask a model do first: read the goal, and open the model.
import { MAX_PROOF_BYTES } from "../corpus/proof_file.ts";
import { UsageError } from "../errors.ts";
import { findModel, openModel } from "../infer/open_model.ts";
import type { LanguageModel, LineScope } from "../infer/mod.ts";
import { readTextBounded } from "../io/mod.ts";
import { modelPlace } from "../runs/mod.ts";
import { type Goal, parseGoal } from "../prompt/mod.ts";
import type { CommandContext } from "./command.ts";
import type { OptionName } from "./options/mod.ts";
import { backendOf, passedOver } from "./run_setup.ts";
import { goalAtPlace, questionOf } from "./source_place.ts";

/** Options of a goal, and of how it is put to the model. */
export const GOAL_OPTIONS: readonly OptionName[] = ["goal", "afterLines", "promptForm"];

/** Options of where the model is, and of how it draws. */
export const MODEL_OPTIONS: readonly OptionName[] = ["model", "checkpointDir", "backend"];
export const DRAWING_OPTIONS: readonly OptionName[] = ["temperature", "topP", "minP", "maxTokens", "seed"];

/** Where exported folders lie unless another place is named. */
export const EXPORTS = "export";

/** V8's flag that leaves out WebAssembly's bounds checks, in each way in which it is read. */
const UNCHECKED = /--no-?wasm[-_]bounds[-_]checks/;

/** Read the goal, with as many lines of its proof as --after-lines says; or the one at a place of a module. */
export async function goalOf(context: CommandContext): Promise<Goal & { readonly scope?: LineScope }> {
  const { settings, positionals: [place], readInput } = context;
  const { goal: path, afterLines } = settings;
  if (place !== undefined) {
    if (path !== undefined) throw new UsageError(`The goal is named twice: ${place}, and --goal ${path}`);
    return await questionOf(await goalAtPlace(place, context), context);
  }
  const hint = "Name a text file in UTF-8, or leave --goal out and give the goal on standard input.";
  const text = path === undefined || path === "/dev/stdin"
    ? await readInput()
    : await readTextBounded(path, { what: "the goal from", maxBytes: MAX_PROOF_BYTES, hint });
  const { before, lines } = parseGoal(text);
  if (afterLines > lines.length) {
    throw new UsageError(`--after-lines ${afterLines}: the given proof has ${lines.length} lines`);
  }
  return { before, lines: lines.slice(0, afterLines) };
}

/** Where the model is that the user means: a path, `latest`, `best`, a run's name; else the latest run. */
export async function placeOf(context: CommandContext, given: string | undefined): Promise<string> {
  const { path, meaning } = await modelPlace(given, context.settings.checkpointDir);
  if (meaning !== undefined) context.notice("info", meaning);
  return path;
}

/** Open the model of --model, or the latest run's best checkpoint. */
export async function modelOf(context: CommandContext, command: string): Promise<LanguageModel> {
  const place = await placeOf(context, context.settings.model);
  await requireBoundsChecks(context, command, place);
  const backend = await backendOf(context, "inference");
  return await openModel(place, { backend, passedOver: passedOver(context) });
}

/**
 * Refuse an exported folder in a process without bounds checks in WebAssembly (v8.env), which only our own
 * kernels may do without: ONNX Runtime, too, is WebAssembly, and runs somebody else's model.onnx.
 */
export async function requireBoundsChecks(
  { env }: CommandContext,
  command: string,
  model: string,
): Promise<void> {
  if (!UNCHECKED.test(env("DENO_V8_FLAGS") ?? "")) return;
  if (command !== "verify" && (await findModel(model)).kind === "checkpoint") return;
  throw new UsageError(
    `"${model}" is not opened in ONNX Runtime here: DENO_V8_FLAGS switches WebAssembly's bounds checks ` +
      "off, which only our own kernels may do without",
    { hint: `start with \`deno task ${command}\`, which leaves them on, or without DENO_V8_FLAGS` },
  );
}
