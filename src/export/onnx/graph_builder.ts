/**
 * Builds an ONNX graph node by node: every call adds one operator and gives back the value it makes, so that a graph reads like the
 * formula it computes. Constants with equal content are stored once. Knows nothing of models; shapes are not inferred here.
 */
import {
  ATTRIBUTE_TYPES,
  type AttributeProto,
  type DimensionProto,
  type ModelProto,
  type NodeProto,
  ONNX_TYPES,
  type OnnxType,
  type TensorProto,
  type ValueInfoProto,
} from "./schema.ts";

/** A value of the graph, by its unique name. */
export interface Value {
  readonly name: string;
}

/** A node's attribute; numbers are told apart by kind because ONNX does. */
export type Attribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string };

/** What a node may have beside its inputs. */
export interface NodeOptions {
  /** Name of the node and of its (first) output; made up from the operator when not given. */
  name?: string;
  attributes?: Readonly<Record<string, Attribute>>;
  /** Operator set; "" is ONNX's own. */
  domain?: string;
}

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

/** Versions and texts of the model file. */
export interface ModelOptions {
  irVersion: number;
  opsets: Readonly<Record<string, number>>;
  producerVersion: string;
  docString: string;
  metadata: Readonly<Record<string, string>>;
}

/** A graph under construction. */
export class GraphBuilder {
  #nodes: NodeProto[] = [];
  #initializers: TensorProto[] = [];
  #inputs: ValueInfoProto[] = [];
  #outputs: ValueInfoProto[] = [];
  #names = new Set<string>();
  #sharedConstants = new Map<string, Value>();

  /** Declare an input of the graph. */
  input(name: string, type: OnnxType, shape: readonly Dimension[]): Value {
    this.#inputs.push(valueInfo(name, type, shape));
    return this.#define(name);
  }

  /** Declare a value as an output of the graph, under its own name. */
  output(value: Value, type: OnnxType, shape: readonly Dimension[]): void {
    this.#outputs.push(valueInfo(value.name, type, shape));
  }

  /** Add a node with one output. */
  node(opType: string, inputs: readonly Value[], options: NodeOptions = {}): Value {
    return this.#addNode(opType, inputs, [options.name ?? this.#freshName(opType)], options)[0]!;
  }

  /**
   * Add a node with several outputs, each under its name; null leaves an optional one out, and {@linkcode ABSENT} stands in its place.
   */
  nodes(
    opType: string,
    inputs: readonly Value[],
    outputs: readonly (string | null)[],
    options: NodeOptions = {},
  ): Value[] {
    return this.#addNode(opType, inputs, outputs, options);
  }

  /** Add a Cast to another element type. */
  cast(input: Value, type: OnnxType): Value {
    return this.node("Cast", [input], { attributes: { to: int(ONNX_TYPES[type]) } });
  }

  /** Add a Split: the input cut along an axis into parts of these lengths. */
  split(input: Value, axis: number, lengths: readonly number[]): Value[] {
    const name = this.#freshName("Split");
    const outputs = lengths.map((_, i) => `${name}_${i}`);
    return this.#addNode("Split", [input, this.int64s(lengths)], outputs, {
      name,
      attributes: { axis: int(axis) },
    });
  }

  /** Add a constant. */
  constant(options: TensorOptions): Value {
    const { shape, data } = options;
    const size = shape.reduce((product, length) => product * length, 1);
    if (size !== data.length) throw new Error(`internal: ${data.length} elements for shape [${shape}]`);
    if (options.name !== undefined) return this.#addInitializer(options.name, shape, data);
    const key = `${data.constructor.name} [${shape}] ${data.join()}`;
    let value = this.#sharedConstants.get(key);
    if (value === undefined) {
      value = this.#addInitializer(`constant_${this.#sharedConstants.size}`, shape, data);
      this.#sharedConstants.set(key, value);
    }
    return value;
  }

  /** A float32 scalar. */
  float(value: number): Value {
    return this.constant({ shape: [], data: Float32Array.of(value) });
  }

  /** An int64 scalar. */
  int64(value: number): Value {
    return this.constant({ shape: [], data: BigInt64Array.of(BigInt(value)) });
  }

  /** An int64 vector, as operators take axes, shapes and lengths. */
  int64s(values: readonly number[]): Value {
    return this.constant({ shape: [values.length], data: BigInt64Array.from(values, BigInt) });
  }

  /** Number of nodes so far. */
  get nodeCount(): number {
    return this.#nodes.length;
  }

  /** The finished model. */
  toModel(graphName: string, options: ModelOptions): ModelProto {
    return {
      irVersion: options.irVersion,
      opsetImport: Object.entries(options.opsets).map(([domain, version]) => ({ domain, version })),
      producerName: "tactics",
      producerVersion: options.producerVersion,
      docString: options.docString,
      metadataProps: Object.entries(options.metadata).map(([key, value]) => ({ key, value })),
      graph: {
        name: graphName,
        docString: "",
        node: this.#nodes,
        initializer: this.#initializers,
        input: this.#inputs,
        output: this.#outputs,
      },
    };
  }

  #freshName(opType: string): string {
    return `${opType}_${this.#nodes.length}`;
  }

  #addNode(
    opType: string,
    inputs: readonly Value[],
    outputs: readonly (string | null)[],
    options: NodeOptions,
  ): Value[] {
    const name = options.name ?? this.#freshName(opType);
    const values = outputs.map((output) => output === null ? ABSENT : this.#define(output));
    this.#nodes.push({
      name,
      opType,
      domain: options.domain ?? "",
      input: inputs.map((value) => value.name),
      output: values.map((value) => value.name),
      attribute: Object.entries(options.attributes ?? {}).map(([key, value]) => attributeProto(key, value)),
    });
    return values;
  }

  #addInitializer(name: string, shape: readonly number[], data: TensorData): Value {
    this.#initializers.push({
      name,
      dims: [...shape],
      dataType: ONNX_TYPES[elementType(data)],
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    });
    return this.#define(name);
  }

  #define(name: string): Value {
    if (this.#names.has(name)) throw new Error(`internal: two values of the graph are called "${name}"`);
    this.#names.add(name);
    return { name };
  }
}

/** An integer attribute. */
export function int(value: number): Attribute {
  return { kind: "int", value };
}

/** A float32 attribute. */
export function float(value: number): Attribute {
  return { kind: "float", value };
}

/** A text attribute. */
export function text(value: string): Attribute {
  return { kind: "string", value };
}

/** A list-of-integers attribute. */
export function ints(...value: number[]): Attribute {
  return { kind: "ints", value };
}

function elementType(data: TensorData): OnnxType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Int8Array) return "int8";
  return data instanceof Float16Array ? "float16" : "int64";
}

function attributeProto(name: string, attribute: Attribute): AttributeProto {
  const type = ATTRIBUTE_TYPES[attribute.kind];
  switch (attribute.kind) {
    case "int":
      return { name, type, i: attribute.value };
    case "ints":
      return { name, type, ints: [...attribute.value] };
    case "float":
      return { name, type, f: attribute.value };
    case "string":
      return { name, type, s: new TextEncoder().encode(attribute.value) };
    default:
      throw new Error(`internal: attribute ${JSON.stringify(attribute satisfies never)}`);
  }
}

function valueInfo(name: string, type: OnnxType, shape: readonly Dimension[]): ValueInfoProto {
  const dim = shape.map((length): DimensionProto =>
    typeof length === "number" ? { dimValue: length } : { dimParam: length }
  );
  return { name, type: { tensorType: { elemType: ONNX_TYPES[type], shape: { dim } } } };
}
