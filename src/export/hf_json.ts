/**
 * The files that HuggingFace's programs and onnxruntime-genai read beside an ONNX model. They run the graph
 * as it is; of the model they need the cache's shape, and of the tokens which one is the end.
 */
import { END_TOKEN, type ModelConfig } from "../config.ts";
import { NORM_EPS, ROTARY_BASE } from "../model/architecture.ts";
import type { Quantization } from "./quantize.ts";

/** The end stands behind every proof in training, and fills rows of a batch on the left. */
const [END, UNKNOWN] = ["<PAD>", "<UNK>"] as const;
const SPECIAL_IDS = { eos_token_id: END_TOKEN, pad_token_id: END_TOKEN };

/** Tokens that a program writes when it is not told how many. */
const MAX_NEW_TOKENS = 100;

/** The cache's shape, under the names that all these programs use. */
function cacheKeys(config: ModelConfig, layers: number): Record<string, number> {
  const { dModel, nHeads } = config;
  return {
    hidden_size: dModel,
    num_hidden_layers: layers,
    num_attention_heads: nHeads,
    num_key_value_heads: nHeads,
  };
}

/**
 * Keys of config.json. `llama` names the contract: a key and a value (batch, heads, length, head_dim) a
 * layer, positions, a mask.
 */
export function hfConfig(
  config: ModelConfig,
  layers: number,
  quantization: Quantization,
): Record<string, unknown> {
  return {
    model_type: "llama",
    architectures: ["LlamaForCausalLM"],
    ...cacheKeys(config, layers),
    intermediate_size: config.dMlp,
    hidden_act: "gelu",
    max_position_embeddings: config.contextLength,
    rms_norm_eps: NORM_EPS,
    rope_theta: ROTARY_BASE,
    tie_word_embeddings: true,
    bos_token_id: null,
    ...SPECIAL_IDS,
    "transformers.js_config": { dtype: quantization === "int8" ? "q8" : "fp32" },
  };
}

/** generation_config.json: greedy unless asked otherwise, until the end of the proof. */
export function hfGenerationConfig(): Record<string, unknown> {
  return { bos_token_id: null, ...SPECIAL_IDS, do_sample: false, max_new_tokens: MAX_NEW_TOKENS };
}

/** tokenizer_config.json: which class reads tokenizer.json, and on which side rows are filled. */
export function hfTokenizerConfig({ contextLength }: ModelConfig): Record<string, unknown> {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    unk_token: UNKNOWN,
    eos_token: END,
    pad_token: END,
    model_max_length: contextLength,
    padding_side: "left",
    truncation_side: "left",
    clean_up_tokenization_spaces: false,
    model_input_names: ["input_ids", "attention_mask"],
  };
}

/** genai_config.json. */
export function genaiConfig(config: ModelConfig, layers: number, filename: string): Record<string, unknown> {
  const { vocabSize, contextLength, dModel, nHeads } = config;
  return {
    model: {
      type: "llama",
      vocab_size: vocabSize,
      context_length: contextLength,
      bos_token_id: END_TOKEN,
      ...SPECIAL_IDS,
      decoder: {
        filename,
        session_options: { log_id: "onnxruntime-genai", provider_options: [] },
        head_size: dModel / nHeads,
        ...cacheKeys(config, layers),
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
      },
    },
    search: { do_sample: false, max_length: contextLength, past_present_share_buffer: false },
  };
}
