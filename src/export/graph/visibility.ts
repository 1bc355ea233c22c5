// The part of the graph, made once a call, that says which keys a query sees and where the new tokens stand,
// for models with learned positions. (Of a pointer model: pointer.ts.) B batch, S new tokens a row, H heads,
// D head size, N cache + S.
import type { GraphBuilder, Value } from "../../onnx/graph_builder.ts";

/** The caller's int64 mask (B, N), 0 for filling, and positions (B, S). */
export interface Told {
  readonly attentionMask: Value;
  readonly positions: Value;
}

interface VisibilityInputs {
  /** (B, S). */
  readonly inputIds: Value;
  /** The first layer's cached keys (B, H, cache, D). */
  readonly firstKey: Value;
  /** Null: found out from the cache. */
  readonly told: Told | null;
}

/**
 * bool (B, 1, S, N), which keys a query sees, and int64 (B, S), each new token's position. Query i may see
 * key j when placeholders <= j <= cache + i; placeholders (B, 1, 1, 1) is 1 where the cache begins with an
 * all-zero key, which no real one is. Where the caller tells, attention_mask[j] decides instead.
 */
export function visibility(
  g: GraphBuilder,
  { inputIds, firstKey, told }: VisibilityInputs,
): { visible: Value; positions: Value } {
  const { cacheLength, totalLength, keys } = cacheKeys(g, inputIds, firstKey);
  const newKeys = g.node("Range", [cacheLength, totalLength, g.int64(1)]); // (S)
  const queries = g.node("Unsqueeze", [newKeys, g.int64([1])]); // (S, 1)
  if (told !== null) {
    const notFuture = g.node("LessOrEqual", [keys, queries]); // (S, N)
    const isReal = g.node("Unsqueeze", [g.cast(told.attentionMask, "bool"), g.int64([1, 2])]);
    return { visible: g.scope("visible").node("And", [notFuture, isReal]), positions: told.positions };
  }
  const placeholders = placeholderCount(g.scope("placeholders"), firstKey, cacheLength);
  const offset = g.node("Squeeze", [placeholders, g.int64([2, 3])]); // (B, 1)
  const positions = g.scope("positions").node("Sub", [newKeys, offset]);
  const notFuture = g.node("LessOrEqual", [keys, queries]); // (S, N)
  const inReach = g.node("GreaterOrEqual", [keys, placeholders]);
  return { visible: g.scope("visible").node("And", [notFuture, inReach]), positions };
}

/** int64 scalars: cached and all keys; and all keys' places (N). */
export function cacheKeys(
  g: GraphBuilder,
  inputIds: Value,
  firstKey: Value,
): { cacheLength: Value; totalLength: Value; keys: Value } {
  const length = (value: Value, axis: number): Value =>
    g.node("Squeeze", [g.node("Shape", [value], { start: { i: axis }, end: { i: axis + 1 } })]);
  const cacheLength = length(firstKey, 2);
  const totalLength = g.node("Add", [cacheLength, length(inputIds, 1)]);
  return { cacheLength, totalLength, keys: g.node("Range", [g.int64(0), totalLength, g.int64(1)]) };
}

/** int64 (B, 1, 1, 1): 1 where the cache begins with an all-zero key, else 0. */
function placeholderCount(g: GraphBuilder, firstKey: Value, cacheLength: Value): Value {
  const firstEntry = g.node("Slice", [firstKey, g.int64([0]), g.int64([1]), g.int64([2])]);
  const norm = g.node("ReduceL1", [firstEntry, g.int64([1, 2, 3])]);
  // An empty cache has the norm 0, too; the smaller of 1 and the length puts that right.
  return g.node("Min", [g.cast(g.node("Equal", [norm, g.float(0)]), "int64"), cacheLength]);
}

/** A score of weight 0. Not -infinity: filling before a row's text sees nothing, and must not become NaN. */
export const MASKED_SCORE = -1e30;

/**
 * What is added to scores, float32 (B, heads, S, N): 0 where the query may see the key, else
 * {@linkcode MASKED_SCORE}. One for each head: ONNX Runtime 1.20's MultiHeadAttention computes wrong rows
 * after the first of a batch when it has to broadcast a mask over heads.
 */
export function additiveMask(g: GraphBuilder, visible: Value, heads: number): Value {
  const zeros = g.constant({ shape: [1, heads, 1, 1], data: new Float32Array(heads) });
  return g.node("Where", [visible, zeros, g.float(MASKED_SCORE)]);
}
