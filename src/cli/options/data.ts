/** Options of what is trained on: which proofs, in which form, and how they become tokens. */

import { DEFAULT_TRAIN_CONFIG as TRAIN, DEFAULT_VOCABULARY_SIZE } from "../../config.ts";
import { byRecipe, type OptionSpec } from "./spec.ts";

/** Rows of the groups "Corpus" and "Tokenizer". */
export const DATA_OPTIONS = {
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
  proverForm: {
    group: "Corpus",
    kind: "number",
    bounds: { min: 0, max: 1 },
    description:
      "Probability that a training proof is shown as the prover asks: an empty line instead of @P, long goals cut at the front",
    default: byRecipe("proverForm"),
  },
  renaming: {
    group: "Corpus",
    kind: "number",
    bounds: { min: 0, max: 1 },
    description:
      "Probability that a training proof gets other names in an epoch: half of its less common names are replaced by others of the corpus or made-up ones, and variables change places",
    default: byRecipe("renaming"),
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

  substitution: {
    group: "Tokenizer",
    kind: "number",
    bounds: { min: 0, max: 1 },
    description:
      "Probability that a training proof gets other tokens in an epoch: some of its less common ones are replaced by random others, the same everywhere in it",
    default: byRecipe("substitution"),
  },
  vocabSize: {
    group: "Tokenizer",
    kind: "integer",
    bounds: { min: 3, max: 1 << 20 },
    description: "Tokens of the vocabulary, at most; 4096 goes with recipe reference",
    default: `${DEFAULT_VOCABULARY_SIZE}`,
  },
  alphabet: {
    group: "Tokenizer",
    kind: "choice",
    choices: ["bytes", "corpus"],
    description: "Give all 256 bytes a token, so that no text is ever lost, or only those of the corpus",
    default: "bytes",
  },
} as const satisfies Record<string, OptionSpec>;
