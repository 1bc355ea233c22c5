/** Options of what is written, and where: the form of an exported folder, the folders of a project, JSON lines. */

import type { OptionSpec } from "./spec.ts";

/** Rows of the groups "Export" and "Files and output". */
export const OUTPUT_OPTIONS = {
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
    choices: ["none", "int8"],
    description:
      "Store weights as float32, or in 8 bits (a quarter, several times as fast; measured on --data-dir)",
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
