// A model's parameters as constants of the graph and the products with them: the one place where float32,
// (in, out) as MatMul wants it, and int8, one scale an output channel, differ. With learned positions the
// token embedding (V, C) is stored once: rows are gathered from it, and its transpose, folded when the model
// is loaded, is the output projection; int8 scales, one a row, serve both.
import type { ModelConfig } from "../../config.ts";
import { type ParameterSpec, parameterTable } from "../../model/parameters.ts";
import type { GraphBuilder, Value } from "../../onnx/graph_builder.ts";
import { type Quantization, quantizeRows } from "../quantize.ts";
import { tokenTable } from "../token_table.ts";
import type { Operators } from "./operators.ts";

interface GraphParameterOptions {
  config: ModelConfig;
  parameters: Float32Array;
  quantization: Quantization;
  operators: Operators;
}

/** A matrix among the constants: in 8 bits it has scales. */
interface Stored {
  readonly weight: Value;
  readonly scales: Value | null;
}

type Quantized = Stored & { readonly scales: Value };

/** In 8 bits: a scale for each row of a matrix, or one, with which a product takes less time. */
type RowScales = "rows" | "one";

/** The parameters of one model in one graph. Methods add their nodes to the scope they are given. */
export class GraphParameters {
  readonly #graph: GraphBuilder;
  readonly #options: GraphParameterOptions;
  readonly #specs: Map<string, ParameterSpec>;
  #tokens: Stored | null = null;

