// How queries and keys are turned by their positions: what is made once a call, and a product in each block.
import type { ModelConfig } from "../../config.ts";
import { attentionScale, ROTARY_BASE } from "../../model/architecture.ts";
import type { GraphBuilder, Value } from "../../onnx/graph_builder.ts";

/**
 * Rotary positions, float32 (…, S, D, D): for each row the matrix R with x @ R = x rotated by the row's
 * position p, times a factor, so that a rotation in a layer is one product. Pair i is (i, i + D/2), its angle
 * t = p * base^(-2i/D):
 *
 *     R[i, i] = R[i + D/2, i + D/2] = cos t    R[i, i + D/2] = sin t    R[i + D/2, i] = -sin t    the rest 0
 *
 * The factor makes the product of two unit vectors the score: the root of D times the attention scale.
 *
 * @param positions int64 (S), or told by the caller, (B, S)
 */
export function rotationMatrices(
  g: GraphBuilder,
  { positions, isTold }: { positions: Value; isTold: boolean },
  config: ModelConfig,
): Value {
  const D = config.dModel / config.nHeads;
  const half = D / 2;
  const factor = Math.sqrt(D * attentionScale(config));
  // Which of a row's D/2 cosines and D/2 sines stands at each place, and what it is multiplied by.
  const [sources, factors] = [new BigInt64Array(D * D), new Float32Array(D * D)];
  const put = (row: number, column: number, source: number, by: number): void => {
    [sources[row * D + column], factors[row * D + column]] = [BigInt(source), by * factor];
  };
  for (let i = 0; i < half; i++) {
    put(i, i, i, 1);
    put(i + half, i + half, i, 1);
    put(i, i + half, half + i, 1);
    put(i + half, i, half + i, -1);
  }
  // (D, D * D), a column a place: folded when ONNX Runtime loads the model.
  const iota = g.constant({ shape: [D, 1], data: BigInt64Array.from({ length: D }, (_, i) => BigInt(i)) });
  const isSource = g.node("Equal", [iota, g.constant({ shape: [D * D], data: sources })]);
  const places = g.node("Mul", [
    g.cast(isSource, "float32"),
    g.constant({ shape: [D * D], data: factors }),
  ]);
  const rows = g.node("MatMul", [cosinesAndSines(g, positions, D), places]);
  return g.node("Reshape", [rows, g.int64(isTold ? [0, 0, D, D] : [-1, D, D])]);
}

/**
 * Positions to float32 (…, D): the cosines of the D/2 pairs, and their sines, of float64 angles (float32
 * would lose 1e-5 at position 256). ONNX Runtime has Sin for float64 but not Cos.
 */
function cosinesAndSines(g: GraphBuilder, positions: Value, D: number): Value {
  const half = D / 2;
  const column = g.node("Unsqueeze", [positions, g.int64([-1])]); // (…, S, 1)
  const frequencies = Float64Array.from({ length: D }, (_, i) => ROTARY_BASE ** (-(i % half) / half));
  const phases = new Float64Array(D).fill(Math.PI / 2, 0, half);
  const angles = g.node("Add", [
    g.node("Mul", [g.cast(column, "float64"), g.constant({ shape: [D], data: frequencies })]),
    g.constant({ shape: [D], data: phases }),
  ]);
  return g.cast(g.node("Sin", [angles]), "float32");
}

/** Queries and keys (B, S, 2C) as heads (B, S, 2H, D), each divided by the root of its sum of squares. */
export function unitHeads(g: GraphBuilder, queryKey: Value, config: ModelConfig): Value {
  return g.node("LpNormalization", [byHead(g, queryKey, config)], { axis: { i: -1 }, p: { i: 2 } });
}

/** Heads of queries and keys (B, S, 2H, D), turned. */
export function turnedHeads(g: GraphBuilder, heads: Value, rotation: Value): Value {
  return g.node("MatMul", [heads, rotation]);
}

/** Heads of queries and keys (B, S, 2H, D) as rows (B, S, 2C). */
export function asRows(g: GraphBuilder, heads: Value, config: ModelConfig): Value {
  return g.node("Reshape", [heads, g.int64([0, 0, 2 * config.dModel])]);
}

export function byHead(g: GraphBuilder, queryKey: Value, { nHeads: H, dModel: C }: ModelConfig): Value {
  return g.node("Reshape", [queryKey, g.int64([0, 0, 2 * H, C / H])]);
}
