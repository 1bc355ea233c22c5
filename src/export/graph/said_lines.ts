// The part of the graph that keeps a line from being said twice, behind min-p: what is beyond doubt stays so,
// but where there is a choice, the token with which an earlier line went on from here loses the more, the more
// of that line is said (../bake.ts, unsaidOnly, does the same in memory). Lines of the prompt count, too: the
// negated goal need not be said again. B batch, S new tokens a row, N cache + S, V vocabulary.
import { type LineTables, SAID_AGAIN } from "../line_tables.ts";
import type { GraphBuilder, Value } from "../../onnx/graph_builder.ts";
import type { Window } from "./pointer.ts";

interface SaidInputs {
  /** (B, S, V). */
  readonly logits: Value;
  /** int64 (B, S): the new tokens. */
  readonly inputIds: Value;
  readonly window: Window;
  readonly tables: LineTables;
}

/** Places of a line that are told apart; those behind count as the last. */
const LONGEST = 128;

/** Logits (B, S, V). */
export function unsaidLines(
  g: GraphBuilder,
  { logits, inputIds, window, tables: { newlines } }: SaidInputs,
): Value {
  const V = newlines.length;
  const transposed = (value: Value): Value => g.node("Transpose", [value], { perm: { ints: [0, 2, 1] } });
  const known = g.node("Max", [g.node("Squeeze", [window.ids, g.int64([1])]), g.int64(0)]); // (B, N)
  // By token: 1 for a newline, and a number that few share.
  const byToken = new Float32Array(2 * V);
  for (let id = 0; id < V; id++) byToken.set([newlines[id]!, tokenNumber(id)], 2 * id);
  const rows = g.node("Gather", [g.constant({ shape: [V, 2], data: byToken }), known]); // (B, N, 2)
  const [newline, number] = g.split(rows, 2, [1, 1]) as [Value, Value];
  // The number of the line of each place; a line begins with its newline.
  const lines = g.node("CumSum", [newline, g.int64(1)]); // (B, N, 1)
  const line = g.cast(g.node("Equal", [lines, transposed(lines)]), "float32"); // (B, N, N)
  const begun = g.node("Trilu", [line], { upper: { i: 0 } });
  const [axis, sum] = [g.int64([2]), { keepdims: { i: 1 } }];
  const said = g.node("ReduceSum", [begun, axis], sum); // (B, N, 1): places of the line, up to this one
  const share = g.node("Div", [said, g.node("ReduceSum", [line, axis], sum)]);
  // A sum of whole numbers over the line so far, exact in float32: equal for equal beginnings.
  const place = g.cast(g.node("Min", [said, g.float(LONGEST - 1)]), "int64");
  const byPlace = Float32Array.from({ length: LONGEST }, (_, i) => 37 * i % LONGEST + 1); // all different
  const weight = g.node("Gather", [g.constant({ shape: [LONGEST], data: byPlace }), place]);
  const sums = g.node("MatMul", [begun, g.node("Mul", [number, weight])]); // (B, N, 1)
  const count = g.node("Shape", [inputIds], { start: { i: 1 }, end: { i: 2 } });
  const [end, from] = [g.int64([Number.MAX_SAFE_INTEGER]), g.int64([1])];
  const asked = g.node("Slice", [sums, g.node("Neg", [count]), end, from]); // (B, S, 1)
  const alike = g.node("And", [g.node("Equal", [asked, transposed(sums)]), window.earlier]); // (B, S, N)
  const following = g.node("Pad", [window.ids, g.int64([0, 0, -1, 0, 0, 1])]);
  const tokens = g.node("Max", [g.node("Where", [alike, following, g.int64(0)]), g.int64(0)]);
  const lost = g.node("Mul", [transposed(share), g.float(-SAID_AGAIN)]);
  const losses = g.node("Where", [alike, lost, g.float(0)]);
  const zeros = g.node("Mul", [logits, g.float(0)]);
  const least = g.node("ScatterElements", [zeros, tokens, losses], {
    axis: { i: 2 },
    reduction: { s: "min" },
  });
  return g.node("Add", [logits, least]);
}

/** With at most 128 tokens a line the sum of their products with places is exact: 2^10 * 2^7 * 2^7. */
const TOKEN_NUMBERS = 1024;

/** One of them, from 1 on: few tokens share it. */
function tokenNumber(id: number): number {
  return (Math.imul(id + 1, 2654435761) >>> 8) % TOKEN_NUMBERS + 1;
}
