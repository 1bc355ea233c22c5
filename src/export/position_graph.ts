/**
 * The part of the graph that is computed once a call, before the layers: which keys a query sees, where the new tokens stand, and what
 * rotates their queries and keys. B batch, S new tokens a row, H heads, D head size.
 */
import { ROTARY_BASE } from "../model/attention_form.ts";
import { type GraphBuilder, int, type Value } from "./onnx/graph_builder.ts";

/** Who sees what, and where the new tokens stand. */
export interface Visibility {
  /** bool (B, 1, S, N) with N = cache + sequence: whether the query may see the key. */
  readonly visible: Value;
  /** int64 (B, S): the number of real cache entries before each new token. */
  readonly positions: Value;
}

/**
 * Which keys a query sees, and each new token's position.
 *
 *     placeholders (B, 1, 1, 1) = 1 where the cache begins with an all-zero key, else 0
 *     query i may see key j when j <= cache + i and j >= placeholders, and with a window also j > cache + i - window
 *
 * @param inputs.window most keys that a query sees, its own included; null: all before it
 */
export function visibility(
  g: GraphBuilder,
  inputs: { inputIds: Value; firstKey: Value; window: number | null },
): Visibility {
  const { inputIds, firstKey, window } = inputs;
  const zero = g.int64(0);
  const one = g.int64(1);
  const cacheLength = g.node("Squeeze", [
    g.node("Shape", [firstKey], { attributes: { start: int(2), end: int(3) } }),
  ]);
  const sequenceLength = g.node("Squeeze", [
    g.node("Shape", [inputIds], { attributes: { start: int(1), end: int(2) } }),
  ]);
  const totalLength = g.node("Add", [cacheLength, sequenceLength]);

  // An empty cache has the norm 0, too; the smaller of 1 and the length puts that right.
  const firstEntry = g.node("Slice", [firstKey, g.int64s([0]), g.int64s([1]), g.int64s([2])]);
  const norm = g.node("ReduceL1", [firstEntry, g.int64s([1, 2, 3])]);
  const isZero = g.node("Equal", [norm, g.float(0)]);
  const flags = g.cast(isZero, "int64");
  const placeholders = g.node("Min", [flags, cacheLength], { name: "placeholders" });

  const keys = g.node("Range", [zero, totalLength, one]); // (N)
  const queries = g.node("Range", [cacheLength, totalLength, one]); // (S)
  const queryColumn = g.node("Unsqueeze", [queries, g.int64s([1])]); // (S, 1)
  const first = window === null
    ? placeholders
    : g.node("Max", [placeholders, g.node("Sub", [queryColumn, g.int64(window - 1)])]); // (B, 1, S, 1)
  const notFuture = g.node("LessOrEqual", [keys, queryColumn]); // (S, N)
  const inReach = g.node("GreaterOrEqual", [keys, first]); // (B, 1, 1 or S, N)
  const visible = g.node("And", [notFuture, inReach], { name: "visible" }); // (B, 1, S, N)

  const offset = g.node("Squeeze", [placeholders, g.int64s([2, 3])]); // (B, 1)
  const positions = g.node("Sub", [queries, offset], { name: "positions" }); // (B, S)
  return { visible, positions };
}

/** What is added to scores, float32 (B, 1, S, N): 0 where the query may see the key, else -infinity. */
export function additiveMask(g: GraphBuilder, { visible }: Visibility): Value {
  return g.node("Where", [visible, g.float(0), g.float(-Infinity)], { name: "mask" });
}

/**
 * Rotary positions, float32 (B, S, D, D): for each row the matrix R with x @ R = x rotated by the row's position p, so that a
 * rotation in a layer is one product. Pair i is (i, i + D/2), its angle t = p * base^(-2i/D):
 *
 *     R[i, i] = R[i + D/2, i + D/2] = cos t    R[i, i + D/2] = sin t    R[i + D/2, i] = -sin t    the rest 0
 */
export function rotationMatrices(
  g: GraphBuilder,
  options: { positions: Value; headDim: number },
): Value {
  const { positions, headDim: D } = options;
  const half = D / 2;
  const cosinePlaces = new Float32Array(D * D);
  const sinePlaces = new Float32Array(D * D);
  for (let column = 0; column < D; column++) {
    cosinePlaces[column * D + column] = 1;
    if (column < half) sinePlaces[(column + half) * D + column] = -1;
    else sinePlaces[(column - half) * D + column] = 1;
  }
  const column = g.node("Unsqueeze", [positions, g.int64s([2, 3])]); // (B, S, 1, 1)
  const waves = cosinesAndSines(g, column, D); // (B, S, 1, 2D)
  const [cosine, sine] = g.split(waves, 3, [D, D]) as [Value, Value];
  return g.node("Add", [
    g.node("Mul", [cosine, g.constant({ shape: [D, D], data: cosinePlaces })]),
    g.node("Mul", [sine, g.constant({ shape: [D, D], data: sinePlaces })]),
  ], { name: "rotation" });
}

/**
 * Positions (…, 1) to float32 (…, 2D): the cosines of pairs 0, 1, …, D/2 - 1, 0, …, D/2 - 1, then their sines.
 *
 * Angles are float64 (float32 would lose 1e-5 at position 256); ONNX Runtime has Sin for float64 but not Cos, so cos t = sin(t + pi/2).
 */
function cosinesAndSines(g: GraphBuilder, positions: Value, D: number): Value {
  const half = D / 2;
  const frequencies = new Float64Array(2 * D);
  const phases = new Float64Array(2 * D);
  for (let column = 0; column < D; column++) {
    frequencies[column] = frequencies[D + column] = ROTARY_BASE ** (-(column % half) / half);
    phases[column] = Math.PI / 2;
  }
  const angles = g.node("Add", [
    g.node("Mul", [g.cast(positions, "float64"), g.constant({ shape: [2 * D], data: frequencies })]),
    g.constant({ shape: [2 * D], data: phases }),
  ]);
  return g.cast(g.node("Sin", [angles]), "float32");
}
