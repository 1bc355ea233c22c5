// Options of what is asked of a trained model: a goal or a text, how to draw, how much to measure.
import { type OptionTable, PROBABILITY } from "../../config/option.ts";

const LINES = { kind: "integer", min: 0, max: 1e6 } as const;
const WIDTH = { kind: "integer", min: 0, max: 256 } as const;
const PATH = { kind: "path", placeholder: "PATH" } as const;
const FILE = { kind: "path", placeholder: "FILE", only: "flag" } as const;
const TEXT = { kind: "text", placeholder: "TEXT", only: "flag" } as const;

export const GENERATION_OPTIONS = {
  model: {
    ...PATH,
    usual: "the latest run's best checkpoint",
    help: "A checkpoint, an exported folder, a folder of them (the newest), a run's name, latest or best",
  },
  prompt: { ...TEXT, usual: "standard input", help: "Text to go on with" },
  goal: { ...FILE, help: "A goal, or a whole proof file, which is cut before its @P line" },
  afterLines: {
    rare: true,
    ...LINES,
    default: 0,
    only: "flag",
    help: "Lines of the given proof before the one wanted",
  },
  prefix: { ...TEXT, help: "What the line begins with" },
  promptForm: {
    rare: true,
    kind: "choice",
    choices: ["training", "prover"],
    default: "training",
    help: "Ask with an @P line, as training proofs have it, or as the prover does, with an empty line",
  },
  syntax: {
    rare: true,
    kind: "choice",
    choices: ["acorn", "any"],
    default: "acorn",
    help: "Write only lines that are statements of Acorn and say something new, or any lines",
  },
  samples: { ...WIDTH, default: 16, help: "Lines to draw" },
  beam: { ...WIDTH, default: 8, help: "Width of the beam search beside the samples; 0 for none" },
  limit: { ...WIDTH, min: 1, default: 10, help: "Lines to show, the best ones" },
  knn: {
    ...WIDTH,
    max: 4096,
    default: 0,
    help: "Blend in lines of so many proofs with near goals; 32 is good",
  },
  temperature: {
    kind: "number",
    min: 0,
    max: 100,
    default: 0.8,
    help: "Divides the logits; 0: the likeliest token",
  },
  topP: {
    rare: true,
    kind: "number",
    above: 0,
    max: 1,
    default: 1,
    usual: "1, all tokens",
    help: "Draw from the likeliest tokens that together reach this probability",
  },
  minP: {
    rare: true,
    ...PROBABILITY,
    default: 0,
    usual: "0, all tokens",
    help: "Draw from tokens that are at least so many times as likely as the likeliest",
  },
  maxTokens: { ...LINES, min: 1, usual: "200", help: "Tokens to write, at most" },
} as const satisfies OptionTable;

export const PROVE_OPTIONS = {
  seconds: { kind: "integer", min: 1, max: 86_400, default: 60, help: "Seconds to search" },
  processes: { kind: "integer", min: 1, max: 64, default: 2, help: "Runs of the prover at once" },
  write: { kind: "flag", only: "flag", help: "Put the lines into the file" },
} as const satisfies OptionTable;

export const EVALUATION_OPTIONS = {
  lines: {
    ...LINES,
    default: 100,
    help: "Next lines to ask for, and a quarter as many proofs; 0: bits per byte only",
  },
  goals: {
    ...LINES,
    default: 0,
    help: "Goals to search proofs for, where the built-in corpus' checker reads them",
  },
  all: { kind: "flag", only: "flag", help: "Measure on every file of --data-dir, none of it trained on" },
  trainDir: { kind: "path", placeholder: "DIR", help: "With --all: proofs that the baselines learn from" },
} as const satisfies OptionTable;
