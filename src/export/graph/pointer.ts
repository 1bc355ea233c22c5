// The pointer's part of the graph (model/pointer.ts): logits are log(p + floor), p the mixture of the
// vocabulary's softmax and of copies. One more layer of the cache holds each row's normalised key, the same
// in every head, and as value its token id, everywhere the same: float32 holds ids exactly. No query sees
// zeros or filling. B batch, S new tokens a row, H heads, D head size, N cache + S, V vocabulary.
import type { ModelConfig } from "../../config.ts";
import { pointerOptions, pointerSize } from "../../model/pointer.ts";
import type { GraphBuilder, Value } from "../onnx/graph_builder.ts";
import type { GraphParameters } from "./graph_parameters.ts";
import { type KeyValue, unitRows } from "./operators.ts";
import { MASKED_SCORE, type Visibility } from "./visibility.ts";

interface PointerInputs {
  readonly config: ModelConfig;
  readonly weights: GraphParameters;
  /** int64 (B, S). */
  readonly inputIds: Value;
  /** The last norm's output (B, S, C). */
  readonly normed: Value;
  readonly seen: Visibility;
  /** The pointer's layer of the cache. */
  readonly past: KeyValue;
  /** Multiplies the logarithms: baked sampling's. */
  readonly factor: number;
}

/** Logits (B, S, V) and the grown layer of the cache. */
export function pointerLogits(g: GraphBuilder, inputs: PointerInputs): { logits: Value; present: KeyValue } {
  const { config, weights, normed, factor } = inputs;
  const { scale, ownScore, floor } = pointerOptions(config);
  const D = pointerSize(config);
  const projected = weights.linear(g.scope("projection"), normed, "pointer");
  const [query, key, own] = g.split(projected, 2, [D, D, 1]) as [Value, Value, Value];
  const present = grownMemory(g, inputs, unitRows(g, key, D));
  const { scores, tokens } = copies(g, { query: unitRows(g, query, D, scale), present, seen: inputs.seen });

  // The vocabulary is the first choice (B, S, 1), the copies are the others (B, S, N).
  const choices = g.node("Concat", [g.node("Add", [own, g.float(ownScore)]), scores], { axis: { i: 2 } });
  const shares = g.node("Softmax", [choices], { axis: { i: -1 } });
  const ownShare = g.node("Slice", [shares, g.int64([0]), g.int64([1]), g.int64([2])]);
  const copyShares = g.node("Slice", [shares, g.int64([1]), g.int64([TO_THE_END]), g.int64([2])]);
  const vocabulary = g.node("Softmax", [weights.logits(g.scope("vocabulary"), normed)], { axis: { i: -1 } });
  const words = g.node("Mul", [vocabulary, ownShare]);
  const added = { axis: { i: 2 }, reduction: { s: "add" } };
  const mixture = g.node("ScatterElements", [words, tokens, copyShares], added);
  const logarithms = g.node("Log", [g.node("Add", [mixture, g.float(floor)])]);
  return { logits: factor === 1 ? logarithms : g.node("Mul", [logarithms, g.float(factor)]), present };
}

/** The pointer's layer of the cache with the new rows' keys (B, S, D) and token ids. */
function grownMemory(g: GraphBuilder, inputs: PointerInputs, keys: Value): KeyValue {
  const { config, inputIds, past } = inputs;
  const keyRows = g.node("Unsqueeze", [keys, g.int64([1])]); // (B, 1, S, D)
  const idRows = g.node("Unsqueeze", [g.cast(inputIds, "float32"), g.int64([1, 3])]); // (B, 1, S, 1)
  const shape = g.int64([1, config.nHeads, 1, pointerSize(config)]);
  const grow = (old: Value, rows: Value): Value =>
    g.node("Concat", [old, g.node("Expand", [rows, shape])], { axis: { i: 2 } });
  return { key: grow(past.key, keyRows), value: grow(past.value, idRows) };
}

/**
 * What each query could copy: scores (B, S, N) and int64 tokens (B, S, N), at j the token after key j. That
 * is known for keys before the query; others, and those it does not see, are masked, and their tokens 0.
 */
function copies(
  g: GraphBuilder,
  { query, present, seen }: { query: Value; present: KeyValue; seen: Visibility },
): { scores: Value; tokens: Value } {
  const keys = g.node("Gather", [present.key, g.int64(0)], { axis: { i: 1 } }); // (B, N, D)
  const scores = g.node("MatMul", [query, g.node("Transpose", [keys], { perm: { ints: [0, 2, 1] } })]);
  const earlier = g.node("Less", [seen.keys, seen.queries]); // (S, N)
  const counts = g.node("And", [g.node("Squeeze", [seen.visible, g.int64([1])]), earlier]); // (B, S, N)

  // The ids but the first, and a 0 after the last key: without it they had length 0 in the first call.
  const [first, last] = [g.int64([0, 1, 0]), g.int64([1, TO_THE_END, 1])];
  const following = g.node("Slice", [present.value, first, last, g.int64([1, 2, 3])]); // (B, 1, N - 1, 1)
  const padded = g.node("Pad", [following, g.int64([0, 0, 0, 0, 0, 0, 1, 0])]); // (B, 1, N, 1)
  const ids = g.cast(g.node("Squeeze", [padded, g.int64([3])]), "int64"); // (B, 1, N)
  return {
    scores: g.node("Where", [counts, scores, g.float(MASKED_SCORE)]),
    tokens: g.node("Where", [counts, ids, g.int64(0)]),
  };
}

/** An end of a Slice that is beyond any length. */
const TO_THE_END = Number.MAX_SAFE_INTEGER;
