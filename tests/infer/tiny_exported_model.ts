/** A random model with a real tokenizer, exported: what openModel() and the browser's page open in tests. */
import { join } from "@std/path";
import { DEFAULT_MODEL_CONFIG } from "../../src/config.ts";
import { exportModel } from "../../src/export/mod.ts";
import { sampleCorpus } from "../../src/corpus/sample/mod.ts";
import { trainTokenizer } from "../../src/tokenizer/mod.ts";
import { randomParameters } from "../export/model_fixture.ts";
import type { TemporaryFolder } from "../temporary_folder.ts";

/** A goal as a proof file has it. */
export const TINY_GOAL = "@G\n    a * b = b * a\n@C\nnot (a * b = b * a)\n@P\n";

/** @returns the exported folder */
export async function tinyExportedModel(folder: TemporaryFolder): Promise<string> {
  const texts = [...sampleCorpus({ files: 40 })].map((file) => file.text);
  const tokenizer = trainTokenizer(texts, { vocabularySize: 320, alphabet: "corpus" });
  const config = {
    ...DEFAULT_MODEL_CONFIG,
    vocabSize: tokenizer.vocabularySize,
    contextLength: 64,
    dModel: 24,
    nLayers: 2,
    nHeads: 3,
    dMlp: 40,
  };
  const { directory } = await exportModel({
    config,
    parameters: randomParameters(config),
    tokenizerJson: tokenizer.toJson(),
    directory: join(folder.path, "model"),
  });
  return directory;
}
