/**
 * The GPT as an ONNX graph, for one token a call as well as for a whole prompt.
 *
 *     input_ids                      int64   (batch, sequence)
 *     past_key_values.{i}.key|value  float32 (batch, heads, cache, head_dim)
 *     logits                         float32 (batch, sequence, vocabulary)
 *     present_key_values.{i}.*       float32 (batch, heads, cache + sequence, head_dim): the past and then the new rows
 *
 * The first call comes with an empty cache (length 0) or with one entry of zeros. No real key is all zeros, so such an entry at index 0 is
 * recognised (layer 0's key, each batch row for itself), hidden from attention and not counted as a position, then and in every later call.
 *
 * The cache may grow without end. With rotary positions a query sees the last context_length keys, its own included, so distances stay those
 * of training; with learned ones it sees all keys, and beyond the context the last position is used again.
 *
 * Other flavors than the prover's (flavors.ts) are told what is real and where it stands, and call the grown cache present.{i}.*:
 *
 *     attention_mask                 int64   (batch, cache + sequence)
 *     position_ids                   int64   (batch, sequence)
 *
 * Here is the order of things. How parameters are stored and multiplied: weights.ts. What stands between the products: block_operators.ts.
 * Masks and positions: position_graph.ts. The pointer and its layer of the cache, the last: pointer_graph.ts. Sampling inside the graph: bake.ts.
 */
import type { ModelConfig } from "../config.ts";
import { attentionScale, isPointerModel } from "../model/architecture.ts";
import { type BakedSampling, bakedSamplingText, bakeSampling, logitFactor } from "./bake.ts";
import type { BlockOperators, KeyValue } from "./block_operators.ts";
import { cacheLayers } from "./config_json.ts";
import { type Flavor, presentPrefix } from "./flavors.ts";
import { FusedAttention } from "./fused_attention.ts";
import { GraphBuilder, type Value } from "./onnx/graph_builder.ts";
import type { ModelProto } from "./onnx/schema.ts";
import { OrtOperators } from "./ort_operators.ts";
import { type PointerInputs, pointerLogits } from "./pointer_graph.ts";
import { maskedVisibility, visibility } from "./position_graph.ts";
import type { Quantization } from "./quantize.ts";
import { StandardOperators } from "./standard_operators.ts";
import { type OperatorSet, ORT_DOMAIN, Weights } from "./weights.ts";

/** Version of ONNX's operator set that the graph uses. */
export const OPSET_VERSION = 18;
/** Version of the file format; ONNX Runtime 1.20 reads up to 10. */
export const IR_VERSION = 8;

/** How a graph is made. */
export interface GraphForm {
  /** ONNX's operators only, or ONNX Runtime's own where they are faster. */
  operators: OperatorSet;
  /** How matrices are stored. */
  quantization: Quantization;
  /** Sampling inside the graph; null for none. */
  bake: BakedSampling | null;
  /** Whose inputs and outputs it has. */
  flavor: Flavor;
}

/** What goes into the graph. */
export interface GptGraphOptions extends Partial<GraphForm> {
  config: ModelConfig;
  /** The flat vector of the parameter table, float32. */
  parameters: Float32Array;
  /** Recorded in the file. */
  producerVersion: string;
}

/** A graph's form, filled in: float32 in ONNX Runtime's operators, which were the fastest in every measurement (docs/log.md). */
export function graphForm(options: Partial<GraphForm>): GraphForm {
  const { operators = "ort", quantization = "none", bake = null, flavor = "acorn" } = options;
  return { operators, quantization, bake, flavor };
}

/**
 * Build the graph of a model.
 *
 * @throws {RangeError} when the parameters' length is not the configuration's
 */
export function gptGraph(options: GptGraphOptions): ModelProto {
  const { config } = options;
  const form = graphForm(options);
  const graph = new GptGraph(options, form);
  graph.build();
  return graph.builder.toModel("gpt", {
    irVersion: IR_VERSION,
    opsets: { "": OPSET_VERSION, ...(form.operators === "ort" ? { [ORT_DOMAIN]: 1 } : {}) },
    producerVersion: options.producerVersion,
    docString: "Decoder-only transformer with a key-value cache. Linear weights are stored (in, out).",
    metadata: {
      architecture: config.architecture,
      context_length: String(config.contextLength),
      operators: form.operators,
      quantization: form.quantization,
      flavor: form.flavor,
      ...(form.bake === null ? {} : { baked_sampling: bakedSamplingText(form.bake) }),
    },
  });
}

class GptGraph {
  readonly builder = new GraphBuilder();
  readonly #config: ModelConfig;
  readonly #weights: Weights;
  readonly #blocks: BlockOperators;
  readonly #isPointer: boolean;
  readonly #bake: BakedSampling | null;
  readonly #flavor: Flavor;

