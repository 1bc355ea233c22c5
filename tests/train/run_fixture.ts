/** A tiny corpus in a temporary folder, and runs over it. */
import { join } from "@std/path";
import type { BackendChoice } from "../../src/backend/choose.ts";
import { compileKernels } from "../../src/backend/wasm/mod.ts";
import {
  type Architecture,
  DEFAULT_MODEL_CONFIG,
  DEFAULT_TRAIN_CONFIG,
  type ModelConfig,
  RECIPES,
  type TrainConfig,
} from "../../src/config.ts";
import { readProofs } from "../../src/corpus/read.ts";
import { sha256Hex } from "../../src/io/sha256.ts";
import type { TrainEvent } from "../../src/metrics/events.ts";
import { Rng } from "../../src/rng.ts";
import { type Tokenizer, trainTokenizer } from "../../src/tokenizer/mod.ts";
import { checkpointFiles } from "../../src/checkpoint/mod.ts";
import { prepareData, type TrainingData } from "../../src/train/data.ts";
import { train } from "../../src/train/trainer.ts";
import type { TrainOptions } from "../../src/train/train_options.ts";
import type { TemporaryFolder } from "../temporary_folder.ts";

/** The backends that runs are tested on. */
export const BACKEND_NAMES = ["reference", "wasm"] as const;

/** Vocabulary of the corpus' tokenizer. */
const VOCABULARY = 280;

/** A corpus as a run takes it. */
export interface Corpus {
  readonly tokenizer: Tokenizer;
  readonly data: TrainingData;
}

/**
 * Write proofs of varied lengths, some far longer than the tests' context, and prepare them as the train
 * command does.
 */
export async function prepareCorpus(folder: TemporaryFolder, { files = 40, seed = 1 } = {}): Promise<Corpus> {
  const directory = join(folder.path, "proofs");
  await Deno.mkdir(directory);
  const rng = new Rng(seed, "proofs");
  for (let i = 0; i < files; i++) {
    const [a, b] = ["xyzuvw"[rng.below(6)]!, "abcdef"[rng.below(6)]!];
    const steps = Array.from({ length: 1 + rng.below(6) }, (_, n) => `    ${a} + ${n} = ${n} + ${a}\n`);
    const head = `theorem law_${i}(${a}: Nat, ${b}: Nat) {`;
    const text = `@T\n${head}\n@G\n    ${a} * ${b} = ${b} * ${a}\n@C\nnot (${a} * ${b} = ${b} * ${a})\n@P\n${
      steps.join("")
    }`;
    await Deno.writeTextFile(join(directory, `proof_${String(i).padStart(3, "0")}.txt`), text);
  }
  const corpus = await readProofs(directory);
  const tokenizer = trainTokenizer(corpus.files.map(({ text }) => text), {
    vocabularySize: VOCABULARY,
    alphabet: "bytes",
  });
  return { tokenizer, data: prepareData(corpus.files, tokenizer, DEFAULT_TRAIN_CONFIG) };
}

/** A small model with dropout. */
export function smallModel(architecture: Architecture = "pointer"): ModelConfig {
  const sizes = { contextLength: 24, dModel: 16, nLayers: 2, nHeads: 2, dMlp: 24 };
  return { ...DEFAULT_MODEL_CONFIG, ...sizes, dropout: 0.1, architecture, vocabSize: VOCABULARY };
}

/** Six steps with two evaluations and three checkpoints. */
export function shortRun(changes: Partial<TrainConfig> = {}): TrainConfig {
  const run = { steps: 6, batchSize: 4, shards: 4, evalInterval: 3, saveInterval: 2, evalTokens: 300 };
  return { ...DEFAULT_TRAIN_CONFIG, ...RECIPES.reference.train, ...run, learningRate: 1e-2, ...changes };
}

/** Options of a run: reference backend, one worker, unless said otherwise. */
export async function runOptions(
  corpus: Corpus,
  checkpointDir: string,
  changes: Partial<Omit<TrainOptions, "backend">> & { backend?: "reference" | "wasm" } = {},
): Promise<TrainOptions> {
  const { backend = "reference", ...others } = changes;
  await Deno.mkdir(checkpointDir, { recursive: true });
  return {
    model: smallModel(),
    train: shortRun(),
    workers: 1,
    backend: await backendChoice(backend),
    checkpointDir,
    ...corpus,
    ...others,
  };
}

/** All events of a run. */
export async function eventsOf(options: TrainOptions): Promise<TrainEvent[]> {
  return await Array.fromAsync(train(options));
}

/** sha256 of every checkpoint in a folder. */
export async function digests(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await checkpointFiles(directory)) {
    found[name] = sha256Hex(await Deno.readFile(join(directory, name)));
  }
  return found;
}

async function backendChoice(name: "reference" | "wasm"): Promise<BackendChoice> {
  // chooseBackend() finds the tile by a clock; fixed here, so that a test does the same work in every run.
  return name === "wasm"
    ? { kind: "wasm", module: await compileKernels(), tile: "4x8" }
    : { kind: "reference" };
}
