// safetensors files: 8 bytes little-endian header length, a JSON header, then the tensors' bytes. Float32 and
// int32 only. Everything is checked before memory is taken. https://github.com/huggingface/safetensors
import { isRecord, parseJson } from "./json.ts";
import type { RegularFile } from "./read_file.ts";

export interface SafeTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export interface SafeTensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, SafeTensor>;
}

/** A tensor of a header, checked: its bytes lie from `begin` to `end` in the file. */
export interface SafeTensorEntry {
  readonly name: string;
  readonly dtype: "F32" | "I32";
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

interface SafeTensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes, which fill the file to its end. */
  readonly entries: readonly SafeTensorEntry[];
}

/** Most bytes and tensors of a header: the largest model's has about 8,000 tensors and a megabyte. */
const MAX_HEADER_BYTES = 1 << 22;
const MAX_TENSORS = 1 << 15;
const METADATA = "__metadata__";

/** The views of the tensors' own memory that make a file's body, one after the other. */
export function tensorBytes(tensors: ReadonlyMap<string, SafeTensor>): Uint8Array[] {
  return [...tensors.values()].map(({ data }) =>
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  );
}

/**
 * A file in pieces, without copying its tensors: the header, padded so that they start at a multiple of 8,
 * and {@linkcode tensorBytes}. @throws {RangeError} when a tensor has the name that is kept for metadata
 */
export function encodeSafeTensors({ metadata, tensors }: SafeTensorsFile): Uint8Array[] {
  if (tensors.has(METADATA)) throw new RangeError(`a tensor cannot be called "${METADATA}"`);
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [[METADATA, metadata]] : [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    const dtype = data instanceof Float32Array ? "F32" : "I32";
    entries.push([name, { dtype, shape, data_offsets: [offset, offset += data.byteLength] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return [header, ...tensorBytes(tensors)];
}

/** A file's content. @throws {SyntaxError} when it is none of float32 and int32 tensors, with the reason */
export function decodeSafeTensors(bytes: Uint8Array<ArrayBuffer>): SafeTensorsFile {
  const { metadata, entries } = checkHeader(bytes.subarray(8, headerEnd(bytes, bytes.length)), bytes.length);
  const tensors = new Map<string, SafeTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const copy = bytes.slice(begin, end).buffer;
    tensors.set(name, { shape, data: dtype === "F32" ? new Float32Array(copy) : new Int32Array(copy) });
  }
  return { metadata, tensors };
}

/** Read only a file's header. @throws {SyntaxError} with the reason, when it is none of such tensors */
export async function readSafeTensorsHeader(file: RegularFile): Promise<SafeTensorsHeader> {
  const end = headerEnd(await file.read(0, new Uint8Array(8)), file.sizeBytes);
  return checkHeader(await file.read(8, new Uint8Array(end - 8)), file.sizeBytes);
}

/** A tensor into memory of its size. @throws {SyntaxError} when the file is shorter than its header said */
export async function readTensor(
  file: RegularFile,
  { name, begin, end }: SafeTensorEntry,
  into: Float32Array<ArrayBuffer>,
): Promise<void> {
  const bytes = new Uint8Array(into.buffer, into.byteOffset, end - begin);
  if ((await file.read(begin, bytes)).length === bytes.length) return;
  throw new SyntaxError(`the file ends within ${JSON.stringify(name)}`);
}

/** Where the header ends, from a file's first 8 bytes. */
function headerEnd(bytes: Uint8Array<ArrayBuffer>, fileBytes: number): number {
  if (fileBytes < 8 || bytes.length < 8) {
    throw new SyntaxError(`too short for a safetensors file: ${fileBytes} bytes`);
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) {
    throw new SyntaxError(`the header claims ${length} bytes, at most ${MAX_HEADER_BYTES} are read`);
  }
  if (8 + length <= fileBytes) return 8 + length;
  throw new SyntaxError(`the header claims ${length} bytes, ${fileBytes - 8} are there`);
}

/** Check a header's bytes, and that its tensors fill the file. */
function checkHeader(bytes: Uint8Array, fileBytes: number): SafeTensorsHeader {
  const { [METADATA]: metadata = {}, ...tensors } = parseHeader(bytes);
  const names = Object.keys(tensors);
  if (names.length > MAX_TENSORS) {
    throw new SyntaxError(`the header has ${names.length} tensors, at most ${MAX_TENSORS} are read`);
  }
  const bodyStart = 8 + bytes.length;
  const entries = names.map((name) => checkEntry(name, tensors[name], fileBytes - bodyStart))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkRanges(entries, fileBytes - bodyStart);
  if (!isRecord(metadata) || Object.values(metadata).some((value) => typeof value !== "string")) {
    throw new SyntaxError(`${METADATA} is not an object of strings`);
  }
  return {
    metadata: metadata as Record<string, string>,
    entries: entries.map(({ begin, end, ...entry }) => {
      return { ...entry, begin: bodyStart + begin, end: bodyStart + end };
    }),
  };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let [header, text]: [unknown, string] = [null, ""];
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = parseJson(text);
  } catch (cause) {
    throw new SyntaxError("the header is not JSON", { cause });
  }
  const twice = repeatedKey(text);
  if (twice !== null) throw new SyntaxError(`the header has the key ${JSON.stringify(twice)} twice`);
  if (!isRecord(header)) throw new SyntaxError("the header is not a JSON object");
  return header;
}

/** The first key that an object of a JSON text has twice: JSON.parse would only give the second's value. */
function repeatedKey(json: string): string | null {
  const open: Set<string>[] = [];
  for (const [token, colon] of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/gs)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (colon !== undefined) {
      const key = JSON.parse(token.slice(0, -colon.length)) as string;
      if (open.at(-1)!.has(key)) return key;
      open.at(-1)!.add(key);
    }
  }
  return null;
}

/** @param entries sorted; tensors that overlap could take any amount of memory */
function checkRanges(entries: readonly SafeTensorEntry[], bodyBytes: number): void {
  let position = 0;
  for (const { begin, end } of entries) {
    if (begin !== position) throw new SyntaxError(`the tensors leave a gap or overlap at byte ${position}`);
    position = end;
  }
  if (position !== bodyBytes) {
    throw new SyntaxError(`the tensors take ${position} bytes, but ${bodyBytes} follow the header`);
  }
}

function checkEntry(name: string, entry: unknown, bodyBytes: number): SafeTensorEntry {
  const quoted = JSON.stringify(name);
  if (!isRecord(entry)) throw new SyntaxError(`the entry of ${quoted} is not an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== "F32" && dtype !== "I32") {
    throw new SyntaxError(`${quoted} has the type ${JSON.stringify(dtype)}; only F32 and I32 are read`);
  }
  if (!isSizes(shape)) throw new SyntaxError(`the shape of ${quoted} is not a list of sizes`);
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw new SyntaxError(`data_offsets of ${quoted} are not two offsets`);
  }
  const [begin, end] = offsets as [number, number];
  const wanted = 4 * shape.reduce((product, size) => product * size, 1);
  if (end > bodyBytes || end - begin !== wanted) {
    const needs = `${quoted} of shape [${shape.join(", ")}] needs ${wanted} bytes`;
    throw new SyntaxError(`${needs}, its offsets are ${begin} to ${end} of ${bodyBytes}`);
  }
  return { name, dtype, shape, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
