/** Options of the model: its architecture and sizes. */

import { DEFAULT_MODEL_CONFIG as MODEL } from "../../config.ts";
import { byRecipe, type OptionSpec } from "./spec.ts";

/** Rows of the group "Model". */
export const MODEL_OPTIONS = {
  architecture: {
    group: "Model",
    kind: "choice",
    choices: ["pointer", "reference"],
    description:
      "Rotary positions, value residuals and copies of earlier tokens mixed into the output; or learned positions",
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
} as const satisfies Record<string, OptionSpec>;
