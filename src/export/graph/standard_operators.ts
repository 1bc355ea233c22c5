// Operators of ONNX's own, for any runtime. ONNX Runtime recognises RMSNorm, GELU, and matrix products with a
// transpose in the forms written here and replaces each by one kernel; another order of the same operators
// would not be replaced.
import type { GraphBuilder, Value } from "../../onnx/graph_builder.ts";
import { type AttentionInputs, type KeyValue, type Operators, rmsNorm } from "./operators.ts";

/** (B, S, H, D) to (B, H, S, D) and back. */
const SWAPPED = { perm: { ints: [0, 2, 1, 3] } };

export const STANDARD_OPERATORS: Operators = {
  addNorm(g, { stream, branch, weight }) {
    const sum = branch === null ? stream : g.node("Add", [stream, branch]);
    return { stream: sum, normed: rmsNorm(g, sum, weight) };
  },
  attention: openAttention,
  gelu(g, x) {
    const erf = g.node("Erf", [g.node("Div", [x, g.float(Math.SQRT2)])]);
    const gated = g.node("Mul", [x, g.node("Add", [erf, g.float(1)])]);
    return g.node("Mul", [gated, g.float(0.5)]);
  },
  int8Products(g, x, matrices) {
    const [rounded, scale, zeroPoint] = roundedTo8Bits(g, x);
    return matrices.map(({ weight, scales }) => {
      const integers = g.node("MatMulInteger", [rounded, weight, zeroPoint]);
      return g.node("Mul", [g.cast(integers, "float32"), g.node("Mul", [scale, scales])]);
    });
  },
};

/** x in 8 bits, with the scale and the zero point that fit its range. */
export function roundedTo8Bits(g: GraphBuilder, x: Value): [rounded: Value, scale: Value, zeroPoint: Value] {
  const outputs = ["quantized", "scale", "zero_point"];
  return g.nodes("DynamicQuantizeLinear", [x], { outputs }) as [Value, Value, Value];
}

/** Attention in single steps: also ONNX Runtime's where the first cache may have no rows. */
export function openAttention(g: GraphBuilder, inputs: AttentionInputs): { mixed: Value; present: KeyValue } {
  const { queryKey, values, past, mask, nHeads: H, headDim: D } = inputs;
  const byHead = (rows: Value, heads: number): Value => g.node("Reshape", [rows, g.int64([0, 0, heads, D])]);
  const heads = g.node("Transpose", [byHead(queryKey, 2 * H)], SWAPPED);
  const [query, newKey] = g.split(heads, 1, [H, H]) as [Value, Value];
  const newValue = g.node("Transpose", [byHead(values, H)], SWAPPED);
  const grow = (old: Value, rows: Value): Value => g.node("Concat", [old, rows], { axis: { i: 2 } });
  const [key, value] = [grow(past.key, newKey), grow(past.value, newValue)];

  const columns = g.node("Transpose", [key], { perm: { ints: [0, 1, 3, 2] } });
  const scores = g.node("Add", [g.node("MatMul", [query, columns]), mask]);
  const weights = g.node("Softmax", [scores], { axis: { i: -1 } });
  const mixed = g.node("Transpose", [g.node("MatMul", [weights, value])], SWAPPED);
  return { mixed: g.node("Reshape", [mixed, g.int64([0, 0, H * D])]), present: { key, value } };
}
