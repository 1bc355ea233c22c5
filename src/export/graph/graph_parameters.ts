// A model's parameters as constants of the graph and the products with them: the one place where float32,
// (in, out) as MatMul wants it, and int8, one scale an output channel, differ. The token embedding (V, C) is
// stored once: rows are gathered from it, and its transpose, folded when the model is loaded, is the output
// projection; int8 scales, one a row, serve both.
import type { ModelConfig } from "../../config.ts";
import { type ParameterSpec, parameterTable } from "../../model/parameters.ts";
import type { GraphBuilder, Value } from "../onnx/graph_builder.ts";
import { type Quantization, quantizeRows } from "../quantize.ts";
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
    { shape, data, transposed }: { shape: readonly number[]; data: Float32Array; transposed: boolean },
  ): Stored {
    const [rows, columns] = shape as [number, number];
    const g = this.#graph;
    const stored = (data: Float32Array | Int8Array): Value =>
      transposed
        ? g.constant({ name: `${name}.weight`, shape: [columns, rows], data: transpose(data, columns) })
        : g.constant({ name: `${name}.weight`, shape, data });
    if (this.#options.quantization === "none") return { weight: stored(data), scales: null };
    const { values, scales } = quantizeRows(data, columns);
    const weight = stored(values);
    return { weight, scales: g.constant({ name: `${name}.scales`, shape: [rows], data: scales }) };
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
