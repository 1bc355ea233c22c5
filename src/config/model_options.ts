/** The options of a model: which one is built, and the sizes that fix its parameters' shapes. */
import type { OptionTable } from "./option.ts";

/** The entries of a model's configuration: what each field of `ModelConfig` means, allows and is by default. */
export const MODEL_OPTIONS = {
  architecture: {
    group: "Model",
    kind: "choice",
    choices: ["pointer", "reference"],
    default: "pointer",
    recipes: { reference: "reference" },
    description:
      "Rotary positions, value residuals and copies of earlier tokens mixed into the output; or learned positions",
  },
  vocabSize: {
    group: "Tokenizer",
    kind: "integer",
    min: 3,
    max: 1 << 20,
    // The original has 4096; of these most are whole names, which a new theory does not have, and the pieces that
    // its names consist of are hardly trained. The compression is about the same (docs/log.md).
    default: 1024,
    description: "Tokens of the vocabulary, at most; 4096 goes with recipe reference",
  },
  contextLength: {
    group: "Model",
    kind: "integer",
    min: 2,
    max: 1 << 16,
    default: 256,
    description: "Longest document in tokens that the model sees at once",
  },
  dModel: {
    group: "Model",
    kind: "integer",
    min: 1,
    max: 1 << 14,
    default: 256,
    recipes: { short: 96 },
    description: "Width of the residual stream",
  },
  nLayers: {
    group: "Model",
    kind: "integer",
    min: 1,
    max: 256,
    default: 6,
    recipes: { short: 4 },
    description: "Number of blocks",
  },
  nHeads: {
    group: "Model",
    kind: "integer",
    min: 1,
    max: 1024,
    default: 8,
    recipes: { short: 3 },
    description: "Attention heads a block; must divide the width",
  },
  dMlp: {
    group: "Model",
    kind: "integer",
    min: 1,
    max: 1 << 16,
    default: 1024,
    recipes: { short: 384 },
    description: "Width of the hidden layer of each MLP",
  },
  dropout: {
    group: "Model",
    kind: "number",
    min: 0,
    below: 1,
    default: 0,
    recipes: { reference: 0.1 },
    description: "Probability of zeroing an element in training",
  },
} as const satisfies OptionTable;
