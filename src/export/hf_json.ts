// The files that HuggingFace's programs and onnxruntime-genai read beside an ONNX model, which they run as it
// is: they need the cache's shape and the end's token. `llama` names the contract: a key and a value (batch,
// heads, length, head_dim) a layer, positions, a mask.
import { END_TOKEN, type ModelConfig } from "../config.ts";
import { NORM_EPS, ROTARY_BASE } from "../model/architecture.ts";

/** The end stands behind every proof in training, and fills rows of a batch on the left. */
const [END, UNKNOWN] = ["<PAD>", "<UNK>"] as const;
const SPECIAL_IDS = { eos_token_id: END_TOKEN, pad_token_id: END_TOKEN };

/** Tokens that a program writes when it is not told how many. */
const MAX_NEW_TOKENS = 100;

/** A JSON file's content. */
export type JsonObject = Record<string, unknown>;

/** Keys of config.json, and other files by name; `dtype` is what transformers.js calls the numbers. */
export function hfFiles(
  config: ModelConfig,
  dtype: "fp32" | "q8",
): { keys: JsonObject; files: Record<string, JsonObject> } {
  const keys = {
    model_type: "llama",
    architectures: ["LlamaForCausalLM"],
    ...cacheKeys(config),
    intermediate_size: config.dMlp,
    hidden_act: "gelu",
    max_position_embeddings: config.contextLength,
    rms_norm_eps: NORM_EPS,
    rope_theta: ROTARY_BASE,
    tie_word_embeddings: true,
    bos_token_id: null,
    ...SPECIAL_IDS,
    "transformers.js_config": { dtype },
  };
  const generation = { bos_token_id: null, ...SPECIAL_IDS, do_sample: false, max_new_tokens: MAX_NEW_TOKENS };
  const tokenizer = {
    tokenizer_class: "PreTrainedTokenizerFast",
    unk_token: UNKNOWN,
    eos_token: END,
    pad_token: END,
    model_max_length: config.contextLength,
    padding_side: "left",
    truncation_side: "left",
    clean_up_tokenization_spaces: false,
    model_input_names: ["input_ids", "attention_mask"],
  };
  return { keys, files: { "generation_config.json": generation, "tokenizer_config.json": tokenizer } };
}

export function genaiConfig(config: ModelConfig, filename: string): JsonObject {
  const { vocabSize, contextLength, dModel, nHeads } = config;
  const decoder = {
    filename,
    session_options: { log_id: "onnxruntime-genai", provider_options: [] },
    head_size: dModel / nHeads,
    ...cacheKeys(config),
    inputs: {
      input_ids: "input_ids",
      attention_mask: "attention_mask",
      position_ids: "position_ids",
      past_key_names: "past_key_values.%d.key",
      past_value_names: "past_key_values.%d.value",
    },
    outputs: {
      logits: "logits",
      present_key_names: "present.%d.key",
      present_value_names: "present.%d.value",
    },
  };
  return {
    model: {
      type: "llama",
      vocab_size: vocabSize,
      context_length: contextLength,
      bos_token_id: END_TOKEN,
      ...SPECIAL_IDS,
      decoder,
    },
    search: { do_sample: false, max_length: contextLength, past_present_share_buffer: false },
  };
}

/** The cache's shape, under the names that all these programs use. */
function cacheKeys({ dModel, nLayers, nHeads }: ModelConfig): Record<string, number> {
  return {
    hidden_size: dModel,
    num_hidden_layers: nLayers,
    num_attention_heads: nHeads,
    num_key_value_heads: nHeads,
  };
}
