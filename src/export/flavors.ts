/**
 * For whom a folder is made: where the model lies in it, what the cache's outputs are called, and the files beside model and tokenizer.
 *
 *     acorn   the prover's contract (docs/formats.md); model.onnx
 *     hf      HuggingFace: transformers.js (onnx/model.onnx, or the name that goes with fewer bits) and Python's optimum
 *     genai   onnxruntime-genai (genai_config.json); otherwise like hf
 *
 * `hf` and `genai` tell the model by attention_mask and position_ids what is real, so that prompts of several lengths can be padded on the
 * left. What their files say about the model's inside (`llama`) only names the contract of inputs and outputs that the programs then use.
 */
import type { ModelConfig } from "../config.ts";
import { configKeys } from "./config_json.ts";
import { genaiConfig, hfConfig, hfGenerationConfig, hfTokenizerConfig } from "./hf_json.ts";
import type { Quantization } from "./quantize.ts";

/** See the top of this file. */
export const FLAVORS = ["acorn", "hf", "genai"] as const;

/** One of {@linkcode FLAVORS}. */
export type Flavor = typeof FLAVORS[number];

/** Path of the model inside the folder. */
export function modelFile(flavor: Flavor, quantization: Quantization): string {
  if (flavor !== "hf") return "model.onnx";
  const suffixes = { none: "", int8: "_quantized" };
  return `onnx/model${suffixes[quantization]}.onnx`;
}

/** What the names of the cache's outputs begin with. */
export function presentPrefix(flavor: Flavor): string {
  return flavor === "acorn" ? "present_key_values" : "present";
}

/** The JSON files of a folder beside tokenizer.json, by name. */
export function jsonFiles(
  config: ModelConfig,
  { flavor, quantization }: { flavor: Flavor; quantization: Quantization },
): Record<string, Record<string, unknown>> {
  const sizes = configKeys(config);
  if (flavor === "acorn") return { "config.json": sizes };
  const file = modelFile(flavor, quantization);
  return {
    "config.json": { ...sizes, ...hfConfig(config, quantization), model_file: file },
    "generation_config.json": hfGenerationConfig(),
    "tokenizer_config.json": hfTokenizerConfig(config),
    ...(flavor === "genai" ? { "genai_config.json": genaiConfig(config, file) } : {}),
  };
}