  constructor(options: GptGraphOptions, form: GraphForm) {
    const { config, parameters } = options;
    this.#config = config;
    this.#weights = new Weights(this.builder, { config, parameters, ...form });
    this.#isPointer = isPointerModel(config);
    this.#bake = form.bake;
    this.#flavor = form.flavor;
    const OwnOperators = form.flavor === "acorn" ? FusedAttention : OrtOperators;
    const Operators = form.operators === "ort" ? OwnOperators : StandardOperators;
    this.#blocks = new Operators(this.builder, { config, presentPrefix: presentPrefix(form.flavor) });
  }

  build(): void {
    const { vocabSize: V, nLayers, nHeads: H, dModel: C, contextLength } = this.#config;
    const g = this.builder;
    const weights = this.#weights;
    const blocks = this.#blocks;
    const cacheShape = ["batch", H, "cache", C / H];
    const presentShape = ["batch", H, "cache + sequence", C / H];
    const inputIds = g.input("input_ids", "int64", ["batch", "sequence"]);
    const told = this.#flavor === "acorn" ? null : {
      attentionMask: g.input("attention_mask", "int64", ["batch", "cache + sequence"]),
      positions: g.input("position_ids", "int64", ["batch", "sequence"]),
    };
    const pasts = Array.from({ length: cacheLayers(this.#config) }, (_, i) => ({
      key: g.input(`past_key_values.${i}.key`, "float32", cacheShape),
      value: g.input(`past_key_values.${i}.value`, "float32", cacheShape),
    }));

    const window = this.#isPointer ? contextLength : null;
    const call = { inputIds, firstKey: pasts[0]!.key, window };
    const seen = told === null ? visibility(g, call) : maskedVisibility(g, { ...call, ...told });
    blocks.prepare(seen);
    let { stream, normed } = blocks.addNorm(
      this.#embedding(inputIds, seen.positions),
      null,
      this.#norm(0, 1),
    );
    const presents: KeyValue[] = [];
    for (const [layer, past] of pasts.slice(0, nLayers).entries()) {
      const name = `blocks.${layer}`;
      const projected = weights.linear(normed, `${name}.attn.qkv`, this.#queryFactors());
      const { mixed, present } = blocks.attention({ layer, projected, past });
      presents.push(present);
      const attended = weights.linear(mixed, `${name}.attn.proj`);
      ({ stream, normed } = blocks.addNorm(stream, attended, this.#norm(layer, 2)));
      const hidden = blocks.gelu(weights.linear(normed, `${name}.mlp.fc1`), `${name}.mlp.gelu`);
      const branch = weights.linear(hidden, `${name}.mlp.fc2`);
      ({ stream, normed } = blocks.addNorm(stream, branch, this.#norm(layer + 1, 1)));
    }

    const memory = pasts[nLayers];
    const name = this.#bake?.minP ? "scaled_logits" : "logits";
    let logits: Value;
    if (memory === undefined) {
      logits = weights.logits(normed, name);
    } else {
      const mixed = this.#mixCopies({ inputIds, normed, seen, past: memory, name });
      logits = mixed.logits;
      presents.push(mixed.present);
    }
    if (this.#bake !== null) logits = bakeSampling(g, logits, this.#bake);
    g.output(logits, "float32", ["batch", "sequence", V]);
    for (const present of presents) {
      g.output(present.key, "float32", presentShape);
      g.output(present.value, "float32", presentShape);
    }
  }

  /** (B, S, C) of token ids (B, S). */
  #embedding(inputIds: Value, positions: Value): Value {
    const g = this.builder;
    const tokens = this.#weights.tokenEmbedding(inputIds);
    if (this.#isPointer) return tokens;
    const clamped = g.node("Min", [positions, g.int64(this.#config.contextLength - 1)]);
    return g.node("Add", [tokens, this.#weights.positionEmbedding(clamped)]);
  }

  /** The weights of a layer's first or second norm; beyond the last layer, of the one before the logits, with the baked factor unless there is a pointer. */
  #norm(layer: number, which: 1 | 2): { weight: Value; name: string } {
    const name = layer === this.#config.nLayers ? "norm" : `blocks.${layer}.norm${which}`;
    const factor = name === "norm" && !this.#isPointer ? logitFactor(this.#bake) : 1;
    return { weight: this.#weights.vector(`${name}.weight`, factor), name };
  }

  /** Logits with a pointer's copies mixed in, and the pointer's layer of the cache. */
  #mixCopies(
    call: Pick<PointerInputs, "inputIds" | "normed" | "seen" | "past" | "name">,
  ): { logits: Value; present: KeyValue } {
    return pointerLogits(this.builder, {
      ...call,
      config: this.#config,
      weights: this.#weights,
      presentName: `${presentPrefix(this.#flavor)}.${this.#config.nLayers}`,
      factor: logitFactor(this.#bake),
    });
  }

  /** The attention scale, in the query's weights; normalised queries forget their weights' scale, and have it in their norm. */
  #queryFactors(): ((row: number) => number) | undefined {
    if (this.#isPointer) return undefined;
    const { dModel } = this.#config;
    return (row) => row < dModel ? attentionScale(this.#config) : 1;
  }
}
