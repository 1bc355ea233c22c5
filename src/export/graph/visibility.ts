// The part of the graph, made once a call, that says which keys a query sees and where the new tokens stand.
// B batch, S new tokens a row, H heads, D head size, N cache + S.
import type { GraphBuilder, Value } from "../onnx/graph_builder.ts";

/** Who sees what, and where the new tokens stand. */
export interface Visibility {
  /** bool (B, 1, S, N): whether the query may see the key. */
  readonly visible: Value;
  /** int64 (B, S): the number of real cache entries before each new token. */
  readonly positions: Value;
  /** int64 (N) and (S, 1): the keys' places in the grown cache, and those of the queries among them. */
  readonly keys: Value;
  readonly queries: Value;
}

interface VisibilityInputs {
  /** (B, S). */
  readonly inputIds: Value;
  /** The first layer's cached keys (B, H, cache, D). */
  readonly firstKey: Value;
  /** Most keys that a query sees, its own included; null: all before it. */
  readonly window: number | null;
  /** The caller's int64 mask (B, N), 0 for filling, and positions (B, S); null: found out from the cache. */
  readonly told: { readonly attentionMask: Value; readonly positions: Value } | null;
}

/**
 * Which keys a query sees, and each new token's position. Query i may see key j when first <= j <= cache + i;
 * first is the larger of placeholders (B, 1, 1, 1), 1 where the cache begins with an all-zero key, which no
 * real one is, and with a window cache + i - window + 1. Where the caller tells, attention_mask[j] decides.
 */
export function visibility(g: GraphBuilder, inputs: VisibilityInputs): Visibility {
  const { inputIds, firstKey, window, told } = inputs;
  const length = (value: Value, axis: number): Value =>
    g.node("Squeeze", [g.node("Shape", [value], { start: { i: axis }, end: { i: axis + 1 } })]);
  const cacheLength = length(firstKey, 2);
  const totalLength = g.node("Add", [cacheLength, length(inputIds, 1)]);
  const keys = g.node("Range", [g.int64(0), totalLength, g.int64(1)]); // (N)
  const newKeys = g.node("Range", [cacheLength, totalLength, g.int64(1)]); // (S)
  const queries = g.node("Unsqueeze", [newKeys, g.int64([1])]); // (S, 1)
  let first = window === null ? null : g.node("Sub", [queries, g.int64(window - 1)]); // (S, 1)
  let positions = told?.positions;
  if (told === null) {
    const placeholders = placeholderCount(g.scope("placeholders"), firstKey, cacheLength);
    first = first === null ? placeholders : g.node("Max", [placeholders, first]); // (B, 1, 1 or S, 1)
    const offset = g.node("Squeeze", [placeholders, g.int64([2, 3])]); // (B, 1)
    positions = g.scope("positions").node("Sub", [newKeys, offset]);
  }
  const notFuture = g.node("LessOrEqual", [keys, queries]); // (S, N)
  const inReach = first === null ? [] : [g.node("GreaterOrEqual", [keys, first])];
  const isReal = told && g.node("Unsqueeze", [g.cast(told.attentionMask, "bool"), g.int64([1, 2])]);
  const others = isReal === null ? inReach : [...inReach, isReal]; // (B, 1, 1, N)
  const visible = others.reduce((all, one) => g.scope("visible").node("And", [all, one]), notFuture);
  return { visible, positions: positions!, keys, queries };
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
