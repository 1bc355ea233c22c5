// A pointer model's own parts of the graph: which keys a query sees, and the mixture with copies. The copying
// head is the last block's first, and a token's number rides in the last channel of the first block's values
// (../token_table.ts), so copies need no room of their own in the cache; an entry of zeros, which callers may
// begin with, has no number. B batch, S new tokens a row, H heads, D head size, N cache + S, V vocabulary.
import type { ModelConfig } from "../../config.ts";
import { pointerOptions, pointerSize } from "../../model/pointer.ts";
import type { GraphBuilder, Value } from "../onnx/graph_builder.ts";
import { ID_UNIT } from "../token_table.ts";
import type { KeyValue } from "./operators.ts";
import { cacheKeys, MASKED_SCORE, type Told } from "./visibility.ts";

/** What a query sees: keys at most a context back. */
export interface Window {
  /** Added to scores, float32 (B, H or 1, S, N). */
  readonly mask: Value;
  /** bool (B, S, N): whether the query sees the key. */
  readonly visible: Value;
  /** bool (B, S, N): whether the query sees the key, and the key is an earlier token's. */
  readonly earlier: Value;
  /** int64 (B, 1, N): the token at each place, -1 for an entry of zeros. */
  readonly ids: Value;
  /** int64 (S), the new tokens' places in the cache, or what the caller tells, (B, S): only distances count. */
  readonly positions: Value;
}

/** @param first the first layer's past */
export function slidingWindow(
  g: GraphBuilder,
  { inputIds, first, told, config }: {
    inputIds: Value;
    first: KeyValue;
    told: Told | null;
    config: ModelConfig;
  },
): Window {
  const { contextLength, nHeads: H, dModel } = config;
  const D = dModel / H;
  const { cacheLength, totalLength, keys } = cacheKeys(g, inputIds, first.key);
  const places = g.node("Range", [cacheLength, totalLength, g.int64(1)]); // (S)

  const [from, to] = [g.int64([H - 1, D - 1]), g.int64([H, D])];
  const numbers = g.node("Squeeze", [
    g.node("Slice", [first.value, from, to, g.int64([1, 3])]), // (B, 1, cache, 1)
    g.int64([3]),
  ]);
  // Within the vocabulary, whatever a cache holds that was not ours.
  const clipped = g.node("Clip", [numbers, g.float(0), g.float(config.vocabSize * ID_UNIT)]);
  const cached = g.cast(g.node("Mul", [clipped, g.float(1 / ID_UNIT)]), "int64");
  const newIds = g.node("Unsqueeze", [inputIds, g.int64([1])]); // (B, 1, S)
  const ids = g.node("Concat", [g.node("Sub", [cached, g.int64(1)]), newIds], { axis: { i: 2 } });

  // A query sees a key when the smallest of these is 0 or more.
  const back = g.node("Sub", [g.node("Unsqueeze", [places, g.int64([1])]), keys]); // (S, N)
  const reach = g.node("Sub", [g.int64(contextLength - 1), back]);
  const real = told === null
    ? ids
    : g.node("Sub", [g.node("Unsqueeze", [told.attentionMask, g.int64([1])]), g.int64(1)]);
  const smallest = g.node("Min", [back, reach, real]); // (B, S, N)
  const visible = g.node("GreaterOrEqual", [smallest, g.int64(0)]);
  // A mask for each head, which ONNX Runtime 1.20 needs in a batch (visibility.ts), and one for a single row.
  const batch = g.node("Shape", [inputIds], { start: { i: 0 }, end: { i: 1 } });
  const heads = g.node("Sub", [g.node("Mul", [batch, g.int64([H])]), g.int64([H - 1])]);
  const all = g.constant({ shape: [1, H, 1, 1], data: new Float32Array(H) });
  const zeros = g.node("Slice", [all, g.int64([0]), heads, g.int64([1])]);
  return {
    mask: g.node("Where", [g.node("Unsqueeze", [visible, g.int64([1])]), zeros, g.float(MASKED_SCORE)]),
    visible,
    earlier: g.node("And", [visible, g.node("Greater", [back, g.int64(0)])]),
    ids,
    positions: told?.positions ?? places,
  };
}

/**
 * Logits (B, S, V): log(softmax(scores) + the sum of exp(query · key - own - OWN_SCORE) over the earlier rows
 * that the token followed + floor), times a factor. It is the mixture's logarithm (model/pointer.ts) but for
 * one number a row, which no softmax sees.
 */
export function pointerLogits(
  g: GraphBuilder,
  { scores, minusOwn, query, present, window, config, factor }: {
    /** (B, S, V): the vocabulary's. */
    scores: Value;
    /** (B, S, 1) */
    minusOwn: Value;
    /** The last block's queries (B, S, …), the copying head's first. */
    query: Value;
    /** The last block's grown cache. */
    present: KeyValue;
    window: Window;
    config: ModelConfig;
    /** Baked sampling's. */
    factor: number;
  },
): Value {
  const { ownScore, floor } = pointerOptions(config);
  const vocabulary = g.node("Softmax", [scores], { axis: { i: -1 } });

  const keys = g.node("Gather", [present.key, g.int64(0)], { axis: { i: 1 } }); // (B, N, D)
  const own = g.node("Slice", [query, g.int64([0]), g.int64([pointerSize(config)]), g.int64([2])]); // (B, S, D)
  const similarity = g.node("MatMul", [own, g.node("Transpose", [keys], { perm: { ints: [0, 2, 1] } })]);
  const exponents = g.node("Sum", [similarity, minusOwn, g.float(-ownScore)]); // (B, S, N)
  const shares = g.node("Exp", [g.node("Where", [window.earlier, exponents, g.float(MASKED_SCORE)])]);
  // The token after each key: the ids but the first, and one after the last key, which counts for none.
  const following = g.node("Pad", [window.ids, g.int64([0, 0, -1, 0, 0, 1])]);
  const tokens = g.node("Where", [window.earlier, following, g.int64(0)]);
  const added = { axis: { i: 2 }, reduction: { s: "add" } };
  const mixture = g.node("ScatterElements", [vocabulary, tokens, shares], added);
  const logarithms = g.node("Log", [g.node("Add", [mixture, g.float(floor)])]);
  return factor === 1 ? logarithms : g.node("Mul", [logarithms, g.float(factor)]);
}
