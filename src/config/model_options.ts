// The options of a model: which one is built, and the sizes that fix its parameters' shapes.
import { type OptionTable, SHARE } from "./option.ts";

const WIDTH = { kind: "integer", min: 1, max: 1 << 16 } as const;

/** What each field of `ModelConfig` means, allows and is by default. */
export const MODEL_OPTIONS = {
  architecture: {
    rare: true,
    kind: "choice",
    choices: ["pointer", "reference"],
    default: "pointer",
    recipes: { reference: "reference" },
    help: "Rotary positions, value residuals and copies of earlier tokens; or learned positions",
  },
  // The original's 4096 are mostly whole names, which a new theory does not have; their pieces are hardly
  // trained. The compression is about the same (docs/log.md).
  vocabSize: {
    kind: "integer",
    min: 3,
    max: 1 << 20,
    default: 1024,
    help: "Tokens of the vocabulary, at most; 4096 goes with recipe reference",
  },
  contextLength: {
    rare: true,
    ...WIDTH,
    min: 2,
    default: 256,
    help: "Longest document in tokens that the model sees",
  },
  dModel: {
    rare: true,
    ...WIDTH,
    max: 1 << 14,
    default: 256,
    recipes: { short: 96 },
    help: "Width of the residual stream",
  },
  nLayers: { rare: true, ...WIDTH, max: 256, default: 6, recipes: { short: 4 }, help: "Number of blocks" },
  nHeads: {
    rare: true,
    ...WIDTH,
    max: 1024,
    default: 8,
    recipes: { short: 3 },
    help: "Attention heads; must divide --d-model",
  },
  dMlp: {
    rare: true,
    ...WIDTH,
    default: 1024,
    recipes: { short: 384 },
    help: "Width of each MLP's hidden layer",
  },
  dropout: {
    rare: true,
    ...SHARE,
    default: 0,
    recipes: { reference: 0.1 },
    help: "Share of elements zeroed in training",
  },
} as const satisfies OptionTable;
