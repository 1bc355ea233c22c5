/** One random model with a real tokenizer, as a checkpoint and as an exported folder. */
import { join } from "@std/path";
import { saveCheckpoint } from "../../src/checkpoint/mod.ts";
import { type Architecture, DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG } from "../../src/config.ts";
import { sampleCorpus } from "../../src/corpus/sample/mod.ts";
import { exportModel } from "../../src/export/mod.ts";
import { saveTokenizer, trainTokenizer } from "../../src/tokenizer/mod.ts";
import { randomParameters } from "../export/model_fixture.ts";

/** Where they are. */
export interface SavedModels {
  /** A folder of checkpoints. */
  readonly checkpoints: string;
  /** An exported folder. */
  readonly exported: string;
}

/** Saves a model in both ways below `folder`. Its context is 24 tokens. */
export async function saveModels(folder: string, architecture: Architecture): Promise<SavedModels> {
  const texts = [...sampleCorpus({ files: 40 })].map((file) => file.text);
  const tokenizer = trainTokenizer(texts, { vocabularySize: 320, alphabet: "bytes" });
  const config = {
    ...DEFAULT_MODEL_CONFIG,
    architecture,
    vocabSize: tokenizer.vocabularySize,
    contextLength: 24,
    dModel: 24,
    nLayers: 2,
    nHeads: 3,
    dMlp: 40,
  };
  const parameters = randomParameters(config);
  const checkpoints = join(folder, "checkpoints");
  await Deno.mkdir(checkpoints, { recursive: true });
  await saveTokenizer(join(checkpoints, "tokenizer.json"), tokenizer);
  await saveCheckpoint(join(checkpoints, "best.safetensors"), {
    model: config,
    train: { ...DEFAULT_TRAIN_CONFIG, steps: 1 },
    step: 1,
    parameters,
    m: parameters,
    v: parameters,
    tokenizerSha256: tokenizer.sha256(),
    splitHash: "cd".repeat(32),
    best: null,
    evaluationsWithoutGain: 0,
    backend: "wasm",
  });
  const { directory } = await exportModel({
    config,
    parameters,
    tokenizerJson: tokenizer.toJson(),
    directory: join(folder, "model"),
  });
  return { checkpoints, exported: directory };
}
