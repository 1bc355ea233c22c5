// A model's parameters as constants of the graph and the products with them: the one place where float32,
// (in, out) as MatMul wants it, and int8, one scale an output channel, differ. With learned positions the
// token embedding (V, C) is stored once: rows are gathered from it, and its transpose, folded when the model
// is loaded, is the output projection; int8 scales, one a row, serve both.
import type { ModelConfig } from "../../config.ts";
import { type ParameterSpec, parameterTable } from "../../model/parameters.ts";
import type { GraphBuilder, Value } from "../onnx/graph_builder.ts";
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
  linear(g: GraphBuilder, x: Value, name: string, rowFactor?: (row: number) => number): Value {
    const { shape, data } = this.#parameter(`${name}.weight`);
    const columns = shape[1]!;
    const scaled = rowFactor ? data.map((value, i) => value * rowFactor(Math.floor(i / columns))) : data;
    return this.#product(g, x, this.#matrix(name, { shape, data: scaled, transposed: true }));
  }

  /**
   * x times the transposed weights of A and of B, (…, in) to (…, out), each cut into parts of these lengths.
   * One product where activations are quantized for each, which takes time. @param factor of B's weights
   */
  linearToBoth(
    g: GraphBuilder,
    x: Value,
    { names: [a, b], lengths, factor = 1, scales = "one" }: {
      names: readonly [string, string];
      lengths: readonly [readonly number[], readonly number[]];
      factor?: number;
      scales?: RowScales;
    },
  ): Value[] {
    if (this.#options.quantization === "none") {
      return [this.linear(g, x, a), this.linear(g, x, b, () => factor)]
        .flatMap((out, i) => lengths[i]!.length === 1 ? [out] : g.split(out, 2, lengths[i]!));
    }
    const [first, second] = [this.#parameter(`${a}.weight`), this.#parameter(`${b}.weight`)];
    const shape = [first.shape[0]! + second.shape[0]!, first.shape[1]!];
    const data = new Float32Array(first.data.length + second.data.length);
    data.set(first.data);
    data.set(second.data.map((value) => factor * value), first.data.length);
    const matrix = this.#matrix(`${a}+${b}`, { shape, data, transposed: true, scales });
    return g.split(this.#product(g, x, matrix), 2, lengths.flat());
  }

  /** x times the transposed weights of A + y times those of B: (…, out). One product in 8 bits. */
  linearOfBoth(g: GraphBuilder, [x, y]: readonly [Value, Value], [a, b]: readonly [string, string]): Value {
    if (this.#options.quantization === "none") {
      return g.node("Add", [this.linear(g, x, a), this.linear(g, y, b)]);
    }
    const [first, second] = [this.#parameter(`${a}.weight`), this.#parameter(`${b}.weight`)];
    const [rows, K, L] = [first.shape[0]!, first.shape[1]!, second.shape[1]!];
    const data = new Float32Array(rows * (K + L));
    for (let row = 0; row < rows; row++) {
      data.set(first.data.subarray(row * K, (row + 1) * K), row * (K + L));
      data.set(second.data.subarray(row * L, (row + 1) * L), row * (K + L) + K);
    }
    const shape = [rows, K + L];
    const matrix = this.#matrix(`${a}+${b}`, { shape, data, transposed: true, scales: "one" });
    return this.#product(g, g.node("Concat", [x, y], { axis: { i: 2 } }), matrix);
  }

  /** Rows of the token table (token_table.ts): ids (B, S) to (B, S, 4C). Its int8 parts have a scale each. */
  tokenRows(g: GraphBuilder, ids: Value): Value {
    const { config, parameters, quantization } = this.#options;
    const [V, C] = [config.vocabSize, config.dModel];
    const [name, data, shape] = ["token_table", tokenTable(config, parameters), [V, 4 * C]];
    if (quantization === "none") return g.node("Gather", [g.constant({ name, shape, data }), ids]);
    const numbers = Float32Array.from({ length: V }, (_, id) => data[(id + 1) * 4 * C - 1]!);
    for (let id = 1; id <= V; id++) data[id * 4 * C - 1] = 0;
    const { values, scales } = quantizeRows(data, C, 127);
    // All of it is folded when ONNX Runtime loads the model.
    const parts = g.cast(g.constant({ name, shape: [V, 4, C], data: values }), "float32");
    const scale = g.constant({ name: `${name}.scales`, shape: [V, 4, 1], data: scales });
    const rows = g.node("Reshape", [g.node("Mul", [parts, scale]), g.int64(shape)]);
    const column = g.node("Pad", [
      g.constant({ name: `${name}.numbers`, shape: [V, 1], data: numbers }),
      g.int64([0, 4 * C - 1, 0, 0]),
    ]);
    return g.node("Gather", [g.node("Add", [rows, column]), ids]);
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

  #product(g: GraphBuilder, x: Value, { weight, scales }: Stored): Value {
    if (scales === null) return g.node("MatMul", [x, weight]);
    return this.#options.operators.int8Product(g, x, { weight, scales });
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
