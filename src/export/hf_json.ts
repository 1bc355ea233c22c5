/**
 * The files that HuggingFace's programs and onnxruntime-genai read beside an ONNX model. They run the graph as it is; of the model they need
 * the cache's shape, and of the tokens which one is the end.
 */
import type { ModelConfig } from "../config.ts";
import { NORM_EPS, ROTARY_BASE } from "../model/architecture.ts";
import { cacheLayers } from "./config_json.ts";
import type { Quantization } from "./quantize.ts";

/** `<PAD>`: stands behind every proof in training, and fills rows of a batch on the left. */
const END = { id: 1, text: "<PAD>" };
const UNKNOWN = { text: "<UNK>" };

/** Tokens that a program writes when it is not told how many. */
const MAX_NEW_TOKENS = 100;

/** Keys of config.json. `llama` names the contract: a key and a value (batch, heads, length, head_dim) a layer, positions, a mask. */
export function hfConfig(config: ModelConfig, quantization: Quantization): Record<string, unknown> {
  const dtypes = { none: "fp32", int8: "q8" };
  return {
    model_type: "llama",
    architectures: ["LlamaForCausalLM"],
    hidden_size: config.dModel,
    intermediate_size: config.dMlp,
    num_hidden_layers: cacheLayers(config),
    num_attention_heads: config.nHeads,
    num_key_value_heads: config.nHeads,
    hidden_act: "gelu",
    max_position_embeddings: config.contextLength,
    rms_norm_eps: NORM_EPS,
    rope_theta: ROTARY_BASE,
    tie_word_embeddings: true,
    bos_token_id: null,
    eos_token_id: END.id,
    pad_token_id: END.id,
    "transformers.js_config": { dtype: dtypes[quantization] },
  };
}

/** generation_config.json: greedy unless asked otherwise, until the end of the proof. */
export function hfGenerationConfig(): Record<string, unknown> {
  return {
    bos_token_id: null,
    eos_token_id: END.id,
    pad_token_id: END.id,
    do_sample: false,
    max_new_tokens: MAX_NEW_TOKENS,
  };
}

/** tokenizer_config.json: which class reads tokenizer.json, and on which side rows are filled. */
export function hfTokenizerConfig({ contextLength }: ModelConfig): Record<string, unknown> {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    unk_token: UNKNOWN.text,
    eos_token: END.text,
    pad_token: END.text,
    model_max_length: contextLength,
    padding_side: "left",
    truncation_side: "left",
    clean_up_tokenization_spaces: false,
    model_input_names: ["input_ids", "attention_mask"],
  };
}

/** genai_config.json. */
export function genaiConfig(config: ModelConfig, filename: string): Record<string, unknown> {
  return {
    model: {
      type: "llama",
      vocab_size: config.vocabSize,
      context_length: config.contextLength,
      bos_token_id: END.id,
      eos_token_id: END.id,
      pad_token_id: END.id,
      decoder: {
        filename,
        session_options: { log_id: "onnxruntime-genai", provider_options: [] },
        hidden_size: config.dModel,
        head_size: config.dModel / config.nHeads,
        num_hidden_layers: cacheLayers(config),
        num_attention_heads: config.nHeads,
        num_key_value_heads: config.nHeads,
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
    search: { do_sample: false, max_length: config.contextLength, past_present_share_buffer: false },
  };
}
