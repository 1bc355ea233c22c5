/**
 * Blocks of ONNX Runtime's own operators (`com.microsoft`; native 1.20 and later, and onnxruntime-web): add + RMSNorm, GELU and attention with
 * its cache are one node each.
 */
import {
  type AttentionInputs,
  type BlockOperators,
  type KeyValue,
  type OperatorOptions,
  presentName,
  rmsNorm,
  unitRms,
} from "./block_operators.ts";
import { NORM_EPS } from "../model/attention_form.ts";
import { ABSENT, float, type GraphBuilder, int, type Value } from "./onnx/graph_builder.ts";
import { additiveMask, type RotaryCaches, rotaryCaches, type Visibility } from "./position_graph.ts";
import { ORT_DOMAIN } from "./weights.ts";

/** See the top of this file. */
export class OrtOperators implements BlockOperators {
  readonly #graph: GraphBuilder;
  readonly #options: OperatorOptions;
  readonly #headDim: number;
  #mask: Value | null = null;
  #rotary: RotaryCaches | null = null;

  constructor(graph: GraphBuilder, options: OperatorOptions) {
    this.#graph = graph;
    this.#options = options;
    this.#headDim = options.config.dModel / options.config.nHeads;
  }

  prepare({ visibility, inputIds }: { visibility: Visibility; inputIds: Value }): void {
    // ONNX Runtime 1.20 computes wrong rows after the first of a batch when the mask has to be broadcast over heads.
    this.#mask = additiveMask(this.#graph, visibility, { heads: this.#options.config.nHeads });
    if (this.#options.config.architecture !== "modern") return;
    this.#rotary = rotaryCaches(this.#graph, {
      positions: visibility.positions,
      inputIds,
      headDim: this.#headDim,
    });
  }

  addNorm(
    stream: Value,
    branch: Value | null,
    norm: { weight: Value; name: string },
  ): { stream: Value; normed: Value } {
    const g = this.#graph;
    if (branch === null) return { stream, normed: rmsNorm(g, stream, norm.weight) };
    const outputs = [`${norm.name}.normed`, null, null, `${norm.name}.residual`];
    const [normed, , , sum] = g.nodes(
      "SkipSimplifiedLayerNormalization",
      [branch, stream, norm.weight],
      outputs,
      {
        name: norm.name,
        domain: ORT_DOMAIN,
        attributes: { epsilon: float(NORM_EPS) },
      },
    );
    return { stream: sum!, normed: normed! };
  }

  attention({ layer, projected, past }: AttentionInputs): { mixed: Value; present: KeyValue } {
    const g = this.#graph;
    const { config: { nHeads: H }, scale } = this.#options;
    const name = `blocks.${layer}.attn`;
    const { query, key, value } = this.#turned(projected, name);
    const inputs = [query, key, value, ABSENT, ABSENT, this.#mask!, past.key, past.value];
    const outputs = [`${name}.mixed`, presentName(layer, "key"), presentName(layer, "value")];
    const [mixed, presentKey, presentValue] = g.nodes("MultiHeadAttention", inputs, outputs, {
      name,
      domain: ORT_DOMAIN,
      attributes: { num_heads: int(H), scale: float(scale) },
    });
    return { mixed: mixed!, present: { key: presentKey!, value: presentValue! } };
  }

  gelu(x: Value, name: string): Value {
    return this.#graph.node("Gelu", [x], { name, domain: ORT_DOMAIN });
  }

  /** (B, S, 3C) to (B, S, C) each, queries and keys normalised and rotated where the architecture does that. */
  #turned(projected: Value, name: string): KeyValue & { query: Value } {
    const g = this.#graph;
    const { dModel: C, nHeads: H } = this.#options.config;
    if (this.#rotary === null) {
      const [query, key, value] = g.split(projected, 2, [C, C, C]) as [Value, Value, Value];
      return { query, key, value };
    }
    const [queryKey, value] = g.split(projected, 2, [2 * C, C]) as [Value, Value];
    const heads = g.node("Reshape", [queryKey, g.int64s([0, 0, 2 * H, this.#headDim])]);
    const flat = g.node("Reshape", [unitRms(g, heads, this.#headDim), g.int64s([0, 0, 2 * C])]);
    const { rows, cosines, sines } = this.#rotary;
    const rotated = g.node("RotaryEmbedding", [flat, rows, cosines, sines], {
      name: `${name}.rotated`,
      domain: ORT_DOMAIN,
    });
    const [query, key] = g.split(rotated, 2, [C, C]) as [Value, Value];
    return { query, key, value };
  }
}
