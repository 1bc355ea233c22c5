/**
 * The configuration of a model and of a training run: names, defaults and the checks that hold whatever the source
 * (command line, tactics.json, library call, checkpoint). Options are camelCase here and in files, kebab-case as flags.
 */

/**
 * Which model is built. `reference`: learned positions. `pointer`: rotary positions, normalised queries and keys, the
 * first block's values added to those of every other (Zhou et al. 2024), and copies of earlier tokens mixed into the
 * output (Merity et al. 2016). They share everything else.
 */
export type Architecture = typeof ARCHITECTURES[number];

/** See {@linkcode Architecture}. */
export const ARCHITECTURES = ["reference", "pointer"] as const;

/** The sizes that fix the parameters' shapes, and the dropout. Recorded in every checkpoint under the key `config`. */
export interface ModelConfig {
  /** See {@linkcode Architecture}. */
  architecture: Architecture;
  /** Number of tokens V; the tokenizer's. */
  vocabSize: number;
  /** Longest document in tokens that the model sees at once. */
  contextLength: number;
  /** Width C of the residual stream. */
  dModel: number;
  /** Number of blocks. */
  nLayers: number;
  /** Number of attention heads H; divides dModel. */
  nHeads: number;
  /** Width of the hidden layer of each MLP. */
  dMlp: number;
  /** Probability of zeroing an element in training, in [0, 1). */
  dropout: number;
}

/** The id of `<PAD>`: after a proof's last token the model learns to predict it. Decoders of text skip it. */
export const END_TOKEN = 1;

/** How the corpus is cut into training and validation parts: blocks of neighbouring files are held out, the last files, or single files. */
export type SplitKind = "block" | "later" | "file";

/** What updates the matrices inside the blocks: Muon, or AdamW as everything else. */
export type OptimizerName = "muon" | "adamw";

/** How the learning rate falls after the warm-up: all the way along half a cosine, or (warm-up, stable, decay) in a line at the end. */
export type ScheduleName = "cosine" | "wsd";

/** A table of defaults: the best found, or the original's. */
export type RecipeName = "fast" | "reference";

/** Which implementation of the kernels runs: `auto` is webgpu where there is a GPU, and wasm otherwise. */
export type BackendName = "auto" | "wasm" | "webgpu" | "reference";

/** How a GPU stores what a step keeps for its way back: in half the memory, or with the bits that it is computed with. */
export type GpuStorage = "f32" | "f16";

