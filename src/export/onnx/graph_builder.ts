/**
 * Builds an ONNX graph node by node: every call adds one operator and gives back the value it makes, so that a graph
 * reads like the formula it computes. A node is named by its scope and its operator, `/blocks.0/attn/qkv/MatMul`, with a
 * number behind it where that is taken; its value has the same name. Constants with equal content are stored once.
 * Knows nothing of models; shapes are not inferred here.
 */
import {
  ATTRIBUTE_TYPES,
  type DimensionProto,
  type ModelProto,
  ONNX_TYPES,
  type OnnxType,
  type TensorProto,
  type ValueInfoProto,
} from "./schema.ts";

/** A value of the graph, by its unique name. */
export interface Value {
  readonly name: string;
}

/** A node's attribute: ONNX tells integer (i), float (f), text (s) and list of integers (ints) apart. */
export type Attribute = { i: number } | { f: number } | { s: string } | { ints: readonly number[] };

/** A node's attributes by name. */
export type Attributes = Readonly<Record<string, Attribute>>;

/** Element data of a constant. */
export type TensorData = Float32Array | Float64Array | BigInt64Array | Int8Array | Float16Array;

/** Stands for an optional input that is not given. */
export const ABSENT: Value = { name: "" };

/** A constant: data in row-major order. */
export interface TensorOptions {
  /** Unique name; without one the constant is shared with others of equal content. */
  name?: string;
  shape: readonly number[];
  data: TensorData;
}

/** A dimension of an input or output: a length, or the name of a free one. */
export type Dimension = number | string;

/** What a model file has beside its graph. */
export type ModelHeader = Omit<ModelProto, "graph" | "producerName">;

/** All scopes of one graph share it. */
interface GraphParts {
  readonly nodes: {
    name: string;
    operator: string;
    inputs: Value[];
    outputs: Value[];
    attributes: Attributes;
  }[];
  readonly initializers: TensorProto[];
  readonly inputs: ValueInfoProto[];
  readonly outputs: ValueInfoProto[];
  readonly names: Set<string>;
  readonly shared: Map<string, Value>;
}

/** A graph under construction, and the scope in which nodes are added. */
export class GraphBuilder {
  readonly #parts: GraphParts;
  readonly #scope: string;

  /** A new graph; arguments are for {@linkcode GraphBuilder.scope} alone. */
  constructor(scope = "/", parts?: GraphParts) {
    this.#scope = scope;
    this.#parts = parts ??
      { nodes: [], initializers: [], inputs: [], outputs: [], names: new Set(), shared: new Map() };
  }

