// How queries and keys are turned by their positions: what is made once a call, and a product in each block.
import type { ModelConfig } from "../../config.ts";
import { attentionScale, ROTARY_BASE } from "../../model/architecture.ts";
import type { GraphBuilder, Value } from "../onnx/graph_builder.ts";
import { rmsNorm } from "./operators.ts";

/**
 * Rotary positions, float32 (…, S, D, D): for each row the matrix R with x @ R = x rotated by the row's
 * position p, so that a rotation in a layer is one product. Pair i is (i, i + D/2), its angle t = p *
 * base^(-2i/D):
 *
 *     R[i, i] = R[i + D/2, i + D/2] = cos t    R[i, i + D/2] = sin t    R[i + D/2, i] = -sin t    the rest 0
 *
 * @param positions int64 (S) or (B, S)
 */
export function rotationMatrices(g: GraphBuilder, positions: Value, D: number): Value {
  const half = D / 2;
  const [cosinePlaces, sinePlaces] = [new Float32Array(D * D), new Float32Array(D * D)];
  for (let column = 0; column < D; column++) {
    cosinePlaces[column * D + column] = 1;
    if (column < half) sinePlaces[(column + half) * D + column] = -1;
    else sinePlaces[(column - half) * D + column] = 1;
  }
  const column = g.node("Unsqueeze", [positions, g.int64([-2, -1])]); // (…, S, 1, 1)
  const [cosine, sine] = g.split(cosinesAndSines(g, column, D), -1, [D, D]) as [Value, Value];
  return g.node("Add", [
    g.node("Mul", [cosine, g.constant({ shape: [D, D], data: cosinePlaces })]),
    g.node("Mul", [sine, g.constant({ shape: [D, D], data: sinePlaces })]),
  ]);
}

/**
 * Positions (…, 1) to float32 (…, 2D): the cosines of pairs 0, 1, …, D/2 - 1, 0, …, D/2 - 1, and their sines,
 * of float64 angles (float32 would lose 1e-5 at position 256). ONNX Runtime has Sin for float64 but not Cos.
 */
function cosinesAndSines(g: GraphBuilder, positions: Value, D: number): Value {
  const half = D / 2;
  const frequencies = Float64Array.from({ length: 2 * D }, (_, i) => ROTARY_BASE ** (-(i % half) / half));
  const phases = new Float64Array(2 * D).fill(Math.PI / 2, 0, D);
  const angles = g.node("Add", [
    g.node("Mul", [g.cast(positions, "float64"), g.constant({ shape: [2 * D], data: frequencies })]),
    g.constant({ shape: [2 * D], data: phases }),
  ]);
  return g.cast(g.node("Sin", [angles]), "float32");
}

/** Queries and keys (B, S, 2C), each head divided by its RMS, times the root of the attention scale. */
export function unitHeads(g: GraphBuilder, queryKey: Value, config: ModelConfig): Value {
  const columns = config.dModel / config.nHeads;
  const weight = new Float32Array(columns).fill(Math.sqrt(attentionScale(config)));
  return rmsNorm(g, byHead(g, queryKey, config), g.constant({ shape: [columns], data: weight }));
}

/** Heads of queries and keys (B, S, 2H, D), turned: (B, S, 2C). */
export function turned(g: GraphBuilder, heads: Value, rotation: Value, config: ModelConfig): Value {
  return g.node("Reshape", [g.node("MatMul", [heads, rotation]), g.int64([0, 0, 2 * config.dModel])]);
}

export function byHead(g: GraphBuilder, queryKey: Value, { nHeads: H, dModel: C }: ModelConfig): Value {
  return g.node("Reshape", [queryKey, g.int64([0, 0, 2 * H, C / H])]);
}
