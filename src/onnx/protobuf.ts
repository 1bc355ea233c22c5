// Protobuf messages whose fields a table lists, over protobufjs' reader and writer: the part of protobufjs
// that evaluates no text as code, so that a page with a strict content policy can export.
import protobuf from "protobufjs/minimal";

/** Message → its fields → type and number: `"int64[] 1"` is a list; "?" ends a name that may be missing. */
export type Schema = Readonly<Record<string, Readonly<Record<string, string>>>>;

export type Message = Record<string, unknown>;

interface Field {
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly repeated: boolean;
}

/** How many-byte values begin: a varint, four bytes, or a length. */
const WIRE_TYPES = { int32: 0, int64: 0, float: 5, string: 2, bytes: 2 } as const;
type Scalar = keyof typeof WIRE_TYPES;
const LENGTH_DELIMITED = 2;

/** A message's bytes; fields that it does not have are left out. */
export function encodeMessage(schema: Schema, type: string, message: object): Uint8Array {
  const writer = new protobuf.Writer();
  writeMessage(writer, schema, type, message as Message);
  return writer.finish();
}

/**
 * Read a message. Fields outside the schema are passed over; absent ones are 0, "", no bytes, an empty list,
 * or null for a message. Bytes are views. @throws {Error} when the bytes are no message of this form
 */
export function decodeMessage(schema: Schema, type: string, bytes: Uint8Array): Message {
  const fields = fieldsOf(schema, type);
  const message: Message = Object.fromEntries(fields.map((field) => [field.name, absent(field)]));
  const reader = new protobuf.Reader(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const [number, wire] = [tag >>> 3, tag & 7];
    const field = fields.find((field) => field.number === number);
    if (field === undefined) {
      // Groups (3, 4) are none that ONNX files have, and could nest without end.
      if (![0, 1, 2, 5].includes(wire)) {
        throw new SyntaxError(`wire type ${wire} is none that ONNX files have`);
      }
      reader.skipType(wire);
      continue;
    }
    const wanted = wireType(field.type);
    const isPacked = field.repeated && wire === LENGTH_DELIMITED && wanted !== LENGTH_DELIMITED;
    if (wire !== wanted && !isPacked) {
      throw new SyntaxError(`field "${field.name}" of ${type} has wire type ${wire}, expected ${wanted}`);
    }
    if (!field.repeated) message[field.name] = readValue(reader, schema, field.type);
    else {
      const list = message[field.name] as unknown[];
      const values = isPacked ? new protobuf.Reader(reader.bytes()) : null;
      if (values === null) list.push(readValue(reader, schema, field.type));
      else while (values.pos < values.len) list.push(readValue(values, schema, field.type));
    }
  }
  return message;
}

const cachedFields = new WeakMap<Schema[string], Field[]>();

function fieldsOf(schema: Schema, type: string): readonly Field[] {
  const entries = schema[type]!;
  const cached = cachedFields.get(entries);
  if (cached !== undefined) return cached;
  const fields = Object.entries(entries).map(([name, field]): Field => {
    const [, type, list, number] = /^(\w+)(\[\])? (\d+)$/.exec(field)!;
    return { number: Number(number), name: name.replace("?", ""), type: type!, repeated: list !== undefined };
  });
  cachedFields.set(entries, fields);
  return fields;
}

function isScalar(type: string): type is Scalar {
  return type in WIRE_TYPES;
}

function wireType(type: string): number {
  return isScalar(type) ? WIRE_TYPES[type] : LENGTH_DELIMITED;
}

function absent({ type, repeated }: Field): unknown {
  if (repeated) return [];
  if (type === "string") return "";
  if (type === "bytes") return new Uint8Array();
  return isScalar(type) ? 0 : null;
}

function writeMessage(writer: protobuf.Writer, schema: Schema, of: string, message: Message): void {
  for (const { number, name, type, repeated } of fieldsOf(schema, of)) {
    const value = message[name];
    const values = (repeated ? value ?? [] : isAbsent(value) ? [] : [value]) as unknown[];
    const wire = wireType(type);
    const isPacked = repeated && wire !== LENGTH_DELIMITED && values.length > 0;
    if (isPacked) writer.uint32(number << 3 | LENGTH_DELIMITED).fork();
    for (const element of values) {
      if (!isPacked) writer.uint32(number << 3 | wire);
      if (isScalar(type)) writer[type](element as never);
      else {
        writer.fork();
        writeMessage(writer, schema, type, element as Message);
        writer.ldelim();
      }
    }
    if (isPacked) writer.ldelim();
  }
}

/** A field whose value is the one that readers put in its place is not written. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === 0 || value === "" ||
    value instanceof Uint8Array && value.length === 0;
}

function readValue(reader: protobuf.Reader, schema: Schema, type: string): unknown {
  if (!isScalar(type)) return decodeMessage(schema, type, reader.bytes());
  return type === "int64" ? Number(reader.int64()) : reader[type]();
}
