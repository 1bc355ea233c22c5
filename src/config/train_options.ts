// The options of a training run, and those that say what computes it.
import { COUNT, type OptionTable, PROBABILITY, RECIPE_NAMES, SHARE } from "./option.ts";

const LENGTH = { kind: "number", above: 0, max: 1e6 } as const;
const INTERVAL = { ...COUNT, default: null } as const;
const STEPS = { kind: "integer", min: 0, max: 1e9 } as const;
const PART = { kind: "number", above: 0, below: 1 } as const;
const RATE = { kind: "number", above: 0, max: 100 } as const;
const DECAY = { kind: "number", min: 0, max: 100 } as const;

/** The entries of a run: its length, its rhythm. */
export const RUN_OPTIONS = {
  steps: { ...COUNT, default: null, usual: "30 epochs", help: "Length of the run in steps" },
  epochs: {
    rare: true,
    ...LENGTH,
    default: 30,
    help: "Length of the run in passes over the training proofs",
  },
  minutes: { ...LENGTH, default: null, usual: "30 epochs", help: "Length of the run in minutes" },
  recipe: {
    kind: "choice",
    choices: RECIPE_NAMES,
    default: "fast",
    recipes: { short: "short", reference: "reference" },
    usual: "fast",
    help: "Defaults of model and optimizer: the best found, those for a minute or two, or the original's",
  },
  batchSize: {
    kind: "integer",
    min: 1,
    max: 1 << 20,
    default: 8,
    recipes: { reference: 32 },
    help: "Sequences a step, each of at most --context-length targets",
  },
  fewestSteps: {
    ...STEPS,
    default: 600,
    recipes: { reference: 0 },
    only: "library",
    help: "With minutes: for so many steps the batch is halved, to 4 at least; 0: never",
  },
  seed: { kind: "integer", min: 0, max: 2 ** 32 - 1, default: 42, help: "Seed of everything random" },
  patience: { ...COUNT, default: 10, only: "library", help: "Evaluations without gain before the run stops" },
  logInterval: {
    rare: true,
    ...INTERVAL,
    usual: "100, less in a short run",
    help: "Steps between log lines",
  },
  evalInterval: {
    rare: true,
    ...INTERVAL,
    usual: "1000, less in a short run",
    help: "Steps between evaluations",
  },
  evalTokens: { ...COUNT, default: 32768, only: "library", help: "Most tokens that an evaluation scores" },
  saveInterval: {
    rare: true,
    ...INTERVAL,
    usual: "5000, less in a short run",
    help: "Steps between checkpoints",
  },
  syncEvery: {
    rare: true,
    ...COUNT,
    default: null,
    usual: "1, in each of them",
    help: "With --distributed: steps that each rank makes alone before all meet, for slow networks",
  },
  // They fix the order of sums, hence the bits, whatever the number of workers.
  shards: {
    kind: "integer",
    min: 1,
    max: 256,
    default: 8,
    recipes: { short: 4 },
    rare: true,
    help:
      "Parts of a step's gradient: at least as many as workers on all machines; another number, other bits",
  },
} as const satisfies OptionTable;

