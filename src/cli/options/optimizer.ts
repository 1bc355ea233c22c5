/** Options of the optimizer: learning rates and their schedule, decays, weights. */

import { byRecipe, type OptionSpec } from "./spec.ts";

/** Rows of the group "Optimizer". */
export const OPTIMIZER_OPTIONS = {
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
    default: "200, with schedule cosine 1000; at most a tenth of the run",
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
  gradClip: {
    group: "Optimizer",
    kind: "number",
    bounds: { above: 0, max: 1e9 },
    description: "Largest norm of the gradient",
    default: byRecipe("gradClip"),
  },
  proofWeight: {
    group: "Optimizer",
    kind: "number",
    bounds: { above: 0, max: 1000 },
    description:
      "Weight of a proof's tokens in the loss, beside 1 for the goal's; with schedule wsd in the decay only",
    default: byRecipe("proofWeight"),
  },
} as const satisfies Record<string, OptionSpec>;
