/**
 * The one table of options, in one file because it is one table. Flags (kebab-case; underscores are accepted), the keys of tactics.json (camelCase), help texts, types, ranges and
 * the values commands get all come from it. Which command takes which option stands in the commands' files.
 *
 * Defaults are not filled in here: a command sees only what was given, so that "resume" can tell what the user wants changed. The
 * ranges repeat those of src/config.ts, where they hold for every caller; a test keeps the two equal.
 */

import {
  type Bounds,
  DEFAULT_MODEL_CONFIG,
  DEFAULT_TRAIN_CONFIG,
  DEFAULT_VOCABULARY_SIZE,
  RECIPES,
} from "../config.ts";

/** What an option is about; help lists options under these headings, in this order. */
export const OPTION_GROUPS = [
  "Run",
  "Model",
  "Optimizer",
  "Corpus",
  "Tokenizer",
  "Generation",
  "Evaluation",
  "Export",
  "Files and output",
] as const;

/** One row of the table. */
export interface OptionSpec {
  readonly group: typeof OPTION_GROUPS[number];
  /** `path` and `text` are strings, a path not an empty one; a `flag` takes no value on the command line. */
  readonly kind: "integer" | "number" | "choice" | "path" | "text" | "flag";
  /** Range of a number. */
  readonly bounds?: Bounds;
  /** Values of a choice. */
  readonly choices?: readonly string[];
  /** A letter that stands for the flag, after one dash. */
  readonly short?: string;
  /** What stands for the value in help. */
  readonly placeholder?: string;
  readonly description: string;
  /** What happens without the option, as help says it; a command may have a default of its own. */
  readonly default?: string;
  /** Whether tactics.json may not set it. */
  readonly flagOnly?: true;
}

const MODEL = DEFAULT_MODEL_CONFIG;
const TRAIN = DEFAULT_TRAIN_CONFIG;

/** A default that recipes may set differently. */
function byRecipe(name: keyof typeof RECIPES.fast.train | keyof typeof RECIPES.fast.model): string {
  const [fast, reference] = [RECIPES.fast, RECIPES.reference].map((recipe) =>
    String({ ...recipe.model, ...recipe.train }[name])
  );
  return fast === reference ? fast! : `${fast}; recipe reference: ${reference}`;
}

const STEP_COUNT = { min: 1, max: 1e9 } as const;