/** Everything a training run needs beside the model's sizes, the proofs and the tokenizer. */
export interface TrainConfig {
  /** Optimizer steps; null: from minutes or epochs. */
  steps: number | null;
  /** Passes over the training documents; used when neither steps nor minutes is given. */
  epochs: number;
  /**
   * Wall-clock minutes; the number of steps is planned after measuring the first ones, and with schedule `wsd` fixed when the decay must begin. null: not
   * used.
   */
  minutes: number | null;
  /** Whose defaults the run began with; a label, since all values are given here. */
  recipe: RecipeName;
  /** Sequences a step (each at most contextLength targets). */
  batchSize: number;
  /** With `minutes`: where fewer steps than these fit, the batch is halved, to 4 at least; 0: never. */
  fewestSteps: number;
  /** See {@linkcode OptimizerName}. */
  optimizer: OptimizerName;
  /** Peak learning rate of AdamW. */
  learningRate: number;
  /** AdamW's learning rate at the last step. */
  minLearningRate: number;
  /** Peak learning rate of Muon, which follows the same schedule. */
  muonLearningRate: number;
  /** See {@linkcode ScheduleName}. */
  schedule: ScheduleName;
  /** Share of the run in which the learning rate falls to its minimum, with schedule `wsd`. */
  decayShare: number;
  /** Last step before the linear decay, with schedule `wsd`; null: as decayShare says. What a run by the clock decided is recorded here. */
  stableSteps: number | null;
  /** Steps of linear warm-up; null: 200 (with schedule `cosine` 1000), or a tenth of the run where that is less. */
  warmupSteps: number | null;
  /** Decoupled weight decay. */
  weightDecay: number;
  /** Decay of AdamW's first moment. */
  beta1: number;
  /** Decay of AdamW's second moment. */
  beta2: number;
  /** Probability that a training proof is shown in the prover's form in an epoch: without its @P line, cut as the prover cuts. */
  proverForm: number;
  /** Probability that a training proof gets other names for some of its functions, types and variables; other ones in each epoch. */
  renaming: number;
  /** Probability that some of a training proof's tokens are replaced by others, the same ones everywhere in it. */
  substitution: number;
  /**
   * Weight of a proof's tokens in the loss that is trained on, beside 1 for what stands before it; with schedule `wsd` while the learning rate falls to its
   * minimum, and 1 until then.
   */
  proofWeight: number;
  /** Largest norm of the whole gradient. */
  gradClip: number;
  /** Seed of initialisation, split, order and dropout. */
  seed: number;
  /** Steps between training log events; null: 100, or less in a short run. */
  logInterval: number | null;
  /** Steps between evaluations; null: 1000, or less in a short run. */
  evalInterval: number | null;
  /** Most validation tokens that one evaluation scores, in whole documents spread over the validation part; null: all. */
  evalTokens: number | null;
  /** Steps between checkpoints; null: 5000, or less in a short run. */
  saveInterval: number | null;
  /** Evaluations without gain before the run stops. */
  patience: number;
  /** See {@linkcode SplitKind}. */
  split: SplitKind;
  /** Share of the corpus that is trained on. */
  trainSplit: number;
  /** Independent gradient shards of a step; fixes the order of sums, hence the bits, whatever the number of workers. */
  shards: number;
}

/** What may differ between two runs that give the same bytes. */
export interface MachineConfig {
  /** Worker threads; null: one a core, at most one a shard. */
  workers: number | null;
  /** See {@linkcode BackendName}. */
  backend: BackendName;
}

/** What a recipe decides; each value can be given by itself as well. */
export interface Recipe {
  /** Of the model: what is not its size. */
  readonly model: Pick<ModelConfig, "architecture" | "dropout">;
  /** Of the run: optimizer, schedule, regularisation. */
  readonly train: Pick<
    TrainConfig,
    | "recipe"
    | "batchSize"
    | "fewestSteps"
    | "optimizer"
    | "learningRate"
    | "minLearningRate"
    | "muonLearningRate"
    | "schedule"
    | "decayShare"
    | "warmupSteps"
    | "weightDecay"
    | "beta1"
    | "beta2"
    | "gradClip"
    | "proverForm"
    | "renaming"
    | "substitution"
    | "proofWeight"
  >;
}

/**
 * The recipes. `reference` has the settings of the original's trainer in PyTorch, with warm-up and decay over the run's true length; its padding and its
 * overlapping windows are not repeated. `fast` is the best found so far (docs/log.md). How proofs are split, and the tokenizer, are no part of a recipe.
 */
export const RECIPES: Readonly<Record<RecipeName, Recipe>> = {
  fast: {
    model: { architecture: "pointer", dropout: 0 },
    train: {
      recipe: "fast",
      batchSize: 8,
      fewestSteps: 600,
      optimizer: "muon",
      learningRate: 3e-3,
      minLearningRate: 0,
      muonLearningRate: 3e-2,
      schedule: "wsd",
      decayShare: 0.4,
      warmupSteps: null,
      weightDecay: 0.1,
      beta1: 0.9,
      beta2: 0.95,
      gradClip: 1,
      proverForm: 0.75,
      renaming: 0.25,
      substitution: 0.25,
      proofWeight: 3,
    },
  },
  reference: {
    model: { architecture: "reference", dropout: 0.1 },
    train: {
      recipe: "reference",
      batchSize: 32,
      fewestSteps: 0,
      optimizer: "adamw",
      learningRate: 3e-4,
      minLearningRate: 3e-5,
      muonLearningRate: 5e-3,
      schedule: "cosine",
      decayShare: 0.4,
      warmupSteps: null,
      weightDecay: 0.1,
      beta1: 0.9,
      beta2: 0.95,
      gradClip: 1,
      proverForm: 0,
      renaming: 0,
      substitution: 0,
      proofWeight: 1,
    },
  },
};