  /** The same graph; the names of nodes that are added here begin with this scope's and then this name. */
  scope(name: string): GraphBuilder {
    return new GraphBuilder(`${this.#scope}${name}/`, this.#parts);
  }

  /** Declare an input of the graph. */
  input(name: string, type: OnnxType, shape: readonly Dimension[]): Value {
    this.#parts.inputs.push(valueInfo(name, type, shape));
    return { name: this.#take(name) };
  }

  /** Declare a value as an output of the graph; it gets this name. */
  output(name: string, value: Value, type: OnnxType, shape: readonly Dimension[]): void {
    this.#parts.outputs.push(valueInfo(name, type, shape));
    (value as { name: string }).name = this.#take(name);
  }

  /** Add a node with one output. @param operator `Add` is ONNX's own, `com.microsoft.Gelu` of another operator set */
  node(operator: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.#add(operator, inputs, attributes, (node) => [{ name: node }])[0]!;
  }

  /** Add a node with several outputs, each under its own name; "" leaves an optional one out. */
  nodes(
    operator: string,
    inputs: readonly Value[],
    { outputs, attributes = {} }: { outputs: readonly string[]; attributes?: Attributes },
  ): Value[] {
    return this.#add(
      operator,
      inputs,
      attributes,
      (node) => outputs.map((output) => output === "" ? ABSENT : { name: this.#take(`${node}/${output}`) }),
    );
  }

  /** Add a Cast to another element type. */
  cast(input: Value, type: OnnxType): Value {
    return this.node("Cast", [input], { to: { i: ONNX_TYPES[type] } });
  }

  /** Add a Split: the input cut along an axis into parts of these lengths. */
  split(input: Value, axis: number, lengths: readonly number[]): Value[] {
    const outputs = lengths.map((_, i) => `${i}`);
    return this.nodes("Split", [input, this.int64(lengths)], { outputs, attributes: { axis: { i: axis } } });
  }

  /** Add a constant. */
  constant({ name, shape, data }: TensorOptions): Value {
    const size = shape.reduce((product, length) => product * length, 1);
    if (size !== data.length) throw new Error(`internal: ${data.length} elements for shape [${shape}]`);
    if (name !== undefined) return this.#addInitializer(name, shape, data);
    const { shared } = this.#parts;
    const key = `${data.constructor.name} [${shape}] ${data.join()}`;
    const value = shared.get(key) ?? this.#addInitializer(`constant_${shared.size}`, shape, data);
    shared.set(key, value);
    return value;
  }

  /** A float32 scalar. */
  float(value: number): Value {
    return this.constant({ shape: [], data: Float32Array.of(value) });
  }

  /** An int64 scalar, or a vector, as operators take axes, shapes and lengths. */
  int64(value: number | readonly number[]): Value {
    return typeof value === "number"
      ? this.constant({ shape: [], data: BigInt64Array.of(BigInt(value)) })
      : this.constant({ shape: [value.length], data: BigInt64Array.from(value, BigInt) });
  }

  /** The finished model. */
  toModel(graphName: string, header: ModelHeader): ModelProto {
    const { nodes, initializers, inputs, outputs } = this.#parts;
    const node = nodes.map(({ name, operator, inputs, outputs, attributes }) => {
      const dot = operator.lastIndexOf(".");
      return {
        name,
        opType: operator.slice(dot + 1),
        domain: operator.slice(0, Math.max(0, dot)),
        input: inputs.map((value) => value.name),
        output: outputs.map((value) => value.name),
        attribute: Object.entries(attributes).map(([name, value]) => {
          const [kind, content] = Object.entries(value)[0] as [keyof typeof ATTRIBUTE_TYPES, unknown];
          const bytes = kind === "s" ? new TextEncoder().encode(content as string) : content;
          return { name, type: ATTRIBUTE_TYPES[kind], [kind]: bytes };
        }),
      };
    });
    const graph = { name: graphName, node, initializer: initializers, input: inputs, output: outputs };
    return { ...header, producerName: "tactics", graph };
  }

  #add(
    operator: string,
    inputs: readonly Value[],
    attributes: Attributes,
    outputsOf: (node: string) => Value[],
  ): Value[] {
    const { nodes, names } = this.#parts;
    const plain = this.#scope + operator.slice(operator.lastIndexOf(".") + 1);
    let name = plain;
    for (let i = 1; names.has(name); i++) name = `${plain}_${i}`;
    const outputs = outputsOf(this.#take(name));
    nodes.push({ name, operator, inputs: [...inputs], outputs, attributes });
    return outputs;
  }

  #addInitializer(name: string, shape: readonly number[], data: TensorData): Value {
    this.#parts.initializers.push({
      name: this.#take(name),
      dims: [...shape],
      dataType: ONNX_TYPES[elementType(data)],
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    });
    return { name };
  }

  #take(name: string): string {
    const { names } = this.#parts;
    if (names.has(name)) throw new Error(`internal: two values of the graph are called "${name}"`);
    names.add(name);
    return name;
  }
}

function elementType(data: TensorData): OnnxType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Int8Array) return "int8";
  return data instanceof Float16Array ? "float16" : "int64";
}

function valueInfo(name: string, type: OnnxType, shape: readonly Dimension[]): ValueInfoProto {
  const dim = shape.map((length): DimensionProto =>
    typeof length === "number" ? { dimValue: length } : { dimParam: length }
  );
  return { name, type: { tensorType: { elemType: ONNX_TYPES[type], shape: { dim } } } };
}