/** The entries of the optimizer: learning rates and their schedule, decays, weights. */
export const OPTIMIZER_OPTIONS = {
  optimizer: {
    rare: true,
    kind: "choice",
    choices: ["muon", "adamw"],
    default: "muon",
    recipes: { reference: "adamw" },
    help: "Muon for the matrices inside the blocks and AdamW for the rest, or AdamW for everything",
  },
  muonLearningRate: {
    ...RATE,
    default: 3e-2,
    recipes: { reference: 5e-3 },
    only: "library",
    help: "Muon's peak learning rate; it follows AdamW's schedule",
  },
  learningRate: {
    ...RATE,
    default: 3e-3,
    recipes: { short: 4e-3, reference: 3e-4 },
    help: "AdamW's peak learning rate",
  },
  minLearningRate: {
    ...DECAY,
    default: 0,
    recipes: { short: 1e-4, reference: 3e-5 },
    only: "library",
    help: "AdamW's learning rate at the last step; at most the peak",
  },
  schedule: {
    rare: true,
    kind: "choice",
    choices: ["cosine", "wsd"],
    default: "wsd",
    recipes: { short: "cosine", reference: "cosine" },
    help: "After the warm-up the learning rate falls along a cosine, or (wsd) in a line at the end",
  },
  // Null: 200, with schedule cosine 1000, at most a tenth of the run.
  warmupSteps: { ...STEPS, default: null, only: "library", help: "Steps of linear warm-up" },
  decayShare: { ...PART, default: 0.4, only: "library", help: "Share of the run that is wsd's decay" },
  // As a run by the clock decided; null: as decayShare says.
  stableSteps: { ...STEPS, default: null, only: "library", help: "Last step before wsd's decay" },
  weightDecay: { ...DECAY, default: 0.1, only: "library", help: "Decoupled weight decay" },
  beta1: { ...SHARE, default: 0.9, only: "library", help: "Decay of AdamW's first moment" },
  beta2: { ...SHARE, default: 0.95, only: "library", help: "Decay of AdamW's second moment" },
  gradClip: { ...LENGTH, max: 1e9, default: 1, only: "library", help: "Largest norm of the gradient" },
  proofWeight: {
    rare: true,
    ...LENGTH,
    max: 1000,
    default: 3,
    recipes: { short: 5, reference: 1 },
    help: "Weight of a proof's tokens in the loss, beside 1 for the goal's; with wsd in the decay only",
  },
} as const satisfies OptionTable;

/** An augmentation of the training proofs: a minute is too short for any. */
const AUGMENTATION = { ...PROBABILITY, recipes: { short: 0, reference: 0 } } as const;

/** The entries of what is trained on: which proofs, and in which forms. */
export const TRAINING_DATA_OPTIONS = {
  split: {
    rare: true,
    kind: "choice",
    choices: ["block", "later", "file"],
    default: "block",
    help: "Hold out blocks of neighbouring proofs, the last proofs, or single files (flattering)",
  },
  trainSplit: { ...PART, default: 0.9, only: "library", help: "Share of the proofs to train on" },
  proverForm: {
    rare: true,
    ...AUGMENTATION,
    default: 0.75,
    help: "Probability that a proof is shown as the prover asks",
  },
  renaming: {
    rare: true,
    ...AUGMENTATION,
    default: 0.25,
    help: "Probability that a proof gets other names in an epoch",
  },
  substitution: {
    rare: true,
    ...AUGMENTATION,
    default: 0.25,
    help: "Probability that some tokens of a proof are replaced in an epoch, the same everywhere in it",
  },
} as const satisfies OptionTable;

/** What each field of `TrainConfig` means, allows and is by default. */
export const TRAIN_OPTIONS = {
  ...RUN_OPTIONS,
  ...OPTIMIZER_OPTIONS,
  ...TRAINING_DATA_OPTIONS,
} as const satisfies OptionTable;

/** What may differ between two runs that give the same result, up to rounding. */
export const MACHINE_OPTIONS = {
  workers: {
    kind: "integer",
    min: 1,
    max: 256,
    usual: "one a core",
    help: "Worker threads; the result is the same with any number",
  },
  backend: {
    kind: "choice",
    choices: ["auto", "wasm", "webgpu", "reference"],
    usual: "auto: a GPU for training where there is one, else wasm",
    help: "What computes: SIMD kernels, a GPU, or plain loops (slow)",
  },
  distributed: {
    rare: true,
    kind: "choice",
    choices: ["mpi"],
    only: "flag",
    usual: "this process alone",
    help: "Share each step with the other processes that mpirun has started",
  },
  gpuStorage: {
    rare: true,
    kind: "choice",
    choices: ["f32", "f16"],
    usual: "f32",
    help: "How a GPU keeps what the backward pass needs: f16 takes half the memory, less exactly",
  },
} as const satisfies OptionTable;
