/** The options of a training run, and those that say what computes it. */
import { type OptionTable, RECIPE_NAMES } from "./option.ts";

const STEPS = { kind: "integer", min: 1, max: 1e9 } as const;
const PROBABILITY = { kind: "number", min: 0, max: 1 } as const;

/** The entries of a run's configuration: what each field of `TrainConfig` means, allows and is by default. */
export const TRAIN_OPTIONS = {
  steps: {
    ...STEPS,
    group: "Run",
    default: null,
    usual: "as --epochs or --minutes says",
    description: "Length of the run in optimizer steps",
  },
  epochs: {
    group: "Run",
    kind: "number",
    above: 0,
    max: 1e6,
    default: 30,
    description: "Length of the run in passes over the training proofs",
  },
  minutes: {
    group: "Run",
    kind: "number",
    above: 0,
    max: 1e6,
    default: null,
    usual: "as --epochs or --steps says",
    description:
      "Length of the run in minutes: the first steps are timed to plan how many there will be; with schedule wsd the " +
      "clock then decides when the decay begins",
  },
  recipe: {
    group: "Run",
    kind: "choice",
    choices: RECIPE_NAMES,
    default: "fast",
    recipes: { short: "short", reference: "reference" },
    usual: "fast",
    description:
      "Defaults of the model, the optimizer and all that belongs to them: the best found; a small model for a run of a " +
      "minute or two; or the settings of the trainer in PyTorch that came before this program",
  },
  batchSize: {
    group: "Run",
    kind: "integer",
    min: 1,
    max: 1 << 20,
    default: 8,
    recipes: { reference: 32 },
    description: "Sequences a step, each of at most contextLength targets",
  },
  fewestSteps: {
    group: "Run",
    kind: "integer",
    min: 0,
    max: 1e9,
    default: 600,
    recipes: { reference: 0 },
    only: "library",
    description:
      "With minutes: where fewer steps than these fit, the batch is halved, to 4 at least; 0: never",
  },
  seed: {
    group: "Run",
    kind: "integer",
    min: 0,
    max: 2 ** 32 - 1,
    default: 42,
    description: "Seed of everything random",
  },
  patience: {
    ...STEPS,
    group: "Run",
    default: 10,
    only: "library",
    description: "Evaluations without gain before the run stops",
  },
  logInterval: {
    ...STEPS,
    group: "Run",
    default: null,
    usual: "100, less in a short run",
    description: "Steps between lines of the log",
  },
  evalInterval: {
    ...STEPS,
    group: "Run",
    default: null,
    usual: "1000, less in a short run",
    description: "Steps between evaluations",
  },
  evalTokens: {
    ...STEPS,
    group: "Run",
    default: 32768,
    only: "library",
    description:
      "Most validation tokens that one evaluation scores, in whole documents spread over the validation part",
  },
  saveInterval: {
    ...STEPS,
    group: "Run",
    default: null,
    usual: "5000, less in a short run",
    description: "Steps between checkpoints",
  },
  shards: {
    group: "Run",
    kind: "integer",
    min: 1,
    max: 256,
    default: 8,
    recipes: { short: 4 },
    only: "library",
    description:
      "Independent parts of a step's gradient; they fix the order of sums, hence the bits, whatever the number of workers",
  },
  optimizer: {
    group: "Optimizer",
    kind: "choice",
    choices: ["muon", "adamw"],
    default: "muon",
    recipes: { short: "adamw", reference: "adamw" },
    description: "Muon for the matrices inside the blocks and AdamW for the rest, or AdamW for everything",
  },
  muonLearningRate: {
    group: "Optimizer",
    kind: "number",
    above: 0,
    max: 100,
    default: 3e-2,
    recipes: { reference: 5e-3 },
    only: "library",
    description: "Muon's peak learning rate; it follows AdamW's schedule",
  },
  learningRate: {
    group: "Optimizer",
    kind: "number",
    above: 0,
    max: 100,
    default: 3e-3,
    recipes: { short: 4e-3, reference: 3e-4 },
    description: "AdamW's peak learning rate",
  },
  minLearningRate: {
    group: "Optimizer",
    kind: "number",
    min: 0,
    max: 100,
    default: 0,
    recipes: { short: 1e-4, reference: 3e-5 },
    only: "library",
    description: "AdamW's learning rate at the last step; at most the peak",
  },
  schedule: {
    group: "Optimizer",
    kind: "choice",
    choices: ["cosine", "wsd"],
    default: "wsd",
    recipes: { short: "cosine", reference: "cosine" },
    description:
      "After the warm-up the learning rate falls along half a cosine, or (wsd) stays and falls in a line at the end",
  },
  warmupSteps: {
    group: "Optimizer",
    kind: "integer",
    min: 0,
    max: 1e9,
    default: null,
    usual: "200, with schedule cosine 1000; at most a tenth of the run",
    only: "library",
    description: "Steps of linear warm-up",
  },
  decayShare: {
    group: "Optimizer",
    kind: "number",
    above: 0,
    below: 1,
    default: 0.4,
    only: "library",
    description: "Share of the run in which the learning rate falls to its minimum, with schedule wsd",
  },
  stableSteps: {
    group: "Optimizer",
    kind: "integer",
    min: 0,
    max: 1e9,
    default: null,
    usual: "as decayShare says",
    only: "library",
    description:
      "Last step before the decay, with schedule wsd: what a run by the clock decided is recorded here",
  },
  weightDecay: {
    group: "Optimizer",
    kind: "number",
    min: 0,
    max: 100,
    default: 0.1,
    only: "library",
    description: "Decoupled weight decay",
  },
  beta1: {
    group: "Optimizer",
    kind: "number",
    min: 0,
    below: 1,
    default: 0.9,
    only: "library",
    description: "Decay of AdamW's first moment",
  },
  beta2: {
    group: "Optimizer",
    kind: "number",
    min: 0,
    below: 1,
    default: 0.95,
    only: "library",
    description: "Decay of AdamW's second moment",
  },
  gradClip: {
    group: "Optimizer",
    kind: "number",
    above: 0,
    max: 1e9,
    default: 1,
    only: "library",
    description: "Largest norm of the whole gradient",
  },
  proofWeight: {
    group: "Optimizer",
    kind: "number",
    above: 0,
    max: 1000,
    default: 3,
    recipes: { short: 1, reference: 1 },
    description:
      "Weight of a proof's tokens in the loss, beside 1 for what stands before it; with schedule wsd in the decay only",
  },
  split: {
    group: "Corpus",
    kind: "choice",
    choices: ["block", "later", "file"],
    default: "block",
    description:
      "Hold out blocks of neighbouring proofs, the last proofs (new theories), or single files (flattering: neighbours " +
      "share theorems)",
  },
  trainSplit: {
    group: "Corpus",
    kind: "number",
    above: 0,
    below: 1,
    default: 0.9,
    only: "library",
    description: "Share of the proofs to train on",
  },
  proverForm: {
    ...PROBABILITY,
    group: "Corpus",
    default: 0.75,
    recipes: { short: 0, reference: 0 },
    description:
      "Probability that a training proof is shown as the prover asks: an empty line instead of @P, long goals cut at " +
      "the front",
  },
  // A minute is too short to learn to do without the names of the corpus.
  renaming: {
    ...PROBABILITY,
    group: "Corpus",
    default: 0.25,
    recipes: { short: 0, reference: 0 },
    description:
      "Probability that a training proof gets other names in an epoch: half of its less common names are replaced by " +
      "others of the corpus or made-up ones, and variables change places",
  },
  substitution: {
    ...PROBABILITY,
    group: "Tokenizer",
    default: 0.25,
    recipes: { short: 0, reference: 0 },
    description:
      "Probability that a training proof gets other tokens in an epoch: some of its less common ones are replaced by " +
      "random others, the same everywhere in it",
  },
} as const satisfies OptionTable;

/** What may differ between two runs that give the same result, up to rounding. */
export const MACHINE_OPTIONS = {
  workers: {
    group: "Run",
    kind: "integer",
    min: 1,
    max: 256,
    usual: "one a core",
    description: "Worker threads; the result is the same with any number",
  },
  backend: {
    group: "Run",
    kind: "choice",
    choices: ["auto", "wasm", "webgpu", "reference"],
    usual: "auto: a GPU for training where there is one, else wasm",
    description: "What computes: the SIMD kernels, a GPU, or plain TypeScript loops (slow, for checks)",
  },
  gpuStorage: {
    group: "Run",
    kind: "choice",
    choices: ["f32", "f16"],
    usual: "f32",
    description:
      "How a GPU keeps activations for the backward pass: f16 in little more than half the memory, with less accurate " +
      "numbers",
  },
} as const satisfies OptionTable;
