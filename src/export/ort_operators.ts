/**
 * Blocks with ONNX Runtime's own operators (`com.microsoft`; native 1.20 and later, and onnxruntime-web): add + RMSNorm, GELU, and attention with
 * its cache are one node each. A call with one token is bound by the number of nodes wherever the weights are small: docs/log.md. RotaryEmbedding
 * is not used: it takes longer than the product with a rotation.
 */
import { NORM_EPS } from "../model/attention_form.ts";
import {
  type AttentionInputs,
  type BlockOperators,
  type KeyValue,
  normaliseHeads,
  type OperatorOptions,
  rmsNorm,
} from "./block_operators.ts";
import { ABSENT, float, type GraphBuilder, int, type Value } from "./onnx/graph_builder.ts";
import { additiveMask, rotationMatrices, type Visibility } from "./position_graph.ts";
import { ORT_DOMAIN } from "./weights.ts";

/** See the top of this file. */
export class OrtOperators implements BlockOperators {
  readonly #graph: GraphBuilder;
  readonly #options: OperatorOptions;
  readonly #headDim: number;
  #mask: Value | null = null;
  #rotation: Value | null = null;

  constructor(graph: GraphBuilder, options: OperatorOptions) {
    this.#graph = graph;
    this.#options = options;
    this.#headDim = options.config.dModel / options.config.nHeads;
  }

  prepare(visibility: Visibility): void {
    const { nHeads, architecture } = this.#options.config;
    // ONNX Runtime 1.20 computes wrong rows after the first of a batch when a mask has to be broadcast over heads.
    this.#mask = additiveMask(this.#graph, visibility, nHeads);
    if (architecture !== "modern") return;
    this.#rotation = rotationMatrices(this.#graph, {
      positions: visibility.positions,
      headDim: this.#headDim,
    });
  }

  addNorm(
    stream: Value,
    branch: Value | null,
    norm: { weight: Value; name: string },
  ): { stream: Value; normed: Value } {
    if (branch === null) return { stream, normed: rmsNorm(this.#graph, stream, norm.weight) };
    const outputs = [`${norm.name}.normed`, null, null, `${norm.name}.residual`];
    const [normed, , , sum] = this.#graph.nodes(
      "SkipSimplifiedLayerNormalization",
      [branch, stream, norm.weight],
      outputs,
      { name: norm.name, domain: ORT_DOMAIN, attributes: { epsilon: float(NORM_EPS) } },
    );
    return { stream: sum!, normed: normed! };
  }

  attention({ layer, projected, past }: AttentionInputs): { mixed: Value; present: KeyValue } {
    const { config: { nHeads }, scale, presentPrefix } = this.#options;
    const name = `blocks.${layer}.attn`;
    const [mixed, key, value] = this.#graph.nodes(
      "MultiHeadAttention",
      [...this.#queryKeyValue(projected), ABSENT, ABSENT, this.#mask!, past.key, past.value],
      [`${name}.mixed`, `${presentPrefix}.${layer}.key`, `${presentPrefix}.${layer}.value`],
      { name, domain: ORT_DOMAIN, attributes: { num_heads: int(nHeads), scale: float(scale) } },
    );
    return { mixed: mixed!, present: { key: key!, value: value! } };
  }

  gelu(x: Value, name: string): Value {
    return this.#graph.node("Gelu", [x], { name, domain: ORT_DOMAIN });
  }

  /** (B, S, 3C) to (B, S, C) each. */
  #queryKeyValue(projected: Value): Value[] {
    const g = this.#graph;
    const { config } = this.#options;
    const { dModel: C, nHeads: H } = config;
    if (this.#rotation === null) return g.split(projected, 2, [C, C, C]);
    const [queryKey, value] = g.split(projected, 2, [2 * C, C]) as [Value, Value];
    const heads = g.node("Reshape", [queryKey, g.int64s([0, 0, 2 * H, this.#headDim])]);
    const rotated = g.node("MatMul", [normaliseHeads(g, heads, config), this.#rotation]);
    const flat = g.node("Reshape", [rotated, g.int64s([0, 0, 2 * C])]);
    return [...g.split(flat, 2, [C, C]), value];
  }
}
