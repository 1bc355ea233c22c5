/** Options of a run: how long, how often something is told, what computes. */

import { DEFAULT_TRAIN_CONFIG as TRAIN } from "../../config.ts";
import { byRecipe, type OptionSpec } from "./spec.ts";

const STEP_COUNT = { min: 1, max: 1e9 } as const;

/** Rows of the group "Run". */
export const RUN_OPTIONS = {
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
      "Length of the run in minutes: the first steps are timed to plan how many there will be; with schedule wsd the clock then decides when the decay begins",
  },
  recipe: {
    group: "Run",
    kind: "choice",
    choices: ["fast", "reference"],
    description:
      "Defaults of the architecture, the optimizer and all that belongs to them: the best found, or the settings of the trainer in PyTorch that came before this program",
    default: TRAIN.recipe,
  },
  batchSize: {
    group: "Run",
    kind: "integer",
    bounds: { min: 1, max: 1 << 20 },
    description: "Sequences a step",
    default: byRecipe("batchSize"),
  },
  fewestSteps: {
    group: "Run",
    kind: "integer",
    bounds: { min: 0, max: 1e9 },
    description:
      "With --minutes: where fewer steps than these fit, the batch is halved, to 4 at least; 0: never, as with a given --batch-size",
    default: byRecipe("fewestSteps"),
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
  gpuStorage: {
    group: "Run",
    kind: "choice",
    choices: ["f32", "f16"],
    description:
      "How a GPU keeps activations for the backward pass: f16 in little more than half the memory, with less accurate numbers",
    default: "f32",
  },
} as const satisfies Record<string, OptionSpec>;
