/**
 * Protobuf's wire format (https://protobuf.dev/programming-guides/encoding), for messages whose fields a table
 * lists. Generated code or reflection would do the same; this evaluates no text as code, so that a page with a
 * strict content policy can export. Numbers are JavaScript's: 64-bit integers are exact up to 2^53.
 */

/** Message → its fields → type and number, as `"int64[] 1"` for a list; "?" ends the name of one that may be left out. */
export type Schema = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A message by its fields' names. */
export type Message = Record<string, unknown>;

interface Field {
  readonly number: number;
  readonly name: string;
  /** A scalar type of {@linkcode WIRE_TYPES}, or a message of the schema. */
  readonly type: string;
  readonly repeated: boolean;
}

/** How many-byte values begin: a varint, four bytes, or a length. */
const WIRE_TYPES: Record<string, number> = { int32: 0, int64: 0, float: 5, string: 2, bytes: 2 };
const LENGTH_DELIMITED = 2;

/** A message's bytes; fields that it does not have are left out. */
export function encodeMessage(schema: Schema, type: string, message: object): Uint8Array {
  const { pieces, size } = encodePieces(schema, type, message as Message);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * Read a message. Fields outside the schema are passed over; absent ones are 0, "", no bytes, an empty list, or
 * null for a message. Bytes are views of the given ones.
 *
 * @throws {RangeError} when the bytes end within a value
 * @throws {SyntaxError} when they are no message of this form
 */
export function decodeMessage(schema: Schema, type: string, bytes: Uint8Array): Message {
  const fields = fieldsOf(schema, type);
  const message: Message = Object.fromEntries(fields.map((field) => [field.name, absent(field)]));
  const reader = new Reader(bytes);
  while (!reader.atEnd) {
    const tag = reader.varint();
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    const field = fields.find((field) => field.number === number);
    if (field === undefined) {
      reader.skip(wire);
      continue;
    }
    const wanted = WIRE_TYPES[field.type] ?? LENGTH_DELIMITED;
    const isPacked = field.repeated && wire === LENGTH_DELIMITED && wanted !== LENGTH_DELIMITED;
    if (wire !== wanted && !isPacked) {
      throw new SyntaxError(`field "${field.name}" of ${type} has wire type ${wire}, expected ${wanted}`);
    }
    if (!field.repeated) message[field.name] = reader.value(schema, field.type);
    else {
      const list = message[field.name] as unknown[];
      const values = isPacked ? new Reader(reader.bytes()) : null;
      if (values === null) list.push(reader.value(schema, field.type));
      else while (!values.atEnd) list.push(values.value(schema, field.type));
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

function absent({ type, repeated }: Field): unknown {
  if (repeated) return [];
  if (type === "string") return "";
  if (type === "bytes") return new Uint8Array();
  return type in WIRE_TYPES ? 0 : null;
}

/** Bytes in pieces, so that a model's weights are copied once. */
function encodePieces(schema: Schema, type: string, message: Message): Pieces {
  return join(
    fieldsOf(schema, type).map(({ number, name, type, repeated }): Pieces => {
      const value = message[name];
      const values = (repeated ? value ?? [] : isAbsent(value) ? [] : [value]) as unknown[];
      const encoded = values.map((element) => encodeValue(schema, type, element));
      const wire = WIRE_TYPES[type] ?? LENGTH_DELIMITED;
      const isPacked = repeated && wire !== LENGTH_DELIMITED && encoded.length > 0;
      const tag = varint(number * 8 + (isPacked ? LENGTH_DELIMITED : wire));
      if (isPacked) return join([tag, withLength(join(encoded))]);
      return join(encoded.flatMap((element) => [tag, element]));
    }),
  );
}

function encodeValue(schema: Schema, type: string, value: unknown): Pieces {
  switch (type) {
    case "int32":
    case "int64":
      return varint(value as number);
    case "float":
      return whole(new Uint8Array(Float32Array.of(value as number).buffer));
    case "string":
      return withLength(whole(new TextEncoder().encode(value as string)));
    case "bytes":
      return withLength(whole(value as Uint8Array));
    default:
      return withLength(encodePieces(schema, type, value as Message));
  }
}

/** A field whose value is the one that readers put in its place is not written. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === 0 || value === "" ||
    value instanceof Uint8Array && value.length === 0;
}

interface Pieces {
  readonly pieces: readonly Uint8Array[];
  readonly size: number;
}

function whole(bytes: Uint8Array): Pieces {
  return { pieces: [bytes], size: bytes.length };
}

function join(parts: readonly Pieces[]): Pieces {
  return {
    pieces: parts.flatMap(({ pieces }) => pieces),
    size: parts.reduce((sum, { size }) => sum + size, 0),
  };
}

function withLength(content: Pieces): Pieces {
  return join([varint(content.size), content]);
}

/** Seven bits a byte, the lowest first; a negative number is its 64 bits in two's complement. */
function varint(value: number): Pieces {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return whole(Uint8Array.from(bytes));
}

/** Reads values one after the other. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  value(schema: Schema, type: string): unknown {
    switch (type) {
      case "int32":
        return this.varint() | 0;
      case "int64":
        return this.varint();
      case "float":
        return new DataView(this.#take(4).slice().buffer).getFloat32(0, true);
      case "string":
        return new TextDecoder().decode(this.bytes());
      case "bytes":
        return this.bytes();
      default:
        return decodeMessage(schema, type, this.bytes());
    }
  }

  varint(): number {
    let [value, shift] = [0n, 0n];
    for (let byte = 128; byte > 127; shift += 7n) {
      if (shift > 63n) throw new SyntaxError("an integer has more than ten bytes");
      byte = this.#take(1)[0]!;
      value |= BigInt(byte & 127) << shift;
    }
    return Number(BigInt.asIntN(64, value));
  }

  bytes(): Uint8Array {
    return this.#take(this.varint());
  }

  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.#take(8);
    else if (wire === LENGTH_DELIMITED) this.bytes();
    else if (wire === 5) this.#take(4);
    else throw new SyntaxError(`wire type ${wire} is none that ONNX files have`);
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) {
      throw new RangeError(`${length} bytes are announced at ${this.#at} of ${this.#bytes.length}`);
    }
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
