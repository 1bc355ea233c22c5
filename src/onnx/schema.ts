// The part of the ONNX format that our models use, with the names and numbers of onnx.proto3
// (https://github.com/onnx/onnx); a decoder skips other fields. The messages' types follow from the schema.
import { decodeMessage, encodeMessage } from "./protobuf.ts";

/** ONNX element types and their numbers. */
export const ONNX_TYPES = { float32: 1, int8: 3, int64: 7, bool: 9, float16: 10, float64: 11 } as const;

export type OnnxType = keyof typeof ONNX_TYPES;

/** Fields of AttributeProto that hold a value, and the numbers in its `type` that say which one is set. */
export const ATTRIBUTE_TYPES = { f: 1, i: 2, s: 3, ints: 7 } as const;

/** Message → field → its type and number; [] for a list, a field's name with ? where it may be missing. */
const SCHEMA = {
  ModelProto: {
    irVersion: "int64 1",
    producerName: "string 2",
    producerVersion: "string 3",
    docString: "string 6",
    graph: "GraphProto 7",
    opsetImport: "OperatorSetIdProto[] 8",
    metadataProps: "StringStringEntryProto[] 14",
  },
  /** Which version of which operator set the nodes mean; domain "" is ONNX's own. */
  OperatorSetIdProto: { domain: "string 1", version: "int64 2" },
  StringStringEntryProto: { key: "string 1", value: "string 2" },
  /** Nodes in an order in which every input is made before it is used. */
  GraphProto: {
    node: "NodeProto[] 1",
    name: "string 2",
    initializer: "TensorProto[] 5",
    input: "ValueInfoProto[] 11",
    output: "ValueInfoProto[] 12",
  },
  NodeProto: {
    input: "string[] 1",
    output: "string[] 2",
    name: "string 3",
    opType: "string 4",
    attribute: "AttributeProto[] 5",
    domain: "string 7",
  },
  AttributeProto: {
    name: "string 1",
    "f?": "float 2",
    "i?": "int64 3",
    "s?": "bytes 4",
    "ints?": "int64[] 8",
    type: "int32 20",
  },
  /** A constant; rawData is little-endian, and empty where dataLocation is 1: it is in another file then. */
  TensorProto: {
    dims: "int64[] 1",
    dataType: "int32 2",
    name: "string 8",
    rawData: "bytes 9",
    "dataLocation?": "int32 14",
  },
  ValueInfoProto: { name: "string 1", type: "TypeProto 2" },
  TypeProto: { tensorType: "TensorTypeProto 1" },
  TensorTypeProto: { elemType: "int32 1", shape: "TensorShapeProto 2" },
  TensorShapeProto: { dim: "DimensionProto[] 1" },
  /** A fixed length, or the name of a free one. */
  DimensionProto: { "dimValue?": "int64 1", "dimParam?": "string 2" },
} as const;

type Schema = typeof SCHEMA;

type FieldValue<T> = T extends `${infer Element}[]` ? FieldValue<Element>[]
  : T extends keyof Schema ? Message<T>
  : T extends "string" ? string
  : T extends "bytes" ? Uint8Array
  : number;
type ValueOf<Field> = Field extends `${infer T} ${number}` ? FieldValue<T> : never;

/** A message of the schema as an object. */
export type Message<M extends keyof Schema> =
  & { -readonly [F in keyof Schema[M] as F extends `${string}?` ? never : F]: ValueOf<Schema[M][F]> }
  & { -readonly [F in keyof Schema[M] as F extends `${infer N}?` ? N : never]?: ValueOf<Schema[M][F]> };

export type ModelProto = Message<"ModelProto">;

/** The bytes of a model file. */
export function encodeModel(model: ModelProto): Uint8Array {
  return encodeMessage(SCHEMA, "ModelProto", model);
}

/** Read a model file; absent fields have protobuf's defaults. @throws {Error} when the bytes are none */
export function decodeModel(bytes: Uint8Array): ModelProto {
  return decodeMessage(SCHEMA, "ModelProto", bytes) as unknown as ModelProto;
}
