// The part of the graph that keeps lines well-formed (../line_tables.ts), after baked temperature and before
// min-p: logits of tokens that may not come are CUT_LOGIT. B batch, S new tokens a row, N cache + S, V
// vocabulary, C classes of tokens.
import { CUT_LOGIT } from "../bake.ts";
import { closing, HURRY, type LineTables, LONG_LINE } from "../line_tables.ts";
import type { GraphBuilder, Value } from "../../onnx/graph_builder.ts";
import type { Window } from "./pointer.ts";

interface LineInputs {
  /** (B, S, V). */
  readonly logits: Value;
  /** int64 (B, S): the new tokens. */
  readonly inputIds: Value;
  /** Its tokens, and which places a query sees: lines are shorter than that. */
  readonly window: Window;
  readonly tables: LineTables;
}

/** Logits (B, S, V). */
export function cutToLines(g: GraphBuilder, { logits, inputIds, window, tables }: LineInputs): Value {
  const { classOf, follows, effects, needs, newlines } = tables;
  const V = classOf.length;
  // By token: what it opens of each kind, and minus all of it; 1; 1 for a newline.
  const opened = new Float32Array(7 * V);
  // What must be open of each kind, at least, or minus the most that may be.
  const least = new Float32Array(5 * V);
  for (let id = 0; id < V; id++) {
    const effect = effects.subarray(4 * id, 4 * id + 4);
    opened.set(effect, 7 * id);
    opened.set([-(effect[2]! + effect[3]!), 1, newlines[id]!], 7 * id + 4);
    for (let kind = 0; kind < 4; kind++) least[kind * V + id] = needs[4 * id + kind]!;
    least[4 * V + id] = newlines[id] === 1 ? 0 : -MOST_OPEN;
  }
  const ids = g.node("Squeeze", [window.ids, g.int64([1])]); // (B, N)
  const known = g.node("Max", [ids, g.int64(0)]);
  const rows = g.node("Gather", [g.constant({ shape: [V, 7], data: opened }), known]); // (B, N, 7)
  const [brackets, newline] = g.split(rows, 2, [6, 1]) as [Value, Value];
  // The number of the line of each place; a line begins with its newline.
  const lines = g.node("CumSum", [newline, g.int64(1)]); // (B, N, 1)
  const count = g.node("Shape", [inputIds], { start: { i: 1 }, end: { i: 2 } });
  const [end, axis] = [g.int64([Number.MAX_SAFE_INTEGER]), g.int64([1])];
  const current = g.node("Slice", [lines, g.node("Neg", [count]), end, axis]); // (B, S, 1)
  const same = g.node("Equal", [current, g.node("Transpose", [lines], { perm: { ints: [0, 2, 1] } })]);
  const line = g.cast(g.node("And", [same, window.visible]), "float32"); // (B, S, N)
  const sums = g.node("MatMul", [line, brackets]); // (B, S, 6)
  const [open, length] = g.split(sums, 2, [5, 1]) as [Value, Value];
  const missing = g.node("ReduceMax", [
    g.node("Sub", [
      g.constant({ shape: [5, V], data: least }),
      g.node("Unsqueeze", [open, g.int64([3])]), // (B, S, 5, 1)
    ]),
    g.int64([2]),
  ], { keepdims: { i: 0 } }); // (B, S, V)
  const closes = g.node("LessOrEqual", [missing, g.float(0)]);

  const classes = g.constant({ shape: [V], data: BigInt64Array.from(classOf, BigInt) });
  const table = g.constant({ shape: [follows.length / V, V], data: new Int8Array(follows) });
  const mayFollow = g.node("Gather", [table, g.node("Gather", [classes, inputIds])]);
  const kept = g.node("And", [closes, g.cast(mayFollow, "bool")]);
  const late = g.node("Mul", [g.node("Sub", [length, g.float(LONG_LINE)]), g.float(HURRY)]);
  const closings = g.constant({
    shape: [V],
    data: Float32Array.from(classOf, (_, id) => closing(tables, id)),
  });
  const hurried = g.node("Add", [logits, g.node("Mul", [g.node("Relu", [late]), closings])]);
  return g.node("Where", [kept, hurried, g.float(CUT_LOGIT)]);
}

/** More brackets than a line can have open. */
const MOST_OPEN = 1e6;