/** Every option by its camelCase name. */
export const OPTIONS = {
  steps: {
    group: "Run",
    kind: "integer",
    bounds: STEP_COUNT,
    description: "Length of the run in optimizer steps",
  },
  epochs: {
    group: "Run",
    kind: "number",
    bounds: { above: 0, max: 1e6 },
    description: "Length of the run in passes over the training proofs",
    default: `${TRAIN.epochs}`,
  },
  minutes: {
    group: "Run",
    kind: "number",
    bounds: { above: 0, max: 1e6 },
    description:
      "Length of the run in minutes; the number of steps is fixed after timing the first ones, with schedule wsd when the decay begins",
  },
  recipe: {
    group: "Run",
    kind: "choice",
    choices: ["fast", "reference"],
    description:
      "Defaults of the architecture, the optimizer and all that belongs to them: the best found, or the original's",
    default: TRAIN.recipe,
  },
  batchSize: {
    group: "Run",
    kind: "integer",
    bounds: { min: 1, max: 1 << 20 },
    description: "Sequences a step",
    default: byRecipe("batchSize"),
  },
  seed: {
    group: "Run",
    kind: "integer",
    bounds: { min: 0, max: 2 ** 32 - 1 },
    description: "Seed of everything random",
    default: `${TRAIN.seed}`,
  },
  patience: {
    group: "Run",
    kind: "integer",
    bounds: STEP_COUNT,
    description: "Evaluations without gain before the run stops",
    default: `${TRAIN.patience}`,
  },
  logInterval: {
    group: "Run",
    kind: "integer",
    bounds: STEP_COUNT,
    description: "Steps between lines of the log",
    default: "100, less in a short run",
  },
  evalInterval: {
    group: "Run",
    kind: "integer",
    bounds: STEP_COUNT,
    description: "Steps between evaluations",
    default: "1000, less in a short run",
  },
  saveInterval: {
    group: "Run",
    kind: "integer",
    bounds: STEP_COUNT,
    description: "Steps between checkpoints",
    default: "5000, less in a short run",
  },
  workers: {
    group: "Run",
    kind: "integer",
    bounds: { min: 1, max: 256 },
    description: "Worker threads; the result is the same with any number",
    default: "one a core",
  },
  shards: {
    group: "Run",
    kind: "integer",
    bounds: { min: 1, max: 256 },
    description: "Parts of a step's gradient, which fix the order of sums; at most so many workers",
    default: `${TRAIN.shards}`,
  },
  backend: {
    group: "Run",
    kind: "choice",
    choices: ["auto", "wasm", "webgpu", "reference"],
    description: "What computes: the SIMD kernels, a GPU, or plain TypeScript loops (slow, for checks)",
    default: "auto: a GPU for training where there is one, else wasm",
  },

  architecture: {
    group: "Model",
    kind: "choice",
    choices: ["modern", "reference"],
    description: "Rotary positions with normalised queries and keys, or learned positions",
    default: byRecipe("architecture"),
  },
  contextLength: {
    group: "Model",
    kind: "integer",
    bounds: { min: 2, max: 1 << 16 },
    description: "Longest document in tokens that the model sees at once",
    default: `${MODEL.contextLength}`,
  },
  dModel: {
    group: "Model",
    kind: "integer",
    bounds: { min: 1, max: 1 << 14 },
    description: "Width of the model",
    default: `${MODEL.dModel}`,
  },
  nLayers: {
    group: "Model",
    kind: "integer",
    bounds: { min: 1, max: 256 },
    description: "Number of blocks",
    default: `${MODEL.nLayers}`,
  },
  nHeads: {
    group: "Model",
    kind: "integer",
    bounds: { min: 1, max: 1024 },
    description: "Attention heads a block; must divide the width",
    default: `${MODEL.nHeads}`,
  },
  dMlp: {
    group: "Model",
    kind: "integer",
    bounds: { min: 1, max: 1 << 16 },
    description: "Width of the hidden layer of each MLP",
    default: `${MODEL.dMlp}`,
  },
  dropout: {
    group: "Model",
    kind: "number",
    bounds: { min: 0, below: 1 },
    description: "Probability of dropping an element in training",
    default: byRecipe("dropout"),
  },

  optimizer: {
    group: "Optimizer",
    kind: "choice",
    choices: ["muon", "adamw"],
    description: "Muon for the matrices inside the blocks and AdamW for the rest, or AdamW for everything",
    default: byRecipe("optimizer"),
  },
  muonLearningRate: {
    group: "Optimizer",
    kind: "number",
    bounds: { above: 0, max: 100 },
    description: "Muon's peak learning rate; it follows AdamW's schedule",
    default: byRecipe("muonLearningRate"),
  },
  learningRate: {
    group: "Optimizer",
    kind: "number",
    bounds: { above: 0, max: 100 },
    description: "AdamW's peak learning rate",
    default: byRecipe("learningRate"),
  },
  minLearningRate: {
    group: "Optimizer",
    kind: "number",
    bounds: { min: 0, max: 100 },
    description: "AdamW's learning rate at the end; at most the peak",
    default: byRecipe("minLearningRate"),
  },
  schedule: {
    group: "Optimizer",
    kind: "choice",
    choices: ["cosine", "wsd"],
    description:
      "After the warm-up the learning rate falls along a cosine, or stays and falls in a line at the end",
    default: byRecipe("schedule"),
  },
  decayShare: {
    group: "Optimizer",
    kind: "number",
    bounds: { above: 0, below: 1 },
    description: "Share of the run in which the learning rate falls, with schedule wsd",
    default: byRecipe("decayShare"),
  },
  warmupSteps: {
    group: "Optimizer",
    kind: "integer",
    bounds: { min: 0, max: 1e9 },
    description: "Steps of linear warm-up",
    default: "1000, at most a tenth of the run",
  },
  weightDecay: {
    group: "Optimizer",
    kind: "number",
    bounds: { min: 0, max: 100 },
    description: "Decoupled weight decay",
    default: byRecipe("weightDecay"),
  },
  beta1: {
    group: "Optimizer",
    kind: "number",
    bounds: { min: 0, below: 1 },
    description: "Decay of AdamW's first moment",
    default: byRecipe("beta1"),
  },
  beta2: {
    group: "Optimizer",
    kind: "number",
    bounds: { min: 0, below: 1 },
    description: "Decay of AdamW's second moment",
    default: byRecipe("beta2"),
  },
  ema: {
    group: "Optimizer",
    kind: "number",
    bounds: { min: 0, below: 1 },
    description:
      "Decay of a running average of the parameters (0.999, say), which is evaluated and exported in their place; 0 for none",
    default: byRecipe("ema"),
  },
  gradClip: {
    group: "Optimizer",
    kind: "number",
    bounds: { above: 0, max: 1e9 },
    description: "Largest norm of the gradient",
    default: byRecipe("gradClip"),
  },

  split: {
    group: "Corpus",
    kind: "choice",
    choices: ["block", "later", "file"],
    description:
      "Hold out blocks of neighbouring proofs, the last proofs (new theories), or single files (flattering: neighbours share theorems)",
    default: TRAIN.split,
  },
  trainSplit: {
    group: "Corpus",
    kind: "number",
    bounds: { above: 0, below: 1 },
    description: "Share of the proofs to train on",
    default: `${TRAIN.trainSplit}`,
  },
  clientForm: {
    group: "Corpus",
    kind: "number",
    bounds: { min: 0, max: 1 },
    description:
      "Probability that a training proof is shown as the prover asks: an empty line instead of @P, long goals cut at the front",
    default: byRecipe("clientForm"),
  },
  renaming: {
    group: "Corpus",
    kind: "number",
    bounds: { min: 0, max: 1 },
    description:
      "Probability that a training proof gets other names in an epoch after the first: half of its less common names are replaced by others of the corpus or made-up ones, and variables change places",
    default: byRecipe("renaming"),
  },
  substitution: {
    group: "Tokenizer",
    kind: "number",
    bounds: { min: 0, max: 1 },
    description:
      "Probability that a training proof gets other tokens in an epoch after the first: some of its less common ones are replaced by random others, the same everywhere in it",
    default: byRecipe("substitution"),
  },
  proofWeight: {
    group: "Optimizer",
    kind: "number",
    bounds: { above: 0, max: 1000 },
    description: "Weight of a proof's tokens in the loss, beside 1 for the goal's",
    default: byRecipe("proofWeight"),
  },
  lib: { group: "Corpus", kind: "path", placeholder: "DIR", description: "Folder of the Acorn library" },
  acorn: {
    group: "Corpus",
    kind: "path",
    placeholder: "FILE",
    description: "The acorn binary",
    default: '"acorn" in PATH',
  },
  files: {
    group: "Corpus",
    kind: "integer",
    bounds: { min: 1, max: 99_999 },
    description: "Number of proofs of the built-in corpus",
    default: "4000",
  },

  vocabSize: {
    group: "Tokenizer",
    kind: "integer",
    bounds: { min: 3, max: 1 << 20 },
    description: "Tokens of the vocabulary, at most (the original: 4096)",
    default: `${DEFAULT_VOCABULARY_SIZE}`,
  },
  bpeDropout: {
    group: "Tokenizer",
    kind: "number",
    bounds: { min: 0, below: 1 },
    description:
      "Probability of passing over a merge when training proofs are tokenized: other segmentations in each epoch",
    default: byRecipe("bpeDropout"),
  },
  alphabet: {
    group: "Tokenizer",
    kind: "choice",
    choices: ["bytes", "corpus"],
    description: "Give all 256 bytes a token, so that no text is ever lost, or only those of the corpus",
    default: "bytes",
  },
  preTokenizer: {
    group: "Tokenizer",
    kind: "choice",
    choices: ["gpt2", "phrase", "line"],
    description: "Where tokens must end: at GPT-2's words, at brackets, commas and lines, or only at lines",
    default: "gpt2",
  },

  model: {
    group: "Generation",
    kind: "path",
    placeholder: "PATH",
    description: "A checkpoint, or an exported folder",
    default: "the best checkpoint",
  },
  prompt: {
    group: "Generation",
    kind: "text",
    placeholder: "TEXT",
    description: "Text to go on with",
    flagOnly: true,
  },
  file: {
    group: "Generation",
    kind: "path",
    placeholder: "FILE",
    description: "File with the text to go on with",
    default: "standard input",
    flagOnly: true,
  },
  goal: {
    group: "Generation",
    kind: "path",
    placeholder: "FILE",
    description: "A goal, or a whole proof file, which is cut before its @P line",
    default: "standard input",
    flagOnly: true,
  },
  afterLines: {
    group: "Generation",
    kind: "integer",
    bounds: { min: 0, max: 1e6 },
    description: "Lines of the given proof that stand before the one asked for",
    default: "0",
    flagOnly: true,
  },
  prefix: {
    group: "Generation",
    kind: "text",
    placeholder: "TEXT",
    description: "What the line begins with",
    flagOnly: true,
  },
  promptForm: {
    group: "Generation",
    kind: "choice",
    choices: ["training", "client"],
    description:
      "Put the goal as training proofs have it, with an @P line, or as the prover does, with an empty line",
    default: "training",
  },
  samples: {
    group: "Generation",
    kind: "integer",
    bounds: { min: 0, max: 256 },
    description: "Lines to draw",
    default: "16",
  },
  beam: {
    group: "Generation",
    kind: "integer",
    bounds: { min: 0, max: 256 },
    description: "Width of the beam search beside the samples; 0 for none",
    default: "8",
  },
  knn: {
    group: "Generation",
    kind: "integer",
    bounds: { min: 0, max: 4096 },
    description:
      "Blend in lines of so many training proofs (--data-dir) with the nearest goals; 32 is a good number",
    default: "0, none",
  },
  temperature: {
    group: "Generation",
    kind: "number",
    bounds: { min: 0, max: 100 },
    description: "Divides the logits; 0 always takes the likeliest token",
    default: "0.8",
  },
  topP: {
    group: "Generation",
    kind: "number",
    bounds: { above: 0, max: 1 },
    description: "Draw from the likeliest tokens that together reach this probability",
    default: "1, all tokens",
  },
  minP: {
    group: "Generation",
    kind: "number",
    bounds: { min: 0, max: 1 },
    description: "Draw from tokens that are at least so many times as likely as the likeliest",
    default: "0, all tokens",
  },
  topK: {
    group: "Generation",
    kind: "integer",
    bounds: { min: 0, max: 1 << 20 },
    description: "Draw from so many of the likeliest tokens; 0 means all",
    default: "0",
  },
  maxTokens: {
    group: "Generation",
    kind: "integer",
    bounds: { min: 1, max: 1e6 },
    description: "Tokens to write, at most",
    default: "200",
  },

  lines: {
    group: "Evaluation",
    kind: "integer",
    bounds: { min: 0, max: 1e6 },
    description: "Next lines to ask for, and a quarter as many whole proofs; 0: bits per byte only",
    default: "100",
  },
  all: {
    group: "Evaluation",
    kind: "flag",
    description: "Measure on every file of --data-dir: proofs that were not trained on",
    flagOnly: true,
  },
  trainDir: {
    group: "Evaluation",
    kind: "path",
    placeholder: "DIR",
    description: "With --all: folder of proofs that the baselines learn from",
  },

  flavor: {
    group: "Export",
    kind: "choice",
    choices: ["acorn", "hf", "genai"],
    description: "For whom: the prover, HuggingFace (transformers.js, optimum), or onnxruntime-genai",
    default: "acorn",
  },
  operators: {
    group: "Export",
    kind: "choice",
    choices: ["ort", "standard"],
    description: "Build the model of ONNX Runtime's own operators where they are faster, or of ONNX's only",
    default: "ort",
  },
  quantize: {
    group: "Export",
    kind: "choice",
    choices: ["none", "float16", "int8"],
    description:
      "Store weights as float32, in 16 bits (half the file), or in 8 (a quarter, several times as fast; measured on --data-dir)",
    default: "none",
  },
  bake: {
    group: "Export",
    kind: "text",
    placeholder: "LIST",
    description:
      'Sampling inside the model, as "temperature=0.5,min-p=0.05", for a client that draws at temperature 0.8',
    default: "none",
  },

  dataDir: {
    group: "Files and output",
    kind: "path",
    placeholder: "DIR",
    description: "Folder of the proofs (*.txt)",
    default: "data/proofs",
  },
  checkpointDir: {
    group: "Files and output",
    kind: "path",
    placeholder: "DIR",
    description: "Folder of the checkpoints and of tokenizer.json",
    default: "checkpoints",
  },
  exportDir: {
    group: "Files and output",
    kind: "path",
    placeholder: "DIR",
    description: "Folder in which exported folders are made",
    default: "export",
  },
  outputDir: {
    group: "Files and output",
    kind: "path",
    placeholder: "DIR",
    description: "Folder to write into",
    default: "checkpoints",
  },
  output: {
    group: "Files and output",
    kind: "path",
    short: "o",
    placeholder: "FILE",
    description: "File to write; one that is there is replaced",
    flagOnly: true,
  },
  config: {
    group: "Files and output",
    kind: "path",
    placeholder: "FILE",
    description: "JSON file that sets options by their camelCase names; flags go before it",
    default: "tactics.json beside or in the proofs' folder",
    flagOnly: true,
  },
  json: {
    group: "Files and output",
    kind: "flag",
    description: "Print JSON lines, each an object with a kind",
  },
} as const satisfies Record<string, OptionSpec>;

/** The camelCase name of an option. */
export type OptionName = keyof typeof OPTIONS;

type ValueOf<S extends OptionSpec> = S extends { kind: "integer" | "number" } ? number
  : S extends { kind: "choice"; choices: readonly (infer C)[] } ? C
  : S extends { kind: "flag" } ? boolean
  : string;

/** The options that were given, by flag or by tactics.json. */
export type OptionValues = { [N in OptionName]?: ValueOf<typeof OPTIONS[N]> };

/** Every option's name, in the table's order. */
export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** The row of an option. */
export function optionSpec(name: OptionName): OptionSpec {
  return OPTIONS[name];
}

/** The flag of an option without its dashes: `batchSize` is `batch-size`. */
export function flagOf(name: OptionName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The option of a letter behind one dash; undefined when there is none. */
export function optionOfLetter(letter: string): OptionName | undefined {
  return OPTION_NAMES.find((name) => optionSpec(name).short === letter);
}

/** The option of a flag without its dashes, with dashes or underscores inside; undefined when there is none. */
export function optionOfFlag(flag: string): OptionName | undefined {
  const kebab = flag.replaceAll("_", "-");
  return OPTION_NAMES.find((name) => flagOf(name) === kebab);
}
