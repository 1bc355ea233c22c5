// What stands between a block's products, as one interface with two implementations: standard_operators.ts
// (ONNX's own operators) and ort_operators.ts (ONNX Runtime's where they are faster). B batch, S new tokens a
// row, H heads, D head size, C = H * D, N cache + S.
import { NORM_EPS } from "../../model/architecture.ts";
import type { GraphBuilder, Value } from "../../onnx/graph_builder.ts";

/** Which operators a graph is made of: ONNX's own only, or ONNX Runtime's where they are faster. */
export const OPERATOR_SETS = ["standard", "ort"] as const;

/** One of {@linkcode OPERATOR_SETS}. */
export type OperatorSet = typeof OPERATOR_SETS[number];

/** Keys and values (B, H, length, D). */
export interface KeyValue {
  readonly key: Value;
  readonly value: Value;
}

/** One layer's attention. q · k needs no factor: it is in the query, and in a normalised key. */
export interface AttentionInputs {
  /** (B, S, 2C): queries and keys, each head after head, turned by their positions if they have to be. */
  readonly queryKey: Value;
  /** (B, S, C). */
  readonly values: Value;
  readonly past: KeyValue;
  /** Added to scores, (B, H, S, N). */
  readonly mask: Value;
  readonly nHeads: number;
  readonly headDim: number;
}

/** Weights (in, out) in 8 bits, and a scale for all, or one for each column. */
export interface Int8Matrix {
  readonly weight: Value;
  readonly scales: Value;
}

/** The operators between the products. Each adds nodes to the scope it is given. */
export interface Operators {
  /** RMSNorm of the stream, after adding a branch to it if there is one: (B, S, C) each. */
  addNorm(
    g: GraphBuilder,
    rows: { stream: Value; branch: Value | null; weight: Value },
  ): { stream: Value; normed: Value };
  /** Attention without its output product: (B, S, C), and the grown cache. */
  attention(g: GraphBuilder, inputs: AttentionInputs): { mixed: Value; present: KeyValue };
  /** The exact GELU, x * 0.5 * (1 + erf(x / sqrt 2)). */
  gelu(g: GraphBuilder, x: Value): Value;
  /** x (…, in) rounded to 8 bits, once, @ each weight (in, out) * its scales. */
  int8Products(g: GraphBuilder, x: Value, matrices: readonly Int8Matrix[]): Value[];
}

/** x / sqrt(mean(x^2) + eps) * weight over the last axis, as ONNX Runtime makes one operator of it. */
export function rmsNorm(g: GraphBuilder, x: Value, weight: Value): Value {
  const meanSquare = g.node("ReduceMean", [g.node("Pow", [x, g.float(2)]), g.int64([-1])]);
  const rms = g.node("Sqrt", [g.node("Add", [meanSquare, g.float(NORM_EPS)])]);
  return g.node("Mul", [g.node("Div", [x, rms]), weight]);
}