/**
 * Tokens of a new tokenizer. The original has 4096; of these most are whole names, which a new theory does not have, and the pieces that its names consist of are
 * hardly trained. The compression is about the same (docs/log.md).
 */
export const DEFAULT_VOCABULARY_SIZE = 1024;

/**
 * The default model, of recipe `fast`, with the original's vocabulary: 5,787,136 parameters, or 5,836,032 with `reference`, whose positions are learned. The
 * tokenizer's own size takes the place of `vocabSize`: 5,000,704 and 5,049,600 with {@linkcode DEFAULT_VOCABULARY_SIZE}.
 */
export const DEFAULT_MODEL_CONFIG: ModelConfig = {
  ...RECIPES.fast.model,
  vocabSize: 4096,
  contextLength: 256,
  dModel: 256,
  nLayers: 6,
  nHeads: 8,
  dMlp: 1024,
};

/** The default run, of recipe `fast`. */
export const DEFAULT_TRAIN_CONFIG: TrainConfig = {
  ...RECIPES.fast.train,
  steps: null,
  epochs: 30,
  minutes: null,
  seed: 42,
  logInterval: null,
  evalInterval: null,
  evalTokens: 32768,
  saveInterval: null,
  patience: 10,
  stableSteps: null,
  split: "block",
  trainSplit: 0.9,
  shards: 8,
};

/**
 * Check a model configuration.
 *
 * @param config sizes and dropout
 * @returns the same configuration
 * @throws {RangeError} when a size is no positive integer or too large, heads do not divide dModel, a rotary head is odd, or dropout
 * is outside [0, 1).
 */
export function checkModelConfig(config: ModelConfig): ModelConfig {
  checkChoice("architecture", config.architecture, ARCHITECTURES);
  checkInteger("vocabSize", config.vocabSize, { min: 3, max: 1 << 20 });
  checkInteger("contextLength", config.contextLength, { min: 2, max: 1 << 16 });
  checkInteger("dModel", config.dModel, { min: 1, max: 1 << 14 });
  checkInteger("nLayers", config.nLayers, { min: 1, max: 256 });
  checkInteger("nHeads", config.nHeads, { min: 1, max: 1024 });
  checkInteger("dMlp", config.dMlp, { min: 1, max: 1 << 16 });
  checkNumber("dropout", config.dropout, { min: 0, below: 1 });
  if (config.dModel % config.nHeads !== 0) {
    throw new RangeError(
      `nHeads must divide dModel: got nHeads ${config.nHeads} and dModel ${config.dModel}`,
    );
  }
  if (config.architecture !== "reference" && (config.dModel / config.nHeads) % 2 !== 0) {
    throw new RangeError(
      `rotary positions need an even head size: dModel ${config.dModel} / nHeads ${config.nHeads} is ${
        config.dModel / config.nHeads
      }`,
    );
  }
  return config;
}

/**
 * Check the options of a training run.
 *
 * @param config null values are left open, see {@linkcode TrainConfig}
 * @returns the same configuration
 * @throws {RangeError} when a value is outside its range; the message names the option, the value and the range.
 */
