/**
 * The pointer's part of the graph (model/pointer.ts says what it computes): log(p + floor) in the place of logits, p the mixture of the vocabulary's
 * softmax and of copies of the tokens that followed earlier rows. B batch, S new tokens a row, H heads, D head size, N cache + S, V vocabulary.
 *
 * What it remembers is one more layer of the cache, behind those of the blocks; programs that feed a cache back know only one shape for all layers:
 *
 *     key    (B, H, N, D): each row's normalised key, the same in every head
 *     value  (B, H, N, D): each row's token id, everywhere the same number; float32 holds ids exactly
 *
 * An entry of zeros before the text, or filling, is no copy's source: no query sees it (position_graph.ts), and what follows a seen entry is text.
 */
import type { ModelConfig } from "../config.ts";
import { pointerOptions, pointerSize } from "../model/pointer.ts";
import { type KeyValue, rmsNorm } from "./block_operators.ts";
import { type GraphBuilder, int, ints, text, type Value } from "./onnx/graph_builder.ts";
import { MASKED_SCORE, type Visibility } from "./position_graph.ts";
import type { Weights } from "./weights.ts";

/** What the pointer's part is made with. */
export interface PointerInputs {
  readonly config: ModelConfig;
  readonly weights: Weights;
  /** int64 (B, S). */
  readonly inputIds: Value;
  /** The last norm's output (B, S, C). */
  readonly normed: Value;
  readonly seen: Visibility;
  /** The pointer's layer of the cache. */
  readonly past: KeyValue;
  /** What the grown layer's names begin with: `present_key_values.6`. */
  readonly presentName: string;
  /** Multiplies the logarithms: baked sampling's. */
  readonly factor: number;
  /** Name of the result. */
  readonly name: string;
}

/** Logits (B, S, V) and the grown layer of the cache. */
export function pointerLogits(
  g: GraphBuilder,
  inputs: PointerInputs,
): { logits: Value; present: KeyValue } {
  const { config, weights, normed, factor, name } = inputs;
  const { scale, ownScore, floor } = pointerOptions(config);
  const D = pointerSize(config);
  const projected = weights.linear(normed, "pointer");
  const [query, key, own] = g.split(projected, 2, [D, D, 1]) as [Value, Value, Value];
  const present = grownMemory(g, inputs, normalised(g, key, config, 1));
  const { scores, tokens } = copies(g, {
    query: normalised(g, query, config, scale),
    present,
    seen: inputs.seen,
  });

  // The vocabulary is the first choice (B, S, 1), the copies are the others (B, S, N).
  const choices = g.node("Concat", [g.node("Add", [own, g.float(ownScore)]), scores], {
    attributes: { axis: int(2) },
  });
  const shares = g.node("Softmax", [choices], { name: "pointer.shares", attributes: { axis: int(-1) } });
  const ownShare = g.node("Slice", [shares, g.int64s([0]), g.int64s([1]), g.int64s([2])]);
  const copyShares = g.node("Slice", [shares, g.int64s([1]), g.int64s([TO_THE_END]), g.int64s([2])]);
  const vocabulary = g.node("Softmax", [weights.logits(normed, "pointer.vocabulary")], {
    attributes: { axis: int(-1) },
  });
  const mixture = g.node(
    "ScatterElements",
    [g.node("Mul", [vocabulary, ownShare]), tokens, copyShares],
    { name: "pointer.mixture", attributes: { axis: int(2), reduction: text("add") } },
  );
  const positive = g.node("Add", [mixture, g.float(floor)]);
  if (factor === 1) return { logits: g.node("Log", [positive], { name }), present };
  return { logits: g.node("Mul", [g.node("Log", [positive]), g.float(factor)], { name }), present };
}

/** Rows (B, S, D) divided by their RMS, times a factor. */
function normalised(g: GraphBuilder, rows: Value, config: ModelConfig, factor: number): Value {
  const data = new Float32Array(pointerSize(config)).fill(factor);
  return rmsNorm(g, rows, g.constant({ shape: [data.length], data }));
}

/** The pointer's layer of the cache with the new rows' keys (B, S, D) and token ids. */
function grownMemory(g: GraphBuilder, inputs: PointerInputs, keys: Value): KeyValue {
  const { config: { nHeads: H }, inputIds, past, presentName } = inputs;
  const D = pointerSize(inputs.config);
  const keyRows = g.node("Unsqueeze", [keys, g.int64s([1])]); // (B, 1, S, D)
  const idRows = g.node("Unsqueeze", [g.cast(inputIds, "float32"), g.int64s([1, 3])]); // (B, 1, S, 1)
  const grow = (part: "key" | "value", rows: Value): Value =>
    g.node("Concat", [past[part], g.node("Expand", [rows, g.int64s([1, H, 1, D])])], {
      name: `${presentName}.${part}`,
      attributes: { axis: int(2) },
    });
  return { key: grow("key", keyRows), value: grow("value", idRows) };
}

/**
 * What each query could copy: scores (B, S, N) and int64 tokens (B, S, N), at j those of the token after key j. Key j counts for a query that sees it
 * and comes after it, so that the token after key j is known; other scores are masked, and their tokens 0.
 */
function copies(
  g: GraphBuilder,
  { query, present, seen }: { query: Value; present: KeyValue; seen: Visibility },
): { scores: Value; tokens: Value } {
  const keys = g.node("Gather", [present.key, g.int64(0)], { attributes: { axis: int(1) } }); // (B, N, D)
  const columns = g.node("Transpose", [keys], { attributes: { perm: ints(0, 2, 1) } });
  const scores = g.node("MatMul", [query, columns]);

  const earlier = g.node("Less", [seen.keys, seen.queries]); // (S, N)
  const visible = g.node("Squeeze", [seen.visible, g.int64s([1])]); // (B, S, N)
  const counts = g.node("And", [visible, earlier], { name: "pointer.counts" });

  // The ids but the first, and a 0 after the last key. Never of length 0, as they would be without it in the first call.
  const [first, last] = [g.int64s([0, 1, 0]), g.int64s([1, TO_THE_END, 1])];
  const following = g.node("Slice", [present.value, first, last, g.int64s([1, 2, 3])]); // (B, 1, N - 1, 1)
  const padded = g.node("Pad", [following, g.int64s([0, 0, 0, 0, 0, 0, 1, 0])]); // (B, 1, N, 1)
  const ids = g.cast(g.node("Squeeze", [padded, g.int64s([3])]), "int64"); // (B, 1, N)
  return {
    scores: g.node("Where", [counts, scores, g.float(MASKED_SCORE)], { name: "pointer.scores" }),
    tokens: g.node("Where", [counts, ids, g.int64(0)], { name: "pointer.tokens" }),
  };
}

/** An end of a Slice that is beyond any length. */
const TO_THE_END = Number.MAX_SAFE_INTEGER;
