// Options of what is read and written: the corpus' source, an exported folder's form, files and folders.
import type { OptionTable } from "../../config/option.ts";

const FOLDER = { kind: "path", placeholder: "DIR" } as const;
const FILE = { kind: "path", placeholder: "FILE" } as const;

export const CORPUS_OPTIONS = {
  lib: { ...FOLDER, help: "Folder of the Acorn library" },
  acorn: { ...FILE, usual: '"acorn" in PATH', help: "The acorn binary" },
  rules: {
    kind: "text",
    placeholder: "LIST",
    default: "claim,wit",
    help: 'Steps of 2026\'s certificates that become lines: their rules, or "all"',
  },
  skipEmpty: { kind: "flag", help: "Leave out proofs without a line" },
  keepCopies: { kind: "flag", help: "Write a goal and proof that an earlier file has again" },
  files: { kind: "integer", min: 1, max: 99_999, default: 4000, help: "Number of built-in proofs" },
  alphabet: {
    kind: "choice",
    choices: ["bytes", "corpus"],
    default: "bytes",
    help: "Give all 256 bytes a token, so that no text is ever lost, or only those of the corpus",
  },
} as const satisfies OptionTable;

export const SERVER_OPTIONS = {
  port: {
    kind: "integer",
    min: 0,
    max: 65_535,
    default: 4747,
    only: "flag",
    help: "Port of 127.0.0.1 to listen on; 0: any free one",
  },
} as const satisfies OptionTable;

export const EXPORT_OPTIONS = {
  flavor: {
    kind: "choice",
    choices: ["acorn", "client", "hf", "genai"],
    default: "acorn",
    help: "For whom: the prover, its generative client of January 2026, HuggingFace, onnxruntime-genai",
  },
  quantize: {
    kind: "choice",
    choices: ["none", "int8"],
    default: "none",
    help: "Store weights as float32, or in 8 bits (a quarter, several times as fast; measured on --data-dir)",
  },
  bake: {
    kind: "text",
    placeholder: "LIST",
    usual: "none; with --flavor client what paid",
    help: 'Sampling inside the model, as "temperature=0.5,min-p=0.05,lines", for a client that draws at 0.8',
  },
} as const satisfies OptionTable;

/** Of a run as a whole: its name, what it would do, what may go of it. */
export const RUNS_OPTIONS = {
  name: {
    kind: "text",
    placeholder: "NAME",
    usual: "date and time",
    only: "flag",
    help: "The run's name; the run is then a subfolder of --checkpoint-dir",
  },
  dashboard: { kind: "flag", only: "flag", help: "Show the run in a browser, at an address that is told" },
  dryRun: { kind: "flag", only: "flag", help: "Only say what the run would take: steps, time, memory, disk" },
  parallel: {
    kind: "integer",
    min: 1,
    max: 64,
    default: 1,
    only: "flag",
    help: "Runs at once; each has its share of the cores",
  },
  wholeRuns: { kind: "flag", only: "flag", help: "Also whole runs, but for the latest and the best" },
  yes: { kind: "flag", only: "flag", help: "Remove it: without, it is only listed" },
  zip: { kind: "flag", help: "Write the folder as one file to share, FOLDER.zip, too" },
} as const satisfies OptionTable;

export const FILE_OPTIONS = {
  dataDir: {
    ...FOLDER,
    default: "data/proofs",
    help: "Folder (*.txt) or file of proofs",
  },
  outputDir: { ...FOLDER, default: "checkpoints", help: "Folder for tokenizer.json" },
  checkpointDir: { ...FOLDER, default: "checkpoints", help: "Folder of the checkpoints and tokenizer.json" },
  from: {
    ...FILE,
    only: "flag",
    help: "Begin with the weights, sizes and tokenizer of this checkpoint or run",
  },
  tokenizer: {
    ...FILE,
    usual: "tokenizer.json beside it",
    only: "flag",
    help: "The tokenizer.json that the model was trained with",
  },
  output: { ...FILE, short: "o", only: "flag", help: "File to write; one that is there is replaced" },
  config: {
    rare: true,
    ...FILE,
    usual: "tactics.json beside or in the proofs' folder",
    only: "flag",
    help: "JSON file that sets options by their camelCase names",
  },
  showSamples: { kind: "flag", flag: "samples", help: "Show what the model writes at each evaluation" },
  quiet: { kind: "flag", short: "q", help: "Print results, warnings and errors only" },
  json: { kind: "flag", help: "Print JSON lines, each an object with a kind" },
} as const satisfies OptionTable;