export function checkTrainConfig(config: TrainConfig): TrainConfig {
  const whenGiven = (
    name: "steps" | "warmupSteps" | "logInterval" | "evalInterval" | "evalTokens" | "saveInterval",
    min: number,
  ): void => {
    const value = config[name];
    if (value !== null) checkInteger(name, value, { min, max: 1e9 });
  };
  whenGiven("steps", 1);
  whenGiven("warmupSteps", 0);
  whenGiven("logInterval", 1);
  whenGiven("evalInterval", 1);
  whenGiven("evalTokens", 1);
  whenGiven("saveInterval", 1);
  checkNumber("epochs", config.epochs, { above: 0, max: 1e6 });
  if (config.minutes !== null) checkNumber("minutes", config.minutes, { above: 0, max: 1e6 });
  checkInteger("batchSize", config.batchSize, { min: 1, max: 1 << 20 });
  checkInteger("fewestSteps", config.fewestSteps, { min: 0, max: 1e9 });
  checkNumber("learningRate", config.learningRate, { above: 0, max: 100 });
  checkNumber("minLearningRate", config.minLearningRate, { min: 0, max: config.learningRate });
  checkChoice("recipe", config.recipe, Object.keys(RECIPES));
  checkChoice("schedule", config.schedule, ["cosine", "wsd"]);
  checkNumber("decayShare", config.decayShare, { above: 0, below: 1 });
  if (config.stableSteps !== null) checkInteger("stableSteps", config.stableSteps, { min: 0, max: 1e9 });
  checkChoice("optimizer", config.optimizer, ["muon", "adamw"]);
  checkNumber("muonLearningRate", config.muonLearningRate, { above: 0, max: 100 });
  checkNumber("weightDecay", config.weightDecay, { min: 0, max: 100 });
  checkNumber("beta1", config.beta1, { min: 0, below: 1 });
  checkNumber("beta2", config.beta2, { min: 0, below: 1 });
  checkNumber("gradClip", config.gradClip, { above: 0, max: 1e9 });
  checkNumber("proverForm", config.proverForm, { min: 0, max: 1 });
  checkNumber("renaming", config.renaming, { min: 0, max: 1 });
  checkNumber("substitution", config.substitution, { min: 0, max: 1 });
  checkNumber("proofWeight", config.proofWeight, { above: 0, max: 1000 });
  checkInteger("seed", config.seed, { min: 0, max: 2 ** 32 - 1 });
  checkInteger("patience", config.patience, { min: 1, max: 1e9 });
  checkChoice("split", config.split, ["block", "later", "file"]);
  checkNumber("trainSplit", config.trainSplit, { above: 0, below: 1 });
  checkInteger("shards", config.shards, { min: 1, max: 256 });
  return config;
}

/** Bounds of a number; one that is left out does not bind. */
export interface Bounds {
  /** Smallest value allowed. */
  min?: number;
  /** Largest value allowed. */
  max?: number;
  /** Every value must be larger. */
  above?: number;
  /** Every value must be smaller. */
  below?: number;
}

/**
 * Check that a value is a number within bounds.
 *
 * @param name what the message calls the value
 * @throws {RangeError} when it is not finite or not within them; the message names value and bounds
 */
export function checkNumber(name: string, value: number, bounds: Bounds): void {
  const { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity } = bounds;
  if (Number.isFinite(value) && value >= min && value <= max && value > above && value < below) return;
  const parts = [
    above > -Infinity ? `above ${above}` : "",
    min > -Infinity ? `at least ${min}` : "",
    below < Infinity ? `below ${below}` : "",
    max < Infinity ? `at most ${max}` : "",
  ];
  throw new RangeError(`${name} must be ${parts.filter((part) => part !== "").join(" and ")}: got ${value}`);
}

/**
 * Check that a value is an integer within bounds.
 *
 * @param name what the message calls the value
 * @throws {RangeError} when it is no safe integer or not within them; the message names value and bounds
 */
export function checkInteger(name: string, value: number, bounds: Bounds): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${name} must be an integer: got ${value}`);
  checkNumber(name, value, bounds);
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new RangeError(
      `${name} must be one of ${choices.map((choice) => `"${choice}"`).join(", ")}: got "${value}"`,
    );
  }
}
