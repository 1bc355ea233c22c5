// What several commands do before their own work: configurations, the corpus, backend and workers.
import { join } from "@std/path";
import { type BackendChoice, chooseBackend } from "../backend/choose.ts";
import type { PassedOver } from "../checkpoint/mod.ts";
import { checkModelConfig, checkTrainConfig, DEFAULT_MODEL_CONFIG, RECIPES } from "../config.ts";
import type { BackendName, ModelConfig, TrainConfig } from "../config.ts";
import type { ProofProblem } from "../corpus/proof_file.ts";
import { type Corpus, readProofs } from "../corpus/read.ts";
import { UsageError } from "../errors.ts";
import { type LeftoverOptions, removeLeftovers } from "../io/mod.ts";
import { formatBytes, formatCount } from "../text_format.ts";
import { loadTokenizer, type Tokenizer, UNKNOWN_TOKEN } from "../tokenizer/mod.ts";
import type { Helper } from "../train/ranks/mod.ts";
import type { CommandContext } from "./command.ts";
import { asUsageError } from "./option_value.ts";
import { flagOf, MODEL_NAMES, OPTION_NAMES, type OptionName } from "./options/mod.ts";
import { type OptionValues, TRAIN_NAMES } from "./options/mod.ts";
import { userTileStore } from "./tile_store.ts";

/** Options that say what computes. */
export const MACHINE_OPTIONS = ["workers", "backend"] as const satisfies readonly OptionName[];

/** The run's configuration: the recipe's, with what was given. Checked. */
export function trainConfigOf(options: OptionValues): TrainConfig {
  const config = { ...RECIPES[options.recipe ?? "fast"].train, ...pick(options, TRAIN_NAMES) };
  // The batch size that the user chose is not to be halved for more steps.
  if (options.batchSize !== undefined) config.fewestSteps = 0;
  config.minLearningRate = Math.min(config.minLearningRate, config.learningRate);
  return checkTrainConfig(config);
}

/** What of a run's and its model's options was given. */
export function askedOf(options: OptionValues): Partial<OptionValues> {
  return pick(options, [...TRAIN_NAMES, ...MODEL_NAMES]);
}

/** The model's configuration: the recipe's, with what was given, and the tokenizer's vocabulary. Checked. */
export function modelConfigOf(options: OptionValues, vocabSize: number): ModelConfig {
  const { model } = RECIPES[options.recipe ?? "fast"];
  return checkModelConfig({ ...model, ...pick(options, MODEL_NAMES), vocabSize });
}

/** Check a command's options against each other, over the defaults, before anything is read. */
export function checkTogether(options: OptionValues): void {
  asUsageError(() => {
    try {
      trainConfigOf(options);
      modelConfigOf(options, DEFAULT_MODEL_CONFIG.vocabSize);
    } catch (error) {
      if (error instanceof RangeError) error.message = flagNames(error.message);
      throw error;
    }
  });
}

/** A message of the library's with options as they are typed: `nHeads` is `--n-heads`. */
function flagNames(message: string): string {
  return message.replace(/\b[a-z]+[A-Z][A-Za-z]*\b/g, (word) => {
    const name = OPTION_NAMES.find((name) => name === word);
    return name === undefined ? word : `--${flagOf(name)}`;
  });
}

/** The number of workers of each rank: the given one, or one a core of its machine. @param ranks all of them */
export function workersOf(
  { workers }: OptionValues,
  shards: number,
  ranks: readonly Helper[] = [{ host: "", cores: navigator.hardwareConcurrency }],
): number {
  const [count, among] = [ranks.length, ranks.length === 1 ? "" : ` of ${ranks.length} ranks each`];
  if (count * (workers ?? 1) > shards) {
    const hint =
      `Use at most ${Math.floor(shards / count) || shards} ${count > shards ? "ranks" : "workers"}` +
      (count > 1 ? `, or --shards ${count * (workers ?? 1)}.` : ".");
    throw new UsageError(`${workers ?? 1} workers${among} cannot share ${shards} shards`, { hint });
  }
  const cores = ranks.map((rank) => rank.cores / ranks.filter(({ host }) => host === rank.host).length);
  const fewest = cores.reduce((least, share) => Math.min(least, share), shards / count);
  return workers ?? Math.max(1, Math.floor(fewest));
}

/**
 * The backend, and tell why this one. `auto` takes a GPU for training only: other work is a few rows at a
 * time, where the way to a GPU takes longer than wasm.
 */
