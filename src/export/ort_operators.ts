/**
 * Blocks with ONNX Runtime's own operators (`com.microsoft`; native 1.20 and later, and onnxruntime-web) where they are faster: add + RMSNorm
 * and GELU are one node each. RotaryEmbedding is not used: it takes longer than the product with a rotation (docs/log.md).
 */
import { NORM_EPS } from "../model/architecture.ts";
import type { BlockOperators, OperatorOptions } from "./block_operators.ts";
import { float, type GraphBuilder, type Value } from "./onnx/graph_builder.ts";
import { StandardOperators } from "./standard_operators.ts";
import { ORT_DOMAIN } from "./weights.ts";

/** See the top of this file. */
export class OrtOperators extends StandardOperators implements BlockOperators {
  readonly #graph: GraphBuilder;

  constructor(graph: GraphBuilder, options: OperatorOptions) {
    super(graph, options);
    this.#graph = graph;
  }

  override addNorm(
    stream: Value,
    branch: Value | null,
    norm: { weight: Value; name: string },
  ): { stream: Value; normed: Value } {
    if (branch === null) return super.addNorm(stream, branch, norm);
    const outputs = [`${norm.name}.normed`, null, null, `${norm.name}.residual`];
    const [normed, , , sum] = this.#graph.nodes(
      "SkipSimplifiedLayerNormalization",
      [branch, stream, norm.weight],
      outputs,
      { name: norm.name, domain: ORT_DOMAIN, attributes: { epsilon: float(NORM_EPS) } },
    );
    return { stream: sum!, normed: normed! };
  }

  override gelu(x: Value, name: string): Value {
    return this.#graph.node("Gelu", [x], { name, domain: ORT_DOMAIN });
  }
}
