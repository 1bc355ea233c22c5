// Builds an ONNX graph node by node: every call adds one operator and gives back the value it makes, so that
// a graph reads like the formula it computes. A node and its value are named by scope and operator,
// `/blocks.0/attn/qkv/MatMul`, with a number where that is taken. Constants of equal content are stored once.
// Knows nothing of models; shapes are not inferred.
import { ATTRIBUTE_TYPES, type Message, type ModelProto, ONNX_TYPES, type OnnxType } from "./schema.ts";

/** What models name as the program that made them. */
export const PRODUCER = "tactics";

/** A value of the graph, by its unique name. */
export interface Value {
  readonly name: string;
}

/** A node's attribute: ONNX tells integer (i), float (f), text (s) and list of integers (ints) apart. */
type Attribute = { i: number } | { f: number } | { s: string } | { ints: readonly number[] };
type Attributes = Readonly<Record<string, Attribute>>;

type TensorData = Float32Array | Float64Array | BigInt64Array | Int8Array | Float16Array;

/** Stands for an optional input that is not given. */
export const ABSENT: Value = { name: "" };

/** Lengths, or names of free ones. */
type Shape = readonly (number | string)[];

/** A graph under construction, and the scope in which nodes are added. */
export class GraphBuilder {
  #parts = {
    graph: { name: "gpt", node: [], initializer: [], input: [], output: [] } as Message<"GraphProto">,
    names: new Set<string>(),
    constants: new Map<string, Value>(),
  };
  #scope = "/";

  /** The same graph; the names of nodes that are added here begin with this scope's and then this name. */
  scope(name: string): GraphBuilder {
    const inner = new GraphBuilder();
    inner.#parts = this.#parts;
    inner.#scope = `${this.#scope}${name}/`;
    return inner;
  }

  input(name: string, type: OnnxType, shape: Shape): Value {
    this.#parts.graph.input.push(valueInfo(name, type, shape));
    return { name: this.#take(name) };
  }

  /** Declare a value as an output of the graph; it gets this name. */
  output(name: string, value: Value, type: OnnxType, shape: Shape): void {
    const { graph } = this.#parts;
    graph.output.push(valueInfo(name, type, shape));
    for (const list of graph.node.flatMap(({ input, output }) => [input, output])) {
      for (const [i, other] of list.entries()) if (other === value.name) list[i] = name;
    }
    (value as { name: string }).name = this.#take(name);
  }

  /** Add a node with one output. The operator `Add` is ONNX's own, `com.microsoft.Gelu` of another set. */
  node(operator: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.nodes(operator, inputs, { outputs: [], attributes })[0]!;
  }

  /** Add a node with several outputs, each under its own name; none: one, as the node. "" leaves one out. */
  nodes(
    operator: string,
    inputs: readonly Value[],
    { outputs, attributes = {} }: { outputs: readonly string[]; attributes?: Attributes },
  ): Value[] {
    const opType = operator.slice(operator.lastIndexOf(".") + 1);
    let name = this.#scope + opType;
    for (let i = 1; this.#parts.names.has(name); i++) name = `${this.#scope}${opType}_${i}`;
    this.#take(name);
    const values = outputs.length === 0
      ? [{ name }]
      : outputs.map((output) => output === "" ? ABSENT : { name: this.#take(`${name}/${output}`) });
    this.#parts.graph.node.push({
      name,
      opType,
      domain: operator.slice(0, -opType.length - 1),
      input: inputs.map((value) => value.name),
      output: values.map((value) => value.name),
      attribute: Object.entries(attributes).map(([name, value]) => {
        const [kind, content] = Object.entries(value)[0] as [keyof typeof ATTRIBUTE_TYPES, unknown];
        const stored = kind === "s" ? new TextEncoder().encode(content as string) : content;
        return { name, type: ATTRIBUTE_TYPES[kind], [kind]: stored };
      }),
    });
    return values;
  }

  cast(input: Value, type: OnnxType): Value {
    return this.node("Cast", [input], { to: { i: ONNX_TYPES[type] } });
  }

  /** Add a Split: the input cut along an axis into parts of these lengths. */
  split(input: Value, axis: number, lengths: readonly number[]): Value[] {
    const outputs = lengths.map((_, i) => `${i}`);
    return this.nodes("Split", [input, this.int64(lengths)], { outputs, attributes: { axis: { i: axis } } });
  }

  /** Add a constant, its data row-major. Without a name it is shared with others of equal content. */
  constant({ name, shape, data }: { name?: string; shape: readonly number[]; data: TensorData }): Value {
    const size = shape.reduce((product, length) => product * length, 1);
    if (size !== data.length) throw new Error(`internal: ${data.length} elements for shape [${shape}]`);
    if (name !== undefined) return this.#addInitializer(name, shape, data);
    const { constants } = this.#parts;
    const key = `${data.constructor.name} [${shape}] ${data.join()}`;
    const value = constants.get(key) ?? this.#addInitializer(`constant_${constants.size}`, shape, data);
    constants.set(key, value);
    return value;
  }

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
  toModel(header: Omit<ModelProto, "graph" | "producerName">): ModelProto {
    return { ...header, producerName: PRODUCER, graph: this.#parts.graph };
  }

  #addInitializer(name: string, shape: readonly number[], data: TensorData): Value {
    this.#parts.graph.initializer.push({
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

function valueInfo(name: string, type: OnnxType, shape: Shape): Message<"ValueInfoProto"> {
  const dim = shape.map((length) => typeof length === "number" ? { dimValue: length } : { dimParam: length });
  return { name, type: { tensorType: { elemType: ONNX_TYPES[type], shape: { dim } } } };
}
