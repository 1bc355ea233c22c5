/**
 * The GPT as an ONNX graph of standard operators, for one token a call as well as for a whole prompt.
 *
 *     input_ids                      int64   (batch, sequence)
 *     past_key_values.{i}.key|value  float32 (batch, heads, cache, head_dim)
 *     logits                         float32 (batch, sequence, vocabulary)
 *     present_key_values.{i}.*       float32 (batch, heads, cache + sequence, head_dim): the past and then the new rows
 *
 * The first call comes with an empty cache (length 0) or with one entry of zeros. No real key is all zeros, so such an entry at index 0 is
 * recognised (layer 0's key, each batch row for itself), hidden from attention and not counted as a position, then and in every later call.
 *
 * Linear weights are stored (in, out), as MatMul wants them; the token embedding is stored once, (V, C), and is the output projection too.
 * ONNX Runtime recognises RMSNorm, GELU, and matrix products with a transpose or a factor in the forms written here and replaces each by
 * one kernel; another order of the same operators would not be replaced. int8, other flavors and windows are not here.
 */
import type { ModelConfig } from "../config.ts";
import { type AttentionForm, attentionForm, NORM_EPS } from "../model/attention_form.ts";
import { type ParameterSpec, parameterTable } from "../model/parameters.ts";
import { GraphBuilder, int, ints, type Value } from "./onnx/graph_builder.ts";
import type { ModelProto } from "./onnx/schema.ts";
import { maskAndPositions, rotationMatrices } from "./position_graph.ts";

/** Version of ONNX's operator set that the graph uses. */
export const OPSET_VERSION = 18;
/** Version of the file format; ONNX Runtime 1.20 reads up to 10. */
export const IR_VERSION = 8;

/** What goes into the graph. */
export interface GptGraphOptions {
  config: ModelConfig;
  /** The flat vector of {@linkcode parameterTable}, float32. */
  parameters: Float32Array;
  /** Recorded in the file. */
  producerVersion: string;
}

/**
 * Build the graph of a model.
 *
 * @throws {RangeError} when the parameters' length is not the configuration's
 */
export function gptGraph(options: GptGraphOptions): ModelProto {
  const { config } = options;
  const graph = new GptGraph(config, options.parameters);
  graph.build();
  return graph.builder.toModel("gpt", {
    irVersion: IR_VERSION,
    opsets: { "": OPSET_VERSION },
    producerVersion: options.producerVersion,
    docString: "Decoder-only transformer with a key-value cache. Linear weights are stored (in, out).",
    metadata: { architecture: config.architecture, context_length: String(config.contextLength) },
  });
}

/** What every layer needs and is computed once a call, see position_graph.ts. */
interface CallValues {
  /** Added to the scores. */
  mask: Value;
  /** Multiplied with queries and keys; null with learned positions. */
  rotation: Value | null;
}

class GptGraph {
  readonly builder = new GraphBuilder();
  readonly #config: ModelConfig;
  readonly #parameters: Float32Array;
  readonly #specs: Map<string, ParameterSpec>;
  readonly #form: AttentionForm;
  readonly #headDim: number;

  constructor(config: ModelConfig, parameters: Float32Array) {
    const table = parameterTable(config);
    if (parameters.length !== table.size) {
      throw new RangeError(
        `Cannot build the ONNX graph: got ${parameters.length} parameters, the configuration has ${table.size}`,
      );
    }
    this.#config = config;
    this.#parameters = parameters;
    this.#specs = new Map(table.specs.map((spec) => [spec.name, spec]));
    this.#form = attentionForm(config);
    this.#headDim = config.dModel / config.nHeads;
  }

