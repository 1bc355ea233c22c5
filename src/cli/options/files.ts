/** Options of what is read and written: the corpus' source, the tokenizer, an exported folder's form, files and folders. */
import type { OptionTable } from "../../config/option.ts";

/** Entries of the groups "Corpus", "Tokenizer", "Export" and "Files and output" that only the command line has. */
export const FILE_OPTIONS = {
  lib: { group: "Corpus", kind: "path", placeholder: "DIR", description: "Folder of the Acorn library" },
  acorn: {
    group: "Corpus",
    kind: "path",
    placeholder: "FILE",
    usual: '"acorn" in PATH',
    description: "The acorn binary",
  },
  files: {
    group: "Corpus",
    kind: "integer",
    min: 1,
    max: 99_999,
    default: 4000,
    description: "Number of proofs of the built-in corpus",
  },
  alphabet: {
    group: "Tokenizer",
    kind: "choice",
    choices: ["bytes", "corpus"],
    default: "bytes",
    description: "Give all 256 bytes a token, so that no text is ever lost, or only those of the corpus",
  },
  flavor: {
    group: "Export",
    kind: "choice",
    choices: ["acorn", "hf", "genai"],
    default: "acorn",
    description: "For whom: the prover, HuggingFace (transformers.js, optimum), or onnxruntime-genai",
  },
  quantize: {
    group: "Export",
    kind: "choice",
    choices: ["none", "int8"],
    default: "none",
    description:
      "Store weights as float32, or in 8 bits (a quarter, several times as fast; measured on --data-dir)",
  },
  bake: {
    group: "Export",
    kind: "text",
    placeholder: "LIST",
    usual: "none",
    description:
      'Sampling inside the model, as "temperature=0.5,min-p=0.05", for a client that draws at temperature 0.8',
  },
  dataDir: {
    group: "Files and output",
    kind: "path",
    placeholder: "DIR",
    default: "data/proofs",
    description: "Folder of the proofs (*.txt)",
  },
  checkpointDir: {
    group: "Files and output",
    kind: "path",
    placeholder: "DIR",
    default: "checkpoints",
    description: "Folder of the checkpoints and of tokenizer.json",
  },
  output: {
    group: "Files and output",
    kind: "path",
    short: "o",
    placeholder: "FILE",
    only: "flag",
    description: "File to write; one that is there is replaced",
  },
  config: {
    group: "Files and output",
    kind: "path",
    placeholder: "FILE",
    usual: "tactics.json beside or in the proofs' folder",
    only: "flag",
    description: "JSON file that sets options by their camelCase names. Flags override the file",
  },
  json: {
    group: "Files and output",
    kind: "flag",
    description: "Print JSON lines, each an object with a kind",
  },
} as const satisfies OptionTable;
