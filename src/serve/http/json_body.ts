// The body of a request: one JSON object with the fields of a schema, of bounded size, within bounded time.
// The schemas are those of openapi.ts: what is described there is what is checked here.
import { decodeUtf8, isRecord, parseJson, readStream } from "../../io/mod.ts";
import { quoted } from "../../text_format.ts";
import { HttpError } from "./http_error.ts";

/** A field, as JSON Schema has it; only these words are known. */
export type FieldSchema =
  | { type: "string"; description: string; maxLength: number; pattern?: string; enum?: readonly string[] }
  | { type: "integer" | "number"; description: string; minimum: number; maximum: number; default?: number };

export interface BodySchema {
  readonly type: "object";
  readonly additionalProperties: false;
  readonly properties: Readonly<Record<string, FieldSchema>>;
}

/** Values of a body's fields; those that are not given are not there. */
export type Fields<S extends BodySchema> = {
  readonly [N in keyof S["properties"]]?: S["properties"][N] extends { type: "string" } ? string : number;
};

export interface BodyBounds {
  readonly maxBytes: number;
  /** Milliseconds in which all of it comes. */
  readonly maxMs: number;
}

/** Read a body. @throws {HttpError} that says what is wrong with it */
export async function readJsonBody<S extends BodySchema>(
  request: Request,
  schema: S,
  { maxBytes, maxMs }: BodyBounds,
): Promise<Fields<S>> {
  const tooLarge = `The body has more than ${maxBytes} bytes`;
  if (Number(request.headers.get("content-length")) > maxBytes) throw new HttpError(413, tooLarge);
  if (request.body === null) throw new HttpError(400, "There is no body");
  const slow = new HttpError(408, `The body took more than ${maxMs} ms`);
  let clock: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => clock = setTimeout(() => reject(slow), maxMs));
  // What is still read when the answer leaves ends with the connection.
  const whole = readStream(request.body, maxBytes).catch((error) => {
    throw error instanceof RangeError
      ? new HttpError(413, tooLarge)
      : new HttpError(400, "The body is not whole");
  });
  whole.catch(() => {});
  const bytes = await Promise.race([whole, late]).finally(() => clearTimeout(clock));
  let value: unknown;
  try {
    value = parseJson(decodeUtf8(bytes, (reason) => new SyntaxError(reason)));
  } catch (error) {
    throw new HttpError(400, `The body is no JSON in UTF-8: ${(error as Error).message}`);
  }
  checkFields(value, schema);
  return value as Fields<S>;
}

function checkFields(value: unknown, { properties }: BodySchema): void {
  if (!isRecord(value)) throw new HttpError(400, "The body must be a JSON object");
  for (const [name, field] of Object.entries(value)) {
    const schema = Object.hasOwn(properties, name) ? properties[name]! : undefined;
    const problem = schema === undefined
      ? `no such field; there are ${Object.keys(properties).join(", ")}`
      : problemOf(field, schema);
    if (problem !== null) {
      throw new HttpError(400, `The body's ${quoted(name)} is ${quoted(field)}: ${problem}`);
    }
  }
}

function problemOf(value: unknown, schema: FieldSchema): string | null {
  if (schema.type === "string") {
    if (typeof value !== "string") return "expected a text";
    if (!value.isWellFormed()) return "it has half a surrogate pair";
    if (value.length > schema.maxLength) return `it has more than ${schema.maxLength} characters`;
    if (schema.enum !== undefined && !schema.enum.includes(value)) {
      return `expected one of ${schema.enum.join(", ")}`;
    }
    const fits = schema.pattern === undefined || new RegExp(schema.pattern, "u").test(value);
    return fits ? null : `expected the form ${schema.pattern}`;
  }
  const { type, minimum, maximum } = schema;
  const isKind = type === "integer" ? Number.isInteger(value) : Number.isFinite(value);
  const isWithin = isKind && Number(value) >= minimum && Number(value) <= maximum;
  return isWithin
    ? null
    : `expected ${type === "integer" ? "an" : "a"} ${type} from ${minimum} to ${maximum}`;
}