  build(): void {
    const { vocabSize: V, nLayers, nHeads: H } = this.#config;
    const g = this.builder;
    const cacheShape = ["batch", H, "cache", this.#headDim];
    const presentShape = ["batch", H, "cache + sequence", this.#headDim];
    const inputIds = g.input("input_ids", "int64", ["batch", "sequence"]);
    const pasts = Array.from({ length: nLayers }, (_, i) => ({
      key: g.input(`past_key_values.${i}.key`, "float32", cacheShape),
      value: g.input(`past_key_values.${i}.value`, "float32", cacheShape),
    }));

    const { mask, positions } = maskAndPositions(g, { inputIds, firstKey: pasts[0]!.key });
    const table = this.#matrix("token_embedding.weight", { transposed: false });
    let x = g.node("Gather", [table, inputIds], { name: "token_embedding" }); // (B, S, C)
    let rotation: Value | null = null;
    if (this.#form.rotary) {
      rotation = rotationMatrices(g, { positions, headDim: this.#headDim });
    } else {
      x = g.node("Add", [x, this.#learnedPositions(positions)]);
    }

    const presents: { key: Value; value: Value }[] = [];
    for (const [i, past] of pasts.entries()) {
      const attention = this.#attention(i, this.#norm(x, `blocks.${i}.norm1.weight`), past, {
        mask,
        rotation,
      });
      x = g.node("Add", [x, attention.out], { name: `blocks.${i}.attn.residual` });
      const branch = this.#mlp(i, this.#norm(x, `blocks.${i}.norm2.weight`));
      x = g.node("Add", [x, branch], { name: `blocks.${i}.mlp.residual` });
      presents.push(attention.present);
    }

    const head = g.node("Transpose", [table], { attributes: { perm: ints(1, 0) } }); // (C, V), folded at load
    const logits = g.node("MatMul", [this.#norm(x, "norm.weight"), head], { name: "logits" });
    g.output(logits, "float32", ["batch", "sequence", V]);
    for (const present of presents) {
      g.output(present.key, "float32", presentShape);
      g.output(present.value, "float32", presentShape);
    }
  }

  /** (B, S, C): learned position embeddings; beyond the context the last one is used again. */
  #learnedPositions(positions: Value): Value {
    const g = this.builder;
    const table = this.#matrix("position_embedding.weight", { transposed: false });
    const clamped = g.node("Min", [positions, g.int64(this.#config.contextLength - 1)]);
    return g.node("Gather", [table, clamped], { name: "position_embedding" });
  }

  /** Attention of one layer without its residual: x (B, S, C) normalised, out (B, S, C). */
  #attention(
    layer: number,
    x: Value,
    past: { key: Value; value: Value },
    call: CallValues,
  ): { out: Value; present: { key: Value; value: Value } } {
    const g = this.builder;
    const { dModel: C, nHeads: H } = this.#config;
    const name = `blocks.${layer}.attn`;
    const swapped = { perm: ints(0, 2, 1, 3) }; // (B, S, H, D) to (B, H, S, D) and back

    const projected = g.node("MatMul", [x, this.#queryKeyValueWeight(layer)], { name: `${name}.qkv` });
    const heads = g.node("Reshape", [projected, g.int64s([0, 0, 3 * H, this.#headDim])]);
    let query: Value, newKey: Value, newValue: Value;
    if (call.rotation === null) {
      const byHead = g.node("Transpose", [heads], { attributes: swapped });
      [query, newKey, newValue] = g.split(byHead, 1, [H, H, H]) as [Value, Value, Value];
    } else {
      const [queryKey, value] = g.split(heads, 2, [2 * H, H]) as [Value, Value];
      const unit = this.#rmsNorm(queryKey, g.constant({ shape: [this.#headDim], data: ones(this.#headDim) }));
      const rotated = g.node("MatMul", [unit, call.rotation], { name: `${name}.rotated` });
      const byHead = g.node("Transpose", [rotated], { attributes: swapped });
      [query, newKey] = g.split(byHead, 1, [H, H]) as [Value, Value];
      newValue = g.node("Transpose", [value], { attributes: swapped });
    }

    const grown = { axis: int(2) };
    const key = g.node("Concat", [past.key, newKey], {
      name: `present_key_values.${layer}.key`,
      attributes: grown,
    });
    const value = g.node("Concat", [past.value, newValue], {
      name: `present_key_values.${layer}.value`,
      attributes: grown,
    });

    let scores = g.node("MatMul", [
      query,
      g.node("Transpose", [key], { attributes: { perm: ints(0, 1, 3, 2) } }),
    ]);
    if (this.#form.rotary) scores = g.node("Mul", [scores, g.float(this.#form.scale)]);
    const masked = g.node("Add", [scores, call.mask], { name: `${name}.scores` });
    const weights = g.node("Softmax", [masked], { name: `${name}.weights`, attributes: { axis: int(-1) } });
    const mixed = g.node("Transpose", [g.node("MatMul", [weights, value])], { attributes: swapped });
    const joined = g.node("Reshape", [mixed, g.int64s([0, 0, C])]);
    const out = g.node("MatMul", [joined, this.#matrix(`${name}.proj.weight`)], { name: `${name}.proj` });
    return { out, present: { key, value } };
  }

  /**
   * (C, 3C). Without normalised queries the attention scale is folded into the query's columns; with them, the scores are multiplied, which
   * ONNX Runtime makes part of the product.
   */
  #queryKeyValueWeight(layer: number): Value {
    const name = `blocks.${layer}.attn.qkv.weight`;
    if (this.#form.rotary) return this.#matrix(name);
    const C = this.#config.dModel;
    const { shape, data } = this.#transposed(name);
    for (let row = 0; row < C; row++) {
      for (let column = 0; column < C; column++) data[row * 3 * C + column]! *= this.#form.scale;
    }
    return this.builder.constant({ name, shape, data });
  }

  /** The MLP without its residual: (B, S, C) to (B, S, C), with the exact GELU x * 0.5 * (1 + erf(x / sqrt 2)). */
  #mlp(layer: number, x: Value): Value {
    const g = this.builder;
    const name = `blocks.${layer}.mlp`;
    const hidden = g.node("MatMul", [x, this.#matrix(`${name}.fc1.weight`)], { name: `${name}.fc1` });
    const erf = g.node("Erf", [g.node("Div", [hidden, g.float(Math.SQRT2)])]);
    const gated = g.node("Mul", [hidden, g.node("Add", [erf, g.float(1)])]);
    const active = g.node("Mul", [gated, g.float(0.5)], { name: `${name}.gelu` });
    return g.node("MatMul", [active, this.#matrix(`${name}.fc2.weight`)], { name: `${name}.fc2` });
  }

  #norm(x: Value, parameter: string): Value {
    const { shape, data } = this.#parameter(parameter);
    return this.#rmsNorm(x, this.builder.constant({ name: parameter, shape, data }));
  }

  /** x / sqrt(mean(x^2) + eps) * weight over the last axis. */
  #rmsNorm(x: Value, weight: Value): Value {
    const g = this.builder;
    const meanSquare = g.node("ReduceMean", [g.node("Pow", [x, g.float(2)]), g.int64s([-1])]);
    const rms = g.node("Sqrt", [g.node("Add", [meanSquare, g.float(NORM_EPS)])]);
    return g.node("Mul", [g.node("Div", [x, rms]), weight]);
  }

  #matrix(name: string, { transposed = true } = {}): Value {
    return this.builder.constant({ name, ...(transposed ? this.#transposed(name) : this.#parameter(name)) });
  }

  #parameter(name: string): { shape: readonly number[]; data: Float32Array } {
    const spec = this.#specs.get(name);
    if (spec === undefined) throw new Error(`internal: no parameter "${name}"`);
    return { shape: spec.shape, data: this.#parameters.subarray(spec.offset, spec.offset + spec.size) };
  }

  /** A copy of an (out, in) matrix as (in, out). */
  #transposed(name: string): { shape: number[]; data: Float32Array } {
    const { shape, data } = this.#parameter(name);
    const [rows, columns] = shape as [number, number];
    const out = new Float32Array(data.length);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        out[column * rows + row] = data[row * columns + column]!;
      }
    }
    return { shape: [columns, rows], data: out };
  }
}

function ones(length: number): Float32Array {
  return new Float32Array(length).fill(1);
}
