// The part of the graph that keeps lines well-formed (../line_tables.ts), after baked temperature and before
// min-p: logits of tokens that may not come are CUT_LOGIT. B batch, S new tokens a row, N cache + S, V
// vocabulary, C classes of tokens.
import { CUT_LOGIT } from "../bake.ts";
import type { LineTables } from "../line_tables.ts";
import type { GraphBuilder, Value } from "../onnx/graph_builder.ts";

interface LineInputs {
  /** (B, S, V). */
  readonly logits: Value;
  /** int64 (B, S): the new tokens. */
  readonly inputIds: Value;
  /** int64 (B, N): the token at each place of the grown cache, below 0 where there is none. */
  readonly ids: Value;
  /** bool (B, S, N): whether the query sees the key; lines are shorter than what is seen. */
  readonly visible: Value;
  readonly tables: LineTables;
}

/** Logits (B, S, V). */
export function cutToLines(g: GraphBuilder, { logits, inputIds, ids, visible, tables }: LineInputs): Value {
  const { classOf, follows, effects, needs } = tables;
  const V = classOf.length;
  // By token what it opens, and minus all of it; 1 for a newline. By token what must be open, at least, or
  // minus the most that may be.
  const opened = new Float32Array(5 * V);
  const least = new Float32Array(4 * V);
  for (let id = 0; id < V; id++) {
    const [round, square, curly, newline] = effects.subarray(4 * id, 4 * id + 4) as unknown as number[];
    opened.set([round!, square!, curly!, -(round! + square! + curly!), newline!], 5 * id);
    for (let kind = 0; kind < 3; kind++) least[kind * V + id] = needs[3 * id + kind]!;
    least[3 * V + id] = newline === 1 ? 0 : -MOST_OPEN;
  }
  const known = g.node("Max", [ids, g.int64(0)]);
  const rows = g.node("Gather", [g.constant({ shape: [V, 5], data: opened }), known]); // (B, N, 5)
  const [brackets, newlines] = g.split(rows, 2, [4, 1]) as [Value, Value];
  // The number of the line of each place; a line begins with its newline.
  const lines = g.node("CumSum", [newlines, g.int64(1)]); // (B, N, 1)
  const count = g.node("Shape", [inputIds], { start: { i: 1 }, end: { i: 2 } });
  const [end, axis] = [g.int64([Number.MAX_SAFE_INTEGER]), g.int64([1])];
  const current = g.node("Slice", [lines, g.node("Neg", [count]), end, axis]); // (B, S, 1)
  const same = g.node("Equal", [current, g.node("Transpose", [lines], { perm: { ints: [0, 2, 1] } })]);
  const line = g.cast(g.node("And", [same, visible]), "float32"); // (B, S, N)
  const open = g.node("Unsqueeze", [g.node("MatMul", [line, brackets]), g.int64([3])]); // (B, S, 4, 1)
  const missing = g.node("ReduceMax", [
    g.node("Sub", [g.constant({ shape: [4, V], data: least }), open]),
    g.int64([2]),
  ], { keepdims: { i: 0 } }); // (B, S, V)
  const closes = g.node("LessOrEqual", [missing, g.float(0)]);

  const classes = g.constant({ shape: [V], data: BigInt64Array.from(classOf, BigInt) });
  const table = g.constant({ shape: [follows.length / V, V], data: new Int8Array(follows) });
  const mayFollow = g.node("Gather", [table, g.node("Gather", [classes, inputIds])]);
  const kept = g.node("And", [closes, g.cast(mayFollow, "bool")]);
  return g.node("Where", [kept, logits, g.float(CUT_LOGIT)]);
}

/** More brackets than a line can have open. */
const MOST_OPEN = 1e6;
