/**
 * The configuration of a model and of a training run. Their options stand in tables, an option an entry:
 * type, bounds, defaults by recipe, help (config/option.ts says what an entry is; read it first). Here is
 * what the library makes of the tables: types, recipes, checks. The command line's own options are not here
 * (cli/options/). Names are camelCase here and in files, kebab-case as flags.
 */
import {
  checkConfig,
  type ConfigOf,
  defaultsOf,
  readConfig,
  type RecipeName,
  type ValueOf,
} from "./config/option.ts";
import { MODEL_OPTIONS } from "./config/model_options.ts";
import {
  type MACHINE_OPTIONS,
  type OPTIMIZER_OPTIONS,
  type RUN_OPTIONS,
  TRAIN_OPTIONS,
  type TRAINING_DATA_OPTIONS,
} from "./config/train_options.ts";

export {
  type Bounds,
  checkInteger,
  checkNumber,
  type ConfigOf,
  type OptionSpec,
  type OptionTable,
  type OptionValue,
  RECIPE_NAMES,
  type RecipeName,
  type ValueOf,
} from "./config/option.ts";
export { MODEL_OPTIONS } from "./config/model_options.ts";
export {
  MACHINE_OPTIONS,
  OPTIMIZER_OPTIONS,
  RUN_OPTIONS,
  TRAINING_DATA_OPTIONS,
} from "./config/train_options.ts";

/** The id of `<PAD>`: after a proof's last token the model learns to predict it. Decoders of text skip it. */
export const END_TOKEN = 1;

/**
 * What a model is built from: the architecture, the sizes that fix the parameters' shapes, and the dropout.
 * Each field is described by its entry in the table. Recorded in every checkpoint under the key `config`.
 */
export interface ModelConfig extends ConfigOf<typeof MODEL_OPTIONS> {}

/**
 * Everything a training run needs beside the model's sizes, the proofs and the tokenizer. Each field is
 * described by its entry in the table; null leaves a value to the run. Recorded in every checkpoint beside
 * the model's.
 */
export interface TrainConfig
  extends
    ConfigOf<typeof RUN_OPTIONS>,
    ConfigOf<typeof OPTIMIZER_OPTIONS>,
    ConfigOf<typeof TRAINING_DATA_OPTIONS> {}

/**
 * Which model is built. `reference`: learned positions. `pointer`: rotary positions, normalised queries and
 * keys, the first block's values added to those of every other (Zhou et al. 2024), and copies of earlier
 * tokens mixed into the output (Merity et al. 2016). They share everything else.
 */
export type Architecture = ModelConfig["architecture"];

/** How the corpus is cut: blocks of neighbouring files are held out, the last files, or single files. */
export type SplitKind = TrainConfig["split"];

/** What updates the matrices inside the blocks: Muon, or AdamW as everything else. */
export type OptimizerName = TrainConfig["optimizer"];

/**
 * How the learning rate falls after the warm-up: along half a cosine, or (warm-up, stable, decay) in a line
 * at the end.
 */
export type ScheduleName = TrainConfig["schedule"];

/** Which implementation of the kernels runs: `auto` is webgpu where there is a GPU, and wasm otherwise. */
export type BackendName = ValueOf<typeof MACHINE_OPTIONS["backend"]>;

/**
 * How a GPU stores what a step keeps for its way back: in half the memory, or with the bits that it is
 * computed with.
 */
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
 * The recipes. `fast` is the best found so far (docs/log.md): 5,000,704 parameters. `reference` has the
 * settings of the original's trainer in PyTorch, with warm-up and decay over the run's true length; its
 * padding and its overlapping windows are not repeated. `short` is for a run of a minute or two: about a
 * tenth of the parameters, and nothing that pays only later.
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
 * Check a model configuration.
 *
 * @param config architecture, sizes and dropout
 * @returns the same configuration
 * @throws {RangeError} when a value is outside its range (the message names the option, the value and the
 * range), heads do not divide dModel, or a rotary head is odd
 */
export function checkModelConfig(config: ModelConfig): ModelConfig {
  checkConfig(MODEL_OPTIONS, config);
  const { architecture, dModel, nHeads } = config;
  const headSize = dModel / nHeads;
  if (!Number.isInteger(headSize)) {
    throw new RangeError(`nHeads must divide dModel: got nHeads ${nHeads} and dModel ${dModel}`);
  }
  if (architecture !== "reference" && headSize % 2 !== 0) {
    throw new RangeError(
      `rotary positions need an even head size: dModel ${dModel} / nHeads ${nHeads} is ${headSize}`,
    );
  }
  return config;
}

/**
 * Check the options of a training run.
 *
 * @param config null values are left open, see {@linkcode TrainConfig}
 * @returns the same configuration
 * @throws {RangeError} when a value is outside its range; the message names the option, the value and the
 * range
 */
export function checkTrainConfig(config: TrainConfig): TrainConfig {
  checkConfig(TRAIN_OPTIONS, config);
  const { learningRate, minLearningRate } = config;
  if (minLearningRate > learningRate) {
    throw new RangeError(
      `minLearningRate must be at most learningRate: got ${minLearningRate} and ${learningRate}`,
    );
  }
  return config;
}

/**
 * Take both configurations out of a checkpoint's `config`.
 *
 * @param values all options by their names; other keys are passed over
 * @throws {SyntaxError} when an option is missing
 * @throws {RangeError | TypeError} when a value is not allowed
 */
export function readRecordedConfig(values: Readonly<Record<string, unknown>>): Recipe {
  return {
    model: checkModelConfig(readConfig(MODEL_OPTIONS, values)),
    train: checkTrainConfig(readConfig(TRAIN_OPTIONS, values)),
  };
}
