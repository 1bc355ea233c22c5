// What the other side gives with a message, checked where it comes in: the fields that are used, and no more.
import { isRecord } from "../../io/mod.ts";
import { CODE, type Params, ResponseError } from "./json_rpc.ts";

/** A place in a text: line from 0, and UTF-16 code units within it. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** The object at `name`. */
export function recordAt(params: Params, name: string): Params {
  const value = params[name];
  return isRecord(value) ? value : refuse(name, "an object");
}

/** The objects at `name`. */
export function recordsAt(params: Params, name: string): Params[] {
  const value = params[name];
  return Array.isArray(value) && value.every(isRecord) ? value : refuse(name, "a list of objects");
}

export function textAt(params: Params, name: string): string {
  const value = params[name];
  return typeof value === "string" ? value : refuse(name, "a text");
}

/** An integer from 0 on, as the protocol's uinteger. */
export function countAt(params: Params, name: string): number {
  const value = params[name];
  const isCount = Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31;
  return isCount ? Number(value) : refuse(name, "an integer from 0 to 2147483647");
}

/** A text's version: any integer. */
export function versionAt(params: Params): number {
  const { version } = params;
  return Number.isInteger(version) ? Number(version) : refuse("version", "an integer");
}

export function rangeAt(params: Params, name: string): Range {
  const range = recordAt(params, name);
  const [start, end] = [recordAt(range, "start"), recordAt(range, "end")];
  const place = (at: Params): Position => ({
    line: countAt(at, "line"),
    character: countAt(at, "character"),
  });
  return { start: place(start), end: place(end) };
}

function refuse(name: string, wanted: string): never {
  throw new ResponseError(CODE.invalidParams, `"${name}" must be ${wanted}`);
}
