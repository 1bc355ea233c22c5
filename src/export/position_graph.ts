/**
 * The part of the graph that is computed once a call, before the layers: which keys a query sees, where the new tokens stand, and what
 * rotates their queries and keys. B batch, S new tokens a row, H heads, D head size.
 */
import { ROTARY_BASE } from "../model/architecture.ts";
import { type GraphBuilder, int, type Value } from "./onnx/graph_builder.ts";

/** Who sees what, and where the new tokens stand. */
export interface Visibility {
  /** bool (B, 1, S, N) with N = cache + sequence: whether the query may see the key. */
  readonly visible: Value;
  /** int64 (B, S): the number of real cache entries before each new token. */
  readonly positions: Value;
  /** int64 (N) and (S, 1): the keys' places in the grown cache, and those of the queries among them. */
  readonly keys: Value;
  readonly queries: Value;
}

/** What the calls' lengths are known by. */
interface CallInputs {
  /** (B, S). */
  inputIds: Value;
  /** The first layer's cached keys (B, H, cache, D). */
  firstKey: Value;
  /** Most keys that a query sees, its own included; null: all before it. */
  window: number | null;
}

/**
 * Which keys a query sees, and each new token's position, found out from the cache.
 *
 *     placeholders (B, 1, 1, 1) = 1 where the cache begins with an all-zero key, else 0
 *     query i may see key j when j <= cache + i and j >= placeholders, and with a window also j > cache + i - window
 */
export function visibility(g: GraphBuilder, inputs: CallInputs): Visibility {
  const { firstKey, window } = inputs;
  const { cacheLength, keys, newKeys, queries } = indices(g, inputs);

  // An empty cache has the norm 0, too; the smaller of 1 and the length puts that right.
  const firstEntry = g.node("Slice", [firstKey, g.int64s([0]), g.int64s([1]), g.int64s([2])]);
  const norm = g.node("ReduceL1", [firstEntry, g.int64s([1, 2, 3])]);
  const isZero = g.node("Equal", [norm, g.float(0)]);
  const flags = g.cast(isZero, "int64");
  const placeholders = g.node("Min", [flags, cacheLength], { name: "placeholders" });

  const first = window === null
    ? placeholders
    : g.node("Max", [placeholders, g.node("Sub", [queries, g.int64(window - 1)])]); // (B, 1, S, 1)
  const notFuture = g.node("LessOrEqual", [keys, queries]); // (S, N)
  const inReach = g.node("GreaterOrEqual", [keys, first]); // (B, 1, 1 or S, N)
  const visible = g.node("And", [notFuture, inReach], { name: "visible" }); // (B, 1, S, N)

  const offset = g.node("Squeeze", [placeholders, g.int64s([2, 3])]); // (B, 1)
  const positions = g.node("Sub", [newKeys, offset], { name: "positions" }); // (B, S)
  return { visible, positions, keys, queries };
}

/**
 * Which keys a query sees, as the caller says.
 *
 *     query i may see key j when j <= cache + i and attention_mask[j] is not 0, and with a window also j > cache + i - window
 *
 * @param inputs.attentionMask int64 (B, N)
 * @param inputs.positions int64 (B, S), of the new tokens
 */
export function maskedVisibility(
  g: GraphBuilder,
  inputs: CallInputs & { attentionMask: Value; positions: Value },
): Visibility {
  const { window, attentionMask, positions } = inputs;
  const { keys, queries } = indices(g, inputs);
  let inReach = g.node("LessOrEqual", [keys, queries]); // (S, N)
  if (window !== null) {
    const notBefore = g.node("GreaterOrEqual", [keys, g.node("Sub", [queries, g.int64(window - 1)])]);
    inReach = g.node("And", [inReach, notBefore]);
  }
  const real = g.node("Unsqueeze", [g.cast(attentionMask, "bool"), g.int64s([1, 2])]); // (B, 1, 1, N)
  return { visible: g.node("And", [inReach, real], { name: "visible" }), positions, keys, queries };
}

/** Scalar cache length, and the places of all keys (N) and of the new tokens among them: newKeys (S), queries (S, 1). */
function indices(
  g: GraphBuilder,
  { inputIds, firstKey }: CallInputs,
): { cacheLength: Value; keys: Value; newKeys: Value; queries: Value } {
  const length = (value: Value, axis: number): Value =>
    g.node("Squeeze", [g.node("Shape", [value], { attributes: { start: int(axis), end: int(axis + 1) } })]);
  const cacheLength = length(firstKey, 2);
  const totalLength = g.node("Add", [cacheLength, length(inputIds, 1)]);
  const keys = g.node("Range", [g.int64(0), totalLength, g.int64(1)]);
  const newKeys = g.node("Range", [cacheLength, totalLength, g.int64(1)]);
  const queries = g.node("Unsqueeze", [newKeys, g.int64s([1])]);
  return { cacheLength, keys, newKeys, queries };
}

/** A score whose weight is 0. Not -infinity: a row's filling before its text sees nothing, and must not become NaN. */
export const MASKED_SCORE = -1e30;

/**
 * What is added to scores, float32 (B, heads, S, N), the same for all heads: 0 where the query may see the key, else {@linkcode MASKED_SCORE}.
 */
export function additiveMask(g: GraphBuilder, { visible }: Visibility, heads = 1): Value {
  const zeros = g.constant({ shape: [1, heads, 1, 1], data: new Float32Array(heads) });
  return g.node("Where", [visible, zeros, g.float(MASKED_SCORE)], { name: "mask" });
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
