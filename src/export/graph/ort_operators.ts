// ONNX Runtime's own operators (`com.microsoft`; native 1.20 and later, and onnxruntime-web) where they are
// faster: add + RMSNorm, GELU, the product with 8-bit weights, and attention with its cache are one node
// each. RotaryEmbedding is not used: it takes longer than the product with a rotation (docs/log.md).
import { NORM_EPS } from "../../model/architecture.ts";
import { ABSENT, type GraphBuilder, type Value } from "../../onnx/graph_builder.ts";
import {
  type AttentionInputs,
  type Int8Matrix,
  type KeyValue,
  type Operators,
  rmsNorm,
} from "./operators.ts";
import { openAttention, roundedTo8Bits } from "./standard_operators.ts";

export const ORT_DOMAIN = "com.microsoft";

/**
 * With `fused`, attention is one node, MultiHeadAttention, for the prover, who feeds one token a call. It
 * wants the batch's size in an empty cache, which transformers.js does not give: (0, heads, 0, head_dim).
 */
export function ortOperators({ fused }: { fused: boolean }): Operators {
  return {
    addNorm(g, { stream, branch, weight }) {
      if (branch === null) return { stream, normed: rmsNorm(g, stream, weight) };
      const outputs = ["normed", "", "", "sum"];
      const options = { outputs, attributes: { epsilon: { f: NORM_EPS } } };
      const operator = `${ORT_DOMAIN}.SkipSimplifiedLayerNormalization`;
      const [normed, , , sum] = g.nodes(operator, [branch, stream, weight], options);
      return { stream: sum!, normed: normed! };
    },
    attention: fused ? fusedAttention : openAttention,
    gelu: (g, x) => g.node(`${ORT_DOMAIN}.Gelu`, [x]),
    int8Products,
  };
}

/** One product rounds its input by itself, several share that. */
function int8Products(g: GraphBuilder, x: Value, matrices: readonly Int8Matrix[]): Value[] {
  if (matrices.length === 1) {
    const { weight, scales } = matrices[0]!;
    return [g.node(`${ORT_DOMAIN}.DynamicQuantizeMatMul`, [x, weight, scales])];
  }
  const [rounded, scale, zeroPoint] = roundedTo8Bits(g, x);
  return matrices.map(({ weight, scales }) =>
    g.node(`${ORT_DOMAIN}.MatMulIntegerToFloat`, [rounded, weight, scale, scales, zeroPoint])
  );
}

function fusedAttention(g: GraphBuilder, inputs: AttentionInputs): { mixed: Value; present: KeyValue } {
  const { queryKey, values, past, mask, nHeads: H, headDim: D } = inputs;
  const C = H * D;
  const operands = [...g.split(queryKey, 2, [C, C]), values, ABSENT, ABSENT, mask, past.key, past.value];
  const [mixed, key, value] = g.nodes(`${ORT_DOMAIN}.MultiHeadAttention`, operands, {
    outputs: ["mixed", "key", "value"],
    attributes: { num_heads: { i: H }, scale: { f: 1 } },
  });
  return { mixed: mixed!, present: { key: key!, value: value! } };
}
