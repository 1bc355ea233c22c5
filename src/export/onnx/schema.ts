/**
 * The part of the ONNX format that our models use, as a protobuf schema: message names, field names and field
 * numbers follow onnx.proto3 (https://github.com/onnx/onnx). Fields that we neither write nor read are left
 * out; a decoder skips them. This is the one file that knows protobufjs.
 */
import { Root, type Type } from "protobufjs/light";

/** ONNX element types and their numbers. */
export const ONNX_TYPES = { float32: 1, int8: 3, int64: 7, bool: 9, float16: 10, float64: 11 } as const;

/** An element type by name. */
export type OnnxType = keyof typeof ONNX_TYPES;

/** Fields of AttributeProto that hold a value, and the numbers in its `type` that say which one is set. */
export const ATTRIBUTE_TYPES = { f: 1, i: 2, s: 3, ints: 7 } as const;

/** A model: the root message. */
export interface ModelProto {
  irVersion: number;
  /** Which version of which operator set the nodes mean; domain "" is ONNX's own. */
  opsetImport: { domain: string; version: number }[];
  producerName: string;
  producerVersion: string;
  docString: string;
  graph: GraphProto;
  metadataProps: { key: string; value: string }[];
}

/** Nodes in an order in which every input is made before it is used. */
export interface GraphProto {
  name: string;
  node: NodeProto[];
  initializer: TensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
}

/** One operator; inputs and outputs are value names. */
export interface NodeProto {
  name: string;
  opType: string;
  domain: string;
  input: string[];
  output: string[];
  attribute: { name: string; type: number; f?: number; i?: number; s?: Uint8Array; ints?: number[] }[];
}

/**
 * A constant; rawData is little-endian, and empty where dataLocation (1) says that the data are in another
 * file.
 */
export interface TensorProto {
  name: string;
  dims: number[];
  dataType: number;
  rawData: Uint8Array;
  dataLocation?: number;
}

/** Name, type and shape of an input or output; a dimension is a length, or the name of a free one. */
export interface ValueInfoProto {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: ({ dimValue: number } | { dimParam: string })[] } } };
}

/** Message → its fields, as onnx.proto3 writes them without the "=". */
const SCHEMA: Record<string, readonly string[]> = {
  ModelProto: [
    "int64 irVersion 1",
    "string producerName 2",
    "string producerVersion 3",
    "string docString 6",
    "GraphProto graph 7",
    "repeated OperatorSetIdProto opsetImport 8",
    "repeated StringStringEntryProto metadataProps 14",
  ],
  OperatorSetIdProto: ["string domain 1", "int64 version 2"],
  StringStringEntryProto: ["string key 1", "string value 2"],
  GraphProto: [
    "repeated NodeProto node 1",
    "string name 2",
    "repeated TensorProto initializer 5",
    "repeated ValueInfoProto input 11",
    "repeated ValueInfoProto output 12",
  ],
  NodeProto: [
    "repeated string input 1",
    "repeated string output 2",
    "string name 3",
    "string opType 4",
    "repeated AttributeProto attribute 5",
    "string domain 7",
  ],
  AttributeProto: [
    "string name 1",
    "float f 2",
    "int64 i 3",
    "bytes s 4",
    "repeated int64 ints 8",
    "int32 type 20",
  ],
  TensorProto: [
    "repeated int64 dims 1",
    "int32 dataType 2",
    "string name 8",
    "bytes rawData 9",
    "int32 dataLocation 14",
  ],
  ValueInfoProto: ["string name 1", "TypeProto type 2"],
  TypeProto: ["TensorTypeProto tensorType 1"],
  TensorTypeProto: ["int32 elemType 1", "TensorShapeProto shape 2"],
  TensorShapeProto: ["repeated DimensionProto dim 1"],
  DimensionProto: ["int64 dimValue 1", "string dimParam 2"],
};

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
  const nested = Object.entries(SCHEMA).map(([message, lines]) => [message, {
    fields: Object.fromEntries(lines.map((line) => {
      const [id, name, type, rule] = line.split(" ").reverse() as [string, string, string, string?];
      return [name, { id: Number(id), type, ...(rule === undefined ? {} : { rule }) }];
    })),
  }]);
  return cachedType ??= Root.fromJSON({ nested: Object.fromEntries(nested) }).lookupType("ModelProto");
}