export async function backendOf(
  context: CommandContext,
  work: "training" | "inference",
): Promise<BackendChoice> {
  const { backend: asked = "auto", gpuStorage, distributed } = context.options;
  const isWasm = work === "inference" || distributed !== undefined;
  const name: BackendName = asked === "auto" && isWasm ? "wasm" : asked;
  if (name === "auto" || name === "webgpu") await quietDrivers();
  const tileStore = userTileStore(context.env);
  const choice = await chooseBackend(name, {
    ...(tileStore && { tileStore }),
    ...(gpuStorage && work === "training" ? { storage: gpuStorage } : {}),
  });
  if (choice.reason !== undefined) {
    const what = choice.kind === "webgpu" ? `webgpu, ${choice.adapter}` : choice.kind;
    context.notice("info", `backend: ${what} (${choice.reason})`);
  }
  if (work === "training" && choice.kind === "wasm" && choice.tile !== "6x16") {
    context.notice(
      "warning",
      "V8 does not fuse SIMD operations here: the kernels run at about half their speed",
      "Start with `deno task train`, or with `deno run --env-file=v8.env`.",
    );
  }
  return choice;
}

/** On Linux, GPU drivers print an error line when XDG_RUNTIME_DIR is not set, whatever it names. */
async function quietDrivers(): Promise<void> {
  const variable = { name: "env", variable: "XDG_RUNTIME_DIR" } as const;
  if (Deno.build.os !== "linux" || (await Deno.permissions.query(variable)).state !== "granted") return;
  if (!Deno.env.has(variable.variable)) Deno.env.set(variable.variable, "/tmp");
}

/** Tells the user which checkpoints cannot be used. */
export function passedOver(context: CommandContext): PassedOver {
  return (message) => context.notice("warning", message);
}

/** Read proofs and tell what is wrong with them, with the first `shown` problems. */
export async function readCorpus(context: CommandContext, path: string, shown = 5): Promise<Corpus> {
  const corpus = await readProofs(path);
  tellProblems(context, path, { ...corpus, problemCount: corpus.problems.length }, shown);
  return corpus;
}

/** Tell what is wrong with proofs, the first `shown` problems. */
export function tellProblems(
  context: CommandContext,
  path: string,
  { problems, problemCount }: { problems: readonly ProofProblem[]; problemCount: number },
  shown = 5,
): void {
  for (const { file, line, message } of problems.slice(0, shown)) {
    context.notice("warning", `${file === "" ? path : join(path, file)}:${line}: ${message}`);
  }
  const more = problemCount - shown;
  if (more > 0) context.notice("warning", `… and ${more} more problems: see \`tactics data stats\``);
}

/** Tell how many bytes of texts have no token. @param what calls the texts @returns how many */
export function tellUnknownBytes(
  context: CommandContext,
  what: string,
  { texts, tokenizer }: { texts: readonly string[]; tokenizer: Tokenizer },
): number {
  const count = texts.reduce((sum, text) => sum + tokenizer.unknownBytes(text), 0);
  tellUnknownCount(context, what, count);
  return count;
}

/** The same where they are counted already. */
export function tellUnknownCount(context: CommandContext, what: string, count: number): void {
  if (count === 0) return;
  context.notice(
    "warning",
    `${
      formatCount(count)
    } bytes of ${what} have no token: the model reads and predicts "${UNKNOWN_TOKEN}" in ` +
      "their place, so texts come back without them, and bits per byte leave them out",
    "`tactics tokenizer --alphabet bytes` has a token for every byte; train again with it.",
  );
}

/** What runs and `tactics tokenizer` write under a temporary name first, in a folder whose lock they hold. */
export const OF_A_RUN =
  /^(?:(?:best|step_\d+)\.safetensors|(?:tokenizer|run)\.json|metrics\.jsonl|held_out\.txt|measured|\.measured\.[0-9a-f-]+\.tmp)$/;

/** Remove what killed runs left in a folder under temporary names, and tell. */
export async function removeLeft(
  context: CommandContext,
  folder: string,
  options: LeftoverOptions,
): Promise<void> {
  const { names, sizeBytes } = await removeLeftovers(folder, options);
  if (names.length === 0) return;
  const listed = `${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`;
  const size = formatBytes(sizeBytes);
  context.notice("info", `removed what killed runs left unfinished in "${folder}", ${size}: ${listed}`);
}

/** The tokenizer in the checkpoint folder. */
export function tokenizerIn(checkpointDir: string): Promise<Tokenizer> {
  return loadTokenizer(join(checkpointDir, "tokenizer.json"));
}

function pick<N extends OptionName>(options: OptionValues, names: readonly N[]): Pick<OptionValues, N> {
  const entries = names.map((name) => [name, options[name]]).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Pick<OptionValues, N>;
}
