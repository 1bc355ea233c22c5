/** config.json of an exported folder, under the key names that the prover reads. */
import type { ModelConfig } from "../config.ts";
import { isPointerModel } from "../model/architecture.ts";

/** Layers of the cache of an exported model: those of the blocks, and one more for a pointer (pointer_graph.ts). */
export function cacheLayers(config: ModelConfig): number {
  return config.nLayers + (isPointerModel(config) ? 1 : 0);
}

/** What the file says. */
export function configKeys(config: ModelConfig): Record<string, unknown> {
  return {
    model_type: "gpt",
    architecture: config.architecture,
    vocab_size: config.vocabSize,
    context_length: config.contextLength,
    d_model: config.dModel,
    n_layers: cacheLayers(config), // all that programs take from it is the cache's shape
    n_heads: config.nHeads,
    head_dim: config.dModel / config.nHeads,
    d_mlp: config.dMlp,
    dropout: config.dropout,
    use_bias: false,
    tie_embeddings: true,
    use_cache: true,
  };
}

/** A JSON file's text: one object, a key a line. */
export function jsonText(content: Record<string, unknown>): string {
  return JSON.stringify(content, null, 2) + "\n";
}
