// For whom a folder is made: `acorn`, the prover (docs/formats.md); `hf`, transformers.js and Python's
// optimum; `genai`, onnxruntime-genai. The latter two tell the model what is real by attention_mask and
// position_ids, so prompts of several lengths can be padded on the left; `llama` in their files only names
// that contract.
import type { ModelConfig } from "../config.ts";
import { type BakedSampling, bakedSamplingText } from "./bake.ts";
import { genaiConfig, hfFiles, type JsonObject } from "./hf_json.ts";
import type { Quantization } from "./quantize.ts";

/** See the top of this file. */
export const FLAVORS = ["acorn", "hf", "genai"] as const;

/** One of {@linkcode FLAVORS}. */
export type Flavor = typeof FLAVORS[number];

/** Path of the model inside the folder. */
export function modelFile(flavor: Flavor, quantization: Quantization): string {
  if (flavor !== "hf") return "model.onnx";
  return quantization === "int8" ? "onnx/model_quantized.onnx" : "onnx/model.onnx";
}

/** What the names of the cache's outputs begin with. */
export function presentPrefix(flavor: Flavor): string {
  return flavor === "acorn" ? "present_key_values" : "present";
}

/** config.json, under the key names that the prover reads. */
export function configKeys(config: ModelConfig): JsonObject {
  return {
    model_type: "gpt",
    architecture: config.architecture,
    vocab_size: config.vocabSize,
    context_length: config.contextLength,
    d_model: config.dModel,
    n_layers: config.nLayers,
    n_heads: config.nHeads,
    head_dim: config.dModel / config.nHeads,
    d_mlp: config.dMlp,
    dropout: config.dropout,
    use_bias: false,
    tie_embeddings: true,
    use_cache: true,
  };
}

/** What a model's metadata say of its sizes, under the names of config.json. */
export function modelMetadata(config: ModelConfig): Record<string, string> {
  const isSaid = ([key, value]: [string, unknown]): boolean =>
    key === "architecture" || typeof value === "number" && key !== "dropout";
  const said = Object.entries(configKeys(config)).filter(isSaid);
  return Object.fromEntries(said.map(([key, value]) => [key, String(value)]));
}

/** Name of the model card (model_card.ts). */
export const CARD_NAME = "README.md";

/** Every file that an exported folder may have, whatever its flavor. */
export const EXPORTED_FILES: readonly string[] = [
  ...["model.onnx", "onnx/model.onnx", "onnx/model_quantized.onnx"],
  ...[
    "tokenizer.json",
    "config.json",
    "generation_config.json",
    "tokenizer_config.json",
    "genai_config.json",
    CARD_NAME,
  ],
];

/** The JSON files of a folder beside tokenizer.json, by name. */
export function jsonFiles(
  config: ModelConfig,
  { flavor, quantization, bake }: {
    flavor: Flavor;
    quantization: Quantization;
    bake: BakedSampling | null;
  },
): Record<string, JsonObject> {
  const own = { ...configKeys(config), ...bake !== null && { baked_sampling: bakedSamplingText(bake) } };
  if (flavor === "acorn") return { "config.json": own };
  const { keys, files } = hfFiles(config, quantization === "int8" ? "q8" : "fp32");
  const model_file = modelFile(flavor, quantization);
  return {
    "config.json": { ...own, ...keys, model_file },
    ...files,
    ...(flavor === "genai" ? { "genai_config.json": genaiConfig(config, model_file) } : {}),
  };
}
