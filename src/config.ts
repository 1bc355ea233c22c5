// The configuration of a model and of a training run. Their options stand in tables, an option an entry:
// type, bounds, defaults by recipe, help (config/option.ts says what an entry is; read it first). Here is
// what the library makes of the tables: types, recipes, checks. The command line's own options are not here
// (cli/options/). Names are camelCase here and in files, kebab-case as flags.
import { checkConfig, type ConfigOf, defaultsOf, readConfig } from "./config/option.ts";
import type { RecipeName, ValueOf } from "./config/option.ts";
import { MODEL_OPTIONS } from "./config/model_options.ts";
import { TRAIN_OPTIONS } from "./config/train_options.ts";
import type { MACHINE_OPTIONS, OPTIMIZER_OPTIONS } from "./config/train_options.ts";
import type { RUN_OPTIONS, TRAINING_DATA_OPTIONS } from "./config/train_options.ts";

export { type Bounds, checkInteger, checkNumber, RECIPE_NAMES, type RecipeName } from "./config/option.ts";
export type { ConfigOf, OptionSpec, OptionTable, OptionValue, ValueOf } from "./config/option.ts";
export { MODEL_OPTIONS } from "./config/model_options.ts";
export { MACHINE_OPTIONS, OPTIMIZER_OPTIONS } from "./config/train_options.ts";
export { RUN_OPTIONS, TRAINING_DATA_OPTIONS } from "./config/train_options.ts";

/** The id of `<PAD>`: after a proof's last token the model learns to predict it. Decoders of text skip it. */
export const END_TOKEN = 1;

/** What a model is built from, see {@linkcode MODEL_OPTIONS}. Every checkpoint records it as `config`. */
export interface ModelConfig extends ConfigOf<typeof MODEL_OPTIONS> {}

/**
 * Everything a training run needs beside the model's sizes, the proofs and the tokenizer. Each field is
 * described by its entry in the tables; null leaves a value to the run. Checkpoints record it, too.
 */
export interface TrainConfig
  extends
    ConfigOf<typeof RUN_OPTIONS>,
    ConfigOf<typeof OPTIMIZER_OPTIONS>,
    ConfigOf<typeof TRAINING_DATA_OPTIONS> {}

/**
 * Which model is built. `reference`: learned positions. `pointer`: rotary positions, normalised queries and
 * keys, the first block's values added to those of every other (Zhou et al. 2024), attention and MLP side by
 * side in a block (Wang 2021), and copies of earlier tokens mixed into the output (Merity et al. 2016), found
 * by a head of the last block. They share everything else.
 */
export type Architecture = ModelConfig["architecture"];

/** How the corpus is cut: blocks of neighbouring files are held out, the last files, or single files. */
export type SplitKind = TrainConfig["split"];

/** What updates the matrices inside the blocks: Muon, or AdamW as everything else. */
export type OptimizerName = TrainConfig["optimizer"];

/** How the learning rate falls: along half a cosine, or (warm-up, stable, decay) in a line at the end. */
export type ScheduleName = TrainConfig["schedule"];

/** Which implementation of the kernels runs: `auto` is webgpu where there is a GPU, and wasm otherwise. */
export type BackendName = ValueOf<typeof MACHINE_OPTIONS["backend"]>;

/** How a GPU stores what a step keeps for its way back: as computed, or in half the memory. */
export type GpuStorage = ValueOf<typeof MACHINE_OPTIONS["gpuStorage"]>;

/** See {@linkcode Architecture}. */
export const ARCHITECTURES: readonly Architecture[] = MODEL_OPTIONS.architecture.choices;

/** Defaults that belong together. */
export interface Recipe {
  /** The model; the tokenizer's own size takes the place of `vocabSize`. */
  readonly model: ModelConfig;
  /** The run. */
  readonly train: TrainConfig;
}

/**
 * The recipes. `fast` is the best found so far (docs/log.md): 4,982,784 parameters. `short` is for a run of
 * a minute or two: a tenth of the parameters, and nothing that pays only later. `reference` has the settings
 * of the original's trainer in PyTorch, but neither its padding nor its overlapping windows.
 */
export const RECIPES: Readonly<Record<RecipeName, Recipe>> = {
  fast: recipe("fast"),
  short: recipe("short"),
  reference: recipe("reference"),
};

function recipe(name: RecipeName): Recipe {
  return { model: defaultsOf(MODEL_OPTIONS, name), train: defaultsOf(TRAIN_OPTIONS, name) };
}

/** The default model, of recipe `fast`. */
export const DEFAULT_MODEL_CONFIG: ModelConfig = RECIPES.fast.model;

/** The default run, of recipe `fast`. */
export const DEFAULT_TRAIN_CONFIG: TrainConfig = RECIPES.fast.train;

/**
 * Check a model configuration. @returns the same
 *
 * @throws {RangeError | TypeError} when a value is not allowed, heads do not divide dModel, or a rotary head
 * is odd
 */
export function checkModelConfig(config: ModelConfig): ModelConfig {
  checkConfig(MODEL_OPTIONS, config);
  const { architecture, dModel, nHeads } = config;
  // Rotary positions turn pairs.
  const unit = architecture === "reference" ? 1 : 2;
  const fits = (heads: number): boolean => dModel % (heads * unit) === 0;
  if (fits(nHeads)) return config;
  const sizes = `nHeads ${nHeads} does not divide dModel ${dModel}`;
  const even = dModel % nHeads === 0 ? " into heads of an even size" : "";
  const all = Array.from({ length: MODEL_OPTIONS.nHeads.max }, (_, i) => i + 1).filter(fits);
  const near = [all.findLast((heads) => heads < nHeads), all.find((heads) => heads > nHeads)];
  const wanted = near.filter((heads) => heads !== undefined).join(" or ");
  throw new RangeError(
    wanted === "" ? `dModel ${dModel} is odd: rotary positions need pairs` : `${sizes}${even}: try ${wanted}`,
  );
}

/**
 * Check the options of a training run. @returns the same
 *
 * @throws {RangeError | TypeError} when a value is not allowed
 */
export function checkTrainConfig(config: TrainConfig): TrainConfig {
  checkConfig(TRAIN_OPTIONS, config);
  const { learningRate, minLearningRate } = config;
  if (minLearningRate > learningRate) {
    const got = `got ${minLearningRate} and ${learningRate}`;
    throw new RangeError(`minLearningRate must be at most learningRate: ${got}`);
  }
  return config;
}

/**
 * Take both configurations out of a checkpoint's `config`; keys that are no options are passed over.
 *
 * @throws {SyntaxError} when an option is missing
 * @throws {RangeError | TypeError} when a value is not allowed
 */
export function readRecordedConfig(values: Readonly<Record<string, unknown>>): Recipe {
  return {
    model: checkModelConfig(readConfig(MODEL_OPTIONS, values)),
    train: checkTrainConfig(readConfig(TRAIN_OPTIONS, values)),
  };
}