  /** @throws {RangeError} when the parameters' length is not the configuration's */
  constructor(graph: GraphBuilder, options: GraphParameterOptions) {
    const table = parameterTable(options.config);
    const { length } = options.parameters;
    if (length !== table.size) {
      const counts = `got ${length} parameters, the configuration has ${table.size}`;
      throw new RangeError(`Cannot build the ONNX graph: ${counts}`);
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

  /** x @ NAME.weight^T: (…, in) to (…, out). @param rowFactor multiplies the weights of output channel i */
  linear(
    g: GraphBuilder,
    x: Value,
    name: string,
    { rowFactor, scales = "rows" }: { rowFactor?: (row: number) => number; scales?: RowScales } = {},
  ): Value {
    const { shape, data } = this.#parameter(`${name}.weight`);
    const columns = shape[1]!;
    const scaled = rowFactor ? data.map((value, i) => value * rowFactor(Math.floor(i / columns))) : data;
    return this.#product(g, x, this.#matrix(name, { shape, data: scaled, transposed: true, scales }));
  }

  /** x @ NAME.weight^T times a factor, its weights never rounded. */
  exactLinear(g: GraphBuilder, x: Value, name: string, factor: number): Value {
    const { shape: [rows, columns], data } = this.#parameter(`${name}.weight`);
    const weight = transpose(data.map((value) => factor * value), columns!);
    return g.node("MatMul", [
      x,
      g.constant({ name: `${name}.weight`, shape: [columns!, rows!], data: weight }),
    ]);
  }

  /**
   * x times the transposed weights of matrices that are cut into parts of these rows: (…, in) to (…, rows), a
   * value for each part. In 8 bits x is rounded once for all. Cutting weights is folded when ONNX Runtime loads
   * the model; cutting their product would take time in each call.
   */
  linears(g: GraphBuilder, x: Value, cuts: readonly { name: string; rows: readonly number[] }[]): Value[] {
    const parts = cuts.flatMap(({ name, rows }): Stored[] => {
      const whole = { ...this.#parameter(`${name}.weight`), transposed: true, scales: "one" } as const;
      const { weight, scales } = this.#matrix(name, whole);
      if (rows.length === 1) return [{ weight, scales }];
      return rows.map((length, i) => {
        const from = rows.slice(0, i).reduce((sum, length) => sum + length, 0);
        const bounds = [g.int64([from]), g.int64([from + length]), g.int64([1])];
        return { weight: g.node("Slice", [weight, ...bounds]), scales };
      });
    });
    return this.#products(g, x, parts);
  }

  /**
   * Rows of the token table (token_table.ts): ids (B, S) to the stream (B, S, C), queries and keys (B, S, 2C)
   * and values (B, S, C). All but the look-up is folded when ONNX Runtime loads the model.
   */
  tokenRows(g: GraphBuilder, ids: Value): [stream: Value, queryKey: Value, values: Value] {
    const C = this.#options.config.dModel;
    const parts = g.split(this.#wholeRows(g), 1, [C, 2 * C, C]);
    return parts.map((part) => g.node("Gather", [part, ids])) as [Value, Value, Value];
  }

  /** The token table (V, 4C). Its int8 parts have a scale each. */
  #wholeRows(g: GraphBuilder): Value {
    const { config, parameters, quantization } = this.#options;
    const [V, C] = [config.vocabSize, config.dModel];
    const [name, data, shape] = ["token_table", tokenTable(config, parameters), [V, 4 * C]];
    if (quantization === "none") return g.constant({ name, shape, data });
    const numbers = Float32Array.from({ length: V }, (_, id) => data[(id + 1) * 4 * C - 1]!);
    for (let id = 1; id <= V; id++) data[id * 4 * C - 1] = 0;
    const { values, scales } = quantizeRows(data, C, 127);
    const parts = g.cast(g.constant({ name, shape: [V, 4, C], data: values }), "float32");
    const scale = g.constant({ name: `${name}.scales`, shape: [V, 4, 1], data: scales });
    const rows = g.node("Reshape", [g.node("Mul", [parts, scale]), g.int64(shape)]);
    const column = g.constant({ name: `${name}.numbers`, shape: [V, 1], data: numbers });
    return g.node("Add", [rows, g.node("Pad", [column, g.int64([0, 4 * C - 1, 0, 0])])]);
  }

  /** Rows of the token embedding: ids (B, S) to (B, S, C). */
  tokenEmbedding(g: GraphBuilder, ids: Value): Value {
    const { weight, scales } = this.#tokenTable();
    if (scales === null) return g.node("Gather", [weight, ids]);
    const column = g.node("Unsqueeze", [scales, g.int64([1])]); // (V, 1), folded at load
    const rows = g.cast(g.node("Gather", [weight, ids]), "float32");
    return g.node("Mul", [rows, g.node("Gather", [column, ids])]);
  }

  /** Rows (B, S, C) plus those of positions (B, S), the last one again beyond the context. */
  addPositions(g: GraphBuilder, rows: Value, positions: Value): Value {
    const name = "position_embedding.weight";
    const { shape, data } = this.#parameter(name);
    // 8 bits here would save 2 % of the file and cost a product: 16, cast when ONNX Runtime loads the model.
    const table = this.#options.quantization === "int8"
      ? g.cast(g.constant({ name, shape, data: new Float16Array(data) }), "float32")
      : g.constant({ name, shape, data });
    const clamped = g.node("Min", [positions, g.int64(this.#options.config.contextLength - 1)]);
    return g.node("Add", [rows, g.node("Gather", [table, clamped])]);
  }

  /** x @ token embedding^T: (B, S, C) to (B, S, V). */
  logits(g: GraphBuilder, x: Value): Value {
    const { weight, scales } = this.#tokenTable();
    const columns = g.node("Transpose", [weight], { perm: { ints: [1, 0] } }); // (C, V), folded at load
    return this.#product(g, x, { weight: columns, scales });
  }

  #tokenTable(): Stored {
    const name = "token_embedding";
    return this.#tokens ??= this.#matrix(name, { ...this.#parameter(`${name}.weight`), transposed: false });
  }

  #product(g: GraphBuilder, x: Value, matrix: Stored): Value {
    return this.#products(g, x, [matrix])[0]!;
  }

  #products(g: GraphBuilder, x: Value, matrices: readonly Stored[]): Value[] {
    const rounded = matrices.filter((matrix): matrix is Quantized => matrix.scales !== null);
    if (rounded.length === matrices.length) return this.#options.operators.int8Products(g, x, rounded);
    return matrices.map(({ weight }) => g.node("MatMul", [x, weight]));
  }

  /** NAME.weight as constants, rows first or columns first; NAME.scales are one a row. */
  #matrix(
    name: string,
    { shape, data, transposed, scales: kind = "rows" }: {
      shape: readonly number[];
      data: Float32Array;
      transposed: boolean;
      scales?: RowScales;
    },
  ): Stored {
    const [rows, columns] = shape as [number, number];
    const g = this.#graph;
    const stored = (data: Float32Array | Int8Array): Value =>
      transposed
        ? g.constant({ name: `${name}.weight`, shape: [columns, rows], data: transpose(data, columns) })
        : g.constant({ name: `${name}.weight`, shape, data });
    if (this.#options.quantization === "none") return { weight: stored(data), scales: null };
    const { values, scales } = quantizeRows(data, kind === "one" ? data.length : columns);
    const weight = stored(values);
    return { weight, scales: g.constant({ name: `${name}.scales`, shape: [scales.length], data: scales }) };
  }

  #parameter(name: string): { shape: readonly number[]; data: Float32Array } {
    const { shape, offset, size } = this.#specs.get(name)!;
    return { shape, data: this.#options.parameters.subarray(offset, offset + size) };
  }
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
