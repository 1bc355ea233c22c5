/**
 * The part of the ONNX format that our models use, as a protobuf schema: message names, field names and field numbers follow onnx.proto3
 * (https://github.com/onnx/onnx). Fields that we neither write nor read are left out; a decoder skips them. This is the one
 * file that knows protobufjs.
 */
import { type INamespace, Root, type Type } from "protobufjs/light";

/** ONNX element types and their numbers. */
export const ONNX_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
} as const;

/** An element type by name. */
export type OnnxType = keyof typeof ONNX_TYPES;

/** Kinds of attributes and their numbers in AttributeProto.type. */
export const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;

/** A model: the root message. */
export interface ModelProto {
  irVersion: number;
  opsetImport: OperatorSetIdProto[];
  producerName: string;
  producerVersion: string;
  docString: string;
  graph: GraphProto;
  metadataProps: { key: string; value: string }[];
}

/** Which version of which operator set the nodes mean; domain "" is ONNX's own. */
export interface OperatorSetIdProto {
  domain: string;
  version: number;
}

/** Nodes in an order in which every input is made before it is used. */
export interface GraphProto {
  node: NodeProto[];
  name: string;
  initializer: TensorProto[];
  docString: string;
  input: ValueInfoProto[];
  output: ValueInfoProto[];
}

/** One operator; inputs and outputs are value names. */
export interface NodeProto {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  domain: string;
  attribute: AttributeProto[];
}

/** A node's attribute; `type` is one of {@linkcode ATTRIBUTE_TYPES} and says which field is set. */
export interface AttributeProto {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  floats?: number[];
  ints?: number[];
}

/** A constant; rawData is little-endian, and empty where dataLocation (1) says that the data are in another file. */
export interface TensorProto {
  name: string;
  dims: number[];
  dataType: number;
  rawData: Uint8Array;
  dataLocation?: number;
}

/** Name, type and shape of an input or output. */
export interface ValueInfoProto {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: DimensionProto[] } } };
}

/** A fixed length, or the name of a free one. */
export type DimensionProto = { dimValue: number } | { dimParam: string };

/** The bytes of a model file. */
export function encodeModel(model: ModelProto): Uint8Array {
  return modelType().encode(model).finish();
}

/**
 * Read a model file. Fields outside the schema are skipped; absent ones have protobuf's defaults.
 *
 * @throws {Error} when the bytes are no protobuf message of this form (protobufjs's error)
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const type = modelType();
  return type.toObject(type.decode(bytes), { defaults: true, arrays: true, longs: Number }) as ModelProto;
}

let cachedType: Type | null = null;

function modelType(): Type {
  return cachedType ??= Root.fromJSON({ nested: { onnx: { nested: SCHEMA } } }).lookupType("onnx.ModelProto");
}

type Fields = Record<string, { id: number; type: string; rule?: "repeated" }>;

/** `{ graph: "GraphProto 7" }` or `{ node: "NodeProto[] 1" }` as protobufjs wants it. */
function fields(short: Record<string, string>): { fields: Fields } {
  const out: Fields = {};
  for (const [name, definition] of Object.entries(short)) {
    const [type, id] = definition.split(" ") as [string, string];
    out[name] = type.endsWith("[]")
      ? { rule: "repeated", type: type.slice(0, -2), id: Number(id) }
      : { type, id: Number(id) };
  }
  return { fields: out };
}

const SCHEMA: NonNullable<INamespace["nested"]> = {
  ModelProto: fields({
    irVersion: "int64 1",
    producerName: "string 2",
    producerVersion: "string 3",
    docString: "string 6",
    graph: "GraphProto 7",
    opsetImport: "OperatorSetIdProto[] 8",
    metadataProps: "StringStringEntryProto[] 14",
  }),
  OperatorSetIdProto: fields({ domain: "string 1", version: "int64 2" }),
  StringStringEntryProto: fields({ key: "string 1", value: "string 2" }),
  GraphProto: fields({
    node: "NodeProto[] 1",
    name: "string 2",
    initializer: "TensorProto[] 5",
    docString: "string 10",
    input: "ValueInfoProto[] 11",
    output: "ValueInfoProto[] 12",
  }),
  NodeProto: fields({
    input: "string[] 1",
    output: "string[] 2",
    name: "string 3",
    opType: "string 4",
    attribute: "AttributeProto[] 5",
    domain: "string 7",
  }),
  AttributeProto: fields({
    name: "string 1",
    f: "float 2",
    i: "int64 3",
    s: "bytes 4",
    floats: "float[] 7",
    ints: "int64[] 8",
    type: "int32 20",
  }),
  TensorProto: fields({
    dims: "int64[] 1",
    dataType: "int32 2",
    name: "string 8",
    rawData: "bytes 9",
    dataLocation: "int32 14",
  }),
  ValueInfoProto: fields({ name: "string 1", type: "TypeProto 2" }),
  TypeProto: fields({ tensorType: "TensorTypeProto 1" }),
  TensorTypeProto: fields({ elemType: "int32 1", shape: "TensorShapeProto 2" }),
  TensorShapeProto: fields({ dim: "DimensionProto[] 1" }),
  DimensionProto: fields({ dimValue: "int64 1", dimParam: "string 2" }),
};
