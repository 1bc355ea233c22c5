/**
 * What a block is made of beside its matrix products, as an interface with three implementations, each built on the one before:
 * standard_operators.ts (ONNX only), ort_operators.ts (ONNX Runtime's own operators where they are faster), fused_attention.ts (attention as one). B batch, S new tokens a row, H heads, D head size, C = H * D, N cache + S.
 */
import type { ModelConfig } from "../config.ts";
import { attentionScale, NORM_EPS } from "../model/architecture.ts";
import type { GraphBuilder, Value } from "./onnx/graph_builder.ts";
import type { Visibility } from "./position_graph.ts";

/** Keys and values (B, H, length, D). */
export interface KeyValue {
  readonly key: Value;
  readonly value: Value;
}

/** One layer's attention. */
export interface AttentionInputs {
  readonly layer: number;
  /** (B, S, 3C): queries, keys, values, each head after head. */
  readonly projected: Value;
  readonly past: KeyValue;
}

/** The operators between the products. */
export interface BlockOperators {
  /** Make what every layer shares: the mask, and with rotary positions what turns queries and keys. Called once, first. */
  prepare(visibility: Visibility): void;
  /** RMSNorm of the stream, after adding a branch to it if there is one: (B, S, C) each. */
  addNorm(
    stream: Value,
    branch: Value | null,
    norm: { weight: Value; name: string },
  ): { stream: Value; normed: Value };
  /** Attention without its output product: (B, S, C), and the grown cache under the outputs' names. */
  attention(inputs: AttentionInputs): { mixed: Value; present: KeyValue };
  /** The exact GELU, x * 0.5 * (1 + erf(x / sqrt 2)). */
  gelu(x: Value, name: string): Value;
}

/** What an implementation is made with. */
export interface OperatorOptions {
  readonly config: ModelConfig;
  /** What the names of the cache's outputs begin with. */
  readonly presentPrefix: string;
}

/** x / sqrt(mean(x^2) + eps) * weight over the last axis, in the form that ONNX Runtime makes one operator of. */
export function rmsNorm(g: GraphBuilder, x: Value, weight: Value): Value {
  const meanSquare = g.node("ReduceMean", [g.node("Pow", [x, g.float(2)]), g.int64s([-1])]);
  const rms = g.node("Sqrt", [g.node("Add", [meanSquare, g.float(NORM_EPS)])]);
  return g.node("Mul", [g.node("Div", [x, rms]), weight]);
}

/** Queries and keys by head (…, D), divided by their RMS. Each is given the root of the attention scale, so that q · k needs no factor. */
export function normaliseHeads(g: GraphBuilder, heads: Value, config: ModelConfig): Value {
  const { dModel, nHeads } = config;
  const data = new Float32Array(dModel / nHeads).fill(Math.sqrt(attentionScale(config)));
  return rmsNorm(g, heads, g.constant({ shape: [data.length], data }));
}
