/** Options of what is asked of a trained model: a goal or a text, how to draw, how much to measure. */

import type { OptionSpec } from "./spec.ts";

/** Rows of the groups "Generation" and "Evaluation". */
export const GENERATION_OPTIONS = {
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
    choices: ["training", "prover"],
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
} as const satisfies Record<string, OptionSpec>;
