// A pointer model's own parts of the graph: which keys a query sees, and the mixture with copies. The copying
// head is the last block's first, and a token's number rides in the last channel of the first block's values
// (../token_table.ts), so copies need no room of their own in the cache; an entry of zeros, which callers may
// begin with, has no number. B batch, S new tokens a row, H heads, D head size, N cache + S, V vocabulary.
import type { ModelConfig } from "../../config.ts";
import { pointerOptions } from "../../model/pointer.ts";
import type { GraphBuilder, Value } from "../../onnx/graph_builder.ts";
import { ID_UNIT } from "../token_table.ts";
import type { KeyValue } from "./operators.ts";
import { cacheKeys, type Told } from "./visibility.ts";

/**
 * Added to the score of a key that a query does not see. Scores are between -8 and 8, so the key has at most
 * e^-34 of a seen one's weight, which is nothing in float32. A lower number would make weights so small that
 * some processors need twice the time for the whole attention of a prompt (docs/log.md).
 */
const UNSEEN = -50;

/** A copy's logarithm where there is none to copy: beside the least of probabilities it is nothing. */
const NO_COPY = -80;

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

  // Each key's place; one that no query sees comes after all of them.
  const real = told === null ? ids : g.node("Sub", [
    g.node("Unsqueeze", [told.attentionMask, g.int64([1])]),
    g.int64(1),
  ]);
  const seen = g.node("Where", [g.node("Less", [real, g.int64(0)]), g.int64(Number.MAX_SAFE_INTEGER), keys]);
  const column = g.node("Unsqueeze", [places, g.int64([1])]); // (S, 1)
  const inReach = g.node("GreaterOrEqual", [seen, g.node("Sub", [column, g.int64(contextLength - 1)])]);
  const visible = g.node("And", [inReach, g.node("LessOrEqual", [seen, column])]); // (B, S, N)
  // A mask for each head, which ONNX Runtime 1.20 needs in a batch (visibility.ts), and one for a single row:
  // the batch to this power is 1, or at least H.
  const batch = g.node("Shape", [inputIds], { start: { i: 0 }, end: { i: 1 } });
  const heads = g.node("Pow", [batch, g.int64(Math.ceil(Math.log2(H)) + 1)]);
  const all = g.constant({ shape: [1, H, 1, 1], data: new Float32Array(H) });
  const zeros = g.node("Slice", [all, g.int64([0]), heads, g.int64([1])]);
  return {
    mask: g.node("Where", [g.node("Unsqueeze", [visible, g.int64([1])]), zeros, g.float(UNSEEN)]),
    visible,
    earlier: g.node("And", [inReach, g.node("Less", [seen, column])]),
    ids,
    positions: told?.positions ?? places,
  };
}

/**
 * Logits (B, S, V): log(softmax(scores) + the sum of exp(query · key - own - OWN_SCORE) over the earlier rows
 * that the token followed), times a factor. It is the mixture's logarithm (model/pointer.ts) but for one
 * number a row, which no softmax sees. ONNX Runtime's Log takes seven times as long as its LogSoftmax, so it
 * has to do with the tokens that may be copied alone.
 */
export function pointerLogits(
  g: GraphBuilder,
  { scores, minusOwn, heads, present, window, config, factor }: {
    /** (B, S, V): the vocabulary's. */
    scores: Value;
    /** (B, S, 1) */
    minusOwn: Value;
    /** The last block's queries and keys (B, S, 2H, D), turned: the copying head's query comes first. */
    heads: Value;
    /** The last block's grown cache. */
    present: KeyValue;
    window: Window;
    config: ModelConfig;
    /** Baked sampling's. */
    factor: number;
  },
): Value {
  const { ownScore } = pointerOptions(config);
  const overTokens = { axis: { i: -1 } };
  const query = g.node("Gather", [heads, g.int64(0)], { axis: { i: 2 } }); // (B, S, D)
  const keys = g.node("Gather", [present.key, g.int64(0)], { axis: { i: 1 } }); // (B, N, D)
  const similarity = g.node("MatMul", [query, g.node("Transpose", [keys], { perm: { ints: [0, 2, 1] } })]);
  const exponents = g.node("Sum", [similarity, minusOwn, g.float(-ownScore)]); // (B, S, N)
  const shares = g.node("Exp", [g.node("Where", [window.earlier, exponents, g.float(NO_COPY)])]);
  // The token after each key: the ids but the first, and one after the last key, which counts for none.
  const following = g.node("Pad", [window.ids, g.int64([0, 0, -1, 0, 0, 1])]);
  // Always where nothing is copied: ONNX Runtime 1.20.1 leaves in a batch what it finds in the padding's place.
  const tokens = g.node("Where", [window.earlier, following, g.int64(0)]);
  const vocabulary = g.node("Softmax", [scores], overTokens);
  const scattered = (data: Value, updates: Value, how: string): Value =>
    g.node("ScatterElements", [data, tokens, updates], { ...overTokens, reduction: { s: how } });
  const mixture = g.node("GatherElements", [scattered(vocabulary, shares, "add"), tokens], overTokens);
  // The larger one, since a share may be too small for a number while its logarithm is not.
  const logits = scattered(g.node("LogSoftmax", [scores], overTokens), g.node("Log", [mixture]), "max");
  return factor === 1 ? logits : g.node("Mul", [logits, g.float(factor)]);
}
