/**
 * Blocks of ONNX's own operators, for any runtime. ONNX Runtime recognises RMSNorm, GELU, and matrix products with a transpose or a factor in
 * the forms written here and replaces each by one kernel; another order of the same operators would not be replaced.
 */
import { isPointerModel } from "../model/architecture.ts";
import {
  type AttentionInputs,
  type BlockOperators,
  type KeyValue,
  normaliseHeads,
  type OperatorOptions,
  rmsNorm,
} from "./block_operators.ts";
import { type GraphBuilder, int, ints, type Value } from "./onnx/graph_builder.ts";
import { additiveMask, rotationMatrices, type Visibility } from "./position_graph.ts";

/** (B, S, H, D) to (B, H, S, D) and back. */
const SWAPPED = { perm: ints(0, 2, 1, 3) };

/** See the top of this file. */
export class StandardOperators implements BlockOperators {
  readonly #graph: GraphBuilder;
  readonly #options: OperatorOptions;
  readonly #headDim: number;
  #mask: Value | null = null;
  #rotation: Value | null = null;
  /** With value residuals: those of the first layer. */
  #firstValues: Value | null = null;

  constructor(graph: GraphBuilder, options: OperatorOptions) {
    this.#graph = graph;
    this.#options = options;
    this.#headDim = options.config.dModel / options.config.nHeads;
  }

  prepare(visibility: Visibility): void {
    this.#mask = additiveMask(this.#graph, visibility);
    if (!isPointerModel(this.#options.config)) return;
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
    const g = this.#graph;
    const sum = branch === null ? stream : g.node("Add", [stream, branch], { name: `${norm.name}.residual` });
    return { stream: sum, normed: rmsNorm(g, sum, norm.weight) };
  }

  attention({ layer, projected, past }: AttentionInputs): { mixed: Value; present: KeyValue } {
    const g = this.#graph;
    const { config: { dModel: C }, presentPrefix } = this.#options;
    const name = `blocks.${layer}.attn`;
    const { query, key: newKey, value: newValue } = this.#byHead(projected, layer);
    const grow = (part: "key" | "value", rows: Value): Value =>
      g.node("Concat", [past[part], rows], {
        name: `${presentPrefix}.${layer}.${part}`,
        attributes: { axis: int(2) },
      });
    const [key, value] = [grow("key", newKey), grow("value", newValue)];

    const columns = g.node("Transpose", [key], { attributes: { perm: ints(0, 1, 3, 2) } });
    const scores = g.node("MatMul", [query, columns]);
    const masked = g.node("Add", [scores, this.#mask!], { name: `${name}.scores` });
    const weights = g.node("Softmax", [masked], { name: `${name}.weights`, attributes: { axis: int(-1) } });
    const mixed = g.node("Transpose", [g.node("MatMul", [weights, value])], { attributes: SWAPPED });
    return { mixed: g.node("Reshape", [mixed, g.int64s([0, 0, C])]), present: { key, value } };
  }

  gelu(x: Value, name: string): Value {
    const g = this.#graph;
    const erf = g.node("Erf", [g.node("Div", [x, g.float(Math.SQRT2)])]);
    const gated = g.node("Mul", [x, g.node("Add", [erf, g.float(1)])]);
    return g.node("Mul", [gated, g.float(0.5)], { name });
  }

  /** A layer's values with the residual of the first layer's, where the architecture has it. */
  protected residualValues(values: Value, layer: number): Value {
    if (!isPointerModel(this.#options.config)) return values;
    if (this.#firstValues !== null) {
      return this.#graph.node("Add", [values, this.#firstValues], { name: `blocks.${layer}.attn.values` });
    }
    this.#firstValues = values;
    return values;
  }

  /** (B, S, 3C) to (B, H, S, D) each. */
  #byHead(projected: Value, layer: number): KeyValue & { query: Value } {
    const g = this.#graph;
    const { config } = this.#options;
    const { nHeads: H } = config;
    const heads = g.node("Reshape", [projected, g.int64s([0, 0, 3 * H, this.#headDim])]);
    if (this.#rotation === null) {
      const swapped = g.node("Transpose", [heads], { attributes: SWAPPED });
      const [query, key, value] = g.split(swapped, 1, [H, H, H]) as [Value, Value, Value];
      return { query, key, value };
    }
    const [queryKey, ownValues] = g.split(heads, 2, [2 * H, H]) as [Value, Value];
    const value = this.residualValues(ownValues, layer);
    const unit = normaliseHeads(g, queryKey, config);
    const rotated = g.node("MatMul", [unit, this.#rotation], { name: `blocks.${layer}.attn.rotated` });
    const swapped = g.node("Transpose", [rotated], { attributes: SWAPPED });
    const [query, key] = g.split(swapped, 1, [H, H]) as [Value, Value];
    return { query, key, value: g.node("Transpose", [value], { attributes: SWAPPED }) };
  }
}
