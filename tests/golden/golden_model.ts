/** The models that PyTorch has computed: their sizes and parameters, from their golden files. */
import { checkModelConfig, type ModelConfig } from "../../src/config.ts";
import { parameterTable } from "../../src/model/parameters.ts";
import type { Golden } from "./golden_file.ts";

/** A golden model's sizes; the file's name tells the architecture. */
export function goldenConfig(golden: Golden): ModelConfig {
  return checkModelConfig({
    architecture: golden.name.split("_")[1] as ModelConfig["architecture"],
    vocabSize: golden.scalar("vocabSize"),
    contextLength: golden.scalar("contextLength"),
    dModel: golden.scalar("dModel"),
    nLayers: golden.scalar("nLayers"),
    nHeads: golden.scalar("nHeads"),
    dMlp: golden.scalar("dMlp"),
    dropout: 0,
  });
}

/** A golden model's parameters, flat in the parameter table's order. */
export function goldenParameters(golden: Golden): Float32Array {
  const { specs, size } = parameterTable(goldenConfig(golden));
  const parameters = new Float32Array(size);
  for (const { name, offset } of specs) parameters.set(golden.tensor(`parameter.${name}`), offset);
  return parameters;
}
