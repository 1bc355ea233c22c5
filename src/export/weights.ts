/**
 * A model's parameters as constants of the graph, in the form in which they are stored, and the products with
 * them: the one place where float32 and int8 differ.
 *
 *     none     float32; (in, out) as MatMul wants it
 *     int8     one scale an output channel; the activations are quantized (u8, one scale a call) when the product is computed
 *
 * The token embedding (V, C) is stored once, in every form: rows are gathered from it, and its transpose, folded when the model is loaded,
 * is the output projection. Its int8 scales, one a row, serve both.
 */
import type { ModelConfig } from "../config.ts";
import { type ParameterSpec, parameterTable } from "../model/parameters.ts";
import { ABSENT, type GraphBuilder, ints, type Value } from "./onnx/graph_builder.ts";
import { type Quantization, quantizeRows } from "./quantize.ts";

/** ONNX Runtime's own operator set. */
export const ORT_DOMAIN = "com.microsoft";

/** Which operators a graph is made of: ONNX's own only, or ONNX Runtime's where they are faster. */
export const OPERATOR_SETS = ["standard", "ort"] as const;

/** One of {@linkcode OPERATOR_SETS}. */
export type OperatorSet = typeof OPERATOR_SETS[number];

/** How parameters become constants. */
export interface WeightOptions {
  config: ModelConfig;
  /** The flat vector of {@linkcode parameterTable}. */
  parameters: Float32Array;
  quantization: Quantization;
  operators: OperatorSet;
}

/** The parameters of one model in one graph. */
export class Weights {
  readonly #graph: GraphBuilder;
  readonly #options: WeightOptions;
  readonly #specs: Map<string, ParameterSpec>;
  #tokenTable: { values: Value; scales: Value } | null = null;

  /** @throws {RangeError} when the parameters' length is not the configuration's */
  constructor(graph: GraphBuilder, options: WeightOptions) {
    const table = parameterTable(options.config);
    const { length } = options.parameters;
    if (length !== table.size) {
      throw new RangeError(
        `Cannot build the ONNX graph: got ${length} parameters, the configuration has ${table.size}`,
      );
    }
    this.#graph = graph;
    this.#options = options;
    this.#specs = new Map(table.specs.map((spec) => [spec.name, spec]));
  }

  /** A norm's weights (C), times a factor. */
  vector(name: string, factor = 1): Value {
    const { shape, data } = this.#parameter(name);
    return this.#graph.constant({ name, shape, data: factor === 1 ? data : data.map((x) => factor * x) });
  }

  /**
   * x @ weight^T: (…, in) to (…, out), under the product's name.
   *
   * @param rowFactor multiplies the weights of output channel i; only where no rounding follows
   */
  linear(x: Value, name: string, rowFactor?: (row: number) => number): Value {
    const g = this.#graph;
    const { shape: [rows, columns], data } = this.#parameter(`${name}.weight`) as MatrixParameter;
    const scaled = rowFactor === undefined
      ? data
      : data.map((value, i) => value * rowFactor(Math.floor(i / columns)));
    const constant = { name: `${name}.weight`, shape: [columns, rows] };
    if (this.#options.quantization !== "int8") {
      const weight = g.constant({ ...constant, data: transpose(scaled, columns) });
      return g.node("MatMul", [x, weight], { name });
    }
    const { values, scales } = quantizeRows(scaled, columns);
    const weight = g.constant({ ...constant, data: transpose(values, columns) });
    return this.#int8Product(x, {
      weight,
      scales: g.constant({ name: `${name}.scales`, shape: [rows], data: scales }),
      name,
    });
  }

  /** Rows of the token embedding: ids (B, S) to (B, S, C). */
  tokenEmbedding(ids: Value): Value {
    const g = this.#graph;
    const { values, scales } = this.#tokens();
    const name = "token_embedding";
    if (scales === ABSENT) return g.node("Gather", [values, ids], { name });
    const column = g.node("Unsqueeze", [scales, g.int64s([1])]); // (V, 1), folded at load
    const rows = g.cast(g.node("Gather", [values, ids]), "float32");
    return g.node("Mul", [rows, g.node("Gather", [column, ids])], { name });
  }

  /** Rows of the position embedding: positions (B, S) to (B, S, C). */
  positionEmbedding(positions: Value): Value {
    const name = "position_embedding";
    const { shape, data } = this.#parameter(`${name}.weight`);
    const g = this.#graph;
    // 8 bits here would save 2 % of the file and cost a product: 16 bits, which ONNX Runtime casts when it loads the model.
    const table = this.#options.quantization === "int8"
      ? g.cast(g.constant({ name: `${name}.weight`, shape, data: new Float16Array(data) }), "float32")
      : g.constant({ name: `${name}.weight`, shape, data });
    return g.node("Gather", [table, positions], { name });
  }

  /** x @ token embedding^T: (B, S, C) to (B, S, V). */
  logits(x: Value, name: string): Value {
    const g = this.#graph;
    const { values, scales } = this.#tokens();
    const weight = g.node("Transpose", [values], { attributes: { perm: ints(1, 0) } }); // (C, V), folded at load
    if (scales === ABSENT) return g.node("MatMul", [x, weight], { name });
    return this.#int8Product(x, { weight, scales, name });
  }

  #tokens(): { values: Value; scales: Value } {
    return this.#tokenTable ??= this.#makeTokens();
  }

  #makeTokens(): { values: Value; scales: Value } {
    const name = "token_embedding.weight";
    const { shape: [rows, columns], data } = this.#parameter(name) as MatrixParameter;
    const shape = [rows, columns];
    if (this.#options.quantization !== "int8") {
      return { values: this.#graph.constant({ name, shape, data }), scales: ABSENT };
    }
    const { values, scales } = quantizeRows(data, columns);
    return {
      values: this.#graph.constant({ name, shape, data: values }),
      scales: this.#graph.constant({ name: "token_embedding.scales", shape: [rows], data: scales }),
    };
  }

  /** x (…, in) @ weight (in, out) * scales (out). */
  #int8Product(x: Value, product: { weight: Value; scales: Value; name: string }): Value {
    const g = this.#graph;
    const { weight, scales, name } = product;
    if (this.#options.operators === "ort") {
      return g.node("DynamicQuantizeMatMul", [x, weight, scales], { name, domain: ORT_DOMAIN });
    }
    const parts = ["quantized", "scale", "zero_point"].map((part) => `${name}.${part}`);
    const [quantized, scale, zeroPoint] = g.nodes("DynamicQuantizeLinear", [x], parts, {
      name: `${name}.quantize`,
    });
    const integers = g.node("MatMulInteger", [quantized!, weight, zeroPoint!]);
    return g.node("Mul", [g.cast(integers, "float32"), g.node("Mul", [scale!, scales])], { name });
  }

  #parameter(name: string): { shape: readonly number[]; data: Float32Array } {
    const spec = this.#specs.get(name);
    if (spec === undefined) throw new Error(`internal: no parameter "${name}"`);
    return {
      shape: spec.shape,
      data: this.#options.parameters.subarray(spec.offset, spec.offset + spec.size),
    };
  }
}

interface MatrixParameter {
  shape: readonly [rows: number, columns: number];
  data: Float32Array;
}

/** A copy of a matrix with rows of this length, columns first. */
function transpose<T extends Float32Array | Int8Array>(data: T, columns: number): T {
  const rows = data.length / columns;
  const out = data.slice() as T;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = data[row * columns + column]!;
  }
  return out;
}
