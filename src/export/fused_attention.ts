/**
 * Blocks of which attention, its cache included, is one node: ONNX Runtime's MultiHeadAttention, for the prover, who feeds one token a call. It
 * wants the batch's size in an empty cache, too, which not every program gives: transformers.js begins with caches (0, heads, 0, head_dim).
 */
import { isPointerModel } from "../model/architecture.ts";
import {
  type AttentionInputs,
  type BlockOperators,
  type KeyValue,
  normaliseHeads,
  type OperatorOptions,
} from "./block_operators.ts";
import { ABSENT, float, type GraphBuilder, int, type Value } from "./onnx/graph_builder.ts";
import { OrtOperators } from "./ort_operators.ts";
import { additiveMask, rotationMatrices, type Visibility } from "./position_graph.ts";
import { ORT_DOMAIN } from "./weights.ts";

/** See the top of this file. */
export class FusedAttention extends OrtOperators implements BlockOperators {
  readonly #graph: GraphBuilder;
  readonly #options: OperatorOptions;
  readonly #headDim: number;
  #mask: Value | null = null;
  #rotation: Value | null = null;

  constructor(graph: GraphBuilder, options: OperatorOptions) {
    super(graph, options);
    this.#graph = graph;
    this.#options = options;
    this.#headDim = options.config.dModel / options.config.nHeads;
  }

  override prepare(visibility: Visibility): void {
    const { config } = this.#options;
    // ONNX Runtime 1.20 computes wrong rows after the first of a batch when a mask has to be broadcast over heads.
    this.#mask = additiveMask(this.#graph, visibility, config.nHeads);
    if (!isPointerModel(config)) return;
    this.#rotation = rotationMatrices(this.#graph, {
      positions: visibility.positions,
      headDim: this.#headDim,
    });
  }

  override attention({ layer, projected, past }: AttentionInputs): { mixed: Value; present: KeyValue } {
    const { config: { nHeads }, presentPrefix } = this.#options;
    const name = `blocks.${layer}.attn`;
    const [mixed, key, value] = this.#graph.nodes(
      "MultiHeadAttention",
      [...this.#queryKeyValue(projected, layer), ABSENT, ABSENT, this.#mask!, past.key, past.value],
      [`${name}.mixed`, `${presentPrefix}.${layer}.key`, `${presentPrefix}.${layer}.value`],
      { name, domain: ORT_DOMAIN, attributes: { num_heads: int(nHeads), scale: float(1) } },
    );
    return { mixed: mixed!, present: { key: key!, value: value! } };
  }

  /** (B, S, 3C) to (B, S, C) each. */
  #queryKeyValue(projected: Value, layer: number): Value[] {
    const g = this.#graph;
    const { config } = this.#options;
    const { dModel: C, nHeads: H } = config;
    if (this.#rotation === null) return g.split(projected, 2, [C, C, C]);
    const [queryKey, value] = g.split(projected, 2, [2 * C, C]) as [Value, Value];
    const heads = g.node("Reshape", [queryKey, g.int64s([0, 0, 2 * H, this.#headDim])]);
    const rotated = g.node("MatMul", [normaliseHeads(g, heads, config), this.#rotation]);
    const flat = g.node("Reshape", [rotated, g.int64s([0, 0, 2 * C])]);
    return [...g.split(flat, 2, [C, C]), this.residualValues(value, layer)];
  }
}
