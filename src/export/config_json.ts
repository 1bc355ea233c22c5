/** config.json of an exported folder, under the key names that the prover and HuggingFace-like tools read. */
import type { ModelConfig } from "../config.ts";

/** The file's text: one JSON object, a key a line. */
export function configJson(config: ModelConfig): string {
  const content = {
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
  return JSON.stringify(content, null, 2) + "\n";
}
