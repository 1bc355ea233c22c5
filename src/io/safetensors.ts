/**
 * safetensors files: 8 bytes little-endian header length, a JSON header, then the tensors' bytes. Float32 and
 * int32 only. Everything is checked before memory is taken. https://github.com/huggingface/safetensors
 */

/** One tensor of a file. */
export interface SafeTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** What a file holds. */
export interface SafeTensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, SafeTensor>;
}

/** Largest header that is read, in bytes: the format's own bound. */
const MAX_HEADER_BYTES = 100_000_000;

/** The header's key that is no tensor. */
const METADATA = "__metadata__";

/** The views of the tensors' own memory that make a file's body, one after the other. */
export function tensorBytes(tensors: ReadonlyMap<string, SafeTensor>): Uint8Array[] {
  return [...tensors.values()].map(({ data }) =>
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  );
}

/**
 * A file, without copying its tensors: the header, padded with spaces so that the tensors start at a multiple
 * of 8, and then {@linkcode tensorBytes}.
 *
 * @returns pieces to be written one after the other
 * @throws {RangeError} when a tensor has the name that the format keeps for metadata
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

/**
 * Read a file.
 *
 * @throws {SyntaxError} when the bytes are not a file of float32 and int32 tensors, with the reason
 */
export function decodeSafeTensors(bytes: Uint8Array<ArrayBuffer>): SafeTensorsFile {
  const headerBytes = headerLength(bytes);
  const { [METADATA]: metadata, ...header } = parseHeader(bytes.subarray(8), headerBytes);
  const body = bytes.subarray(8 + headerBytes);
  const entries = Object.entries(header).map(([name, entry]) => checkEntry(name, entry, body.length));
  checkRanges(entries, body.length); // before copying: overlapping tensors could take any amount of memory
  const tensors = new Map<string, SafeTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const copy = body.slice(begin, end).buffer;
    tensors.set(name, { shape, data: dtype === "F32" ? new Float32Array(copy) : new Int32Array(copy) });
  }
  return { metadata: checkMetadata(metadata), tensors };
}

/**
 * Read only a file's metadata.
 *
 * @param read gives the file's bytes from `offset`, fewer where it ends
 * @throws {SyntaxError} when the file does not begin as a safetensors file does
 */
export async function readSafeTensorsMetadata(
  read: (offset: number, length: number) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Readonly<Record<string, string>>> {
  const headerBytes = headerLength(await read(0, 8));
  return checkMetadata(parseHeader(await read(8, headerBytes), headerBytes)[METADATA]);
}

/** The length of the header, from a file's first 8 bytes. */
function headerLength(bytes: Uint8Array<ArrayBuffer>): number {
  if (bytes.length < 8) throw new SyntaxError(`too short for a safetensors file: ${bytes.length} bytes`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) throw new SyntaxError(`the header claims ${length} bytes`);
  return length;
}

/** The header in the `length` first of the bytes that follow a file's first 8. */
function parseHeader(bytes: Uint8Array, length: number): Record<string, unknown> {
  if (length > bytes.length) {
    throw new SyntaxError(`the header claims ${length} bytes, ${bytes.length} are there`);
  }
  let header: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    header = JSON.parse(text.decode(bytes.subarray(0, length)));
  } catch (cause) {
    throw new SyntaxError("the header is not JSON", { cause });
  }
  if (!isRecord(header)) throw new SyntaxError("the header is not a JSON object");
  return header;
}

function checkMetadata(entry: unknown = {}): Record<string, string> {
  if (!isRecord(entry) || Object.values(entry).some((value) => typeof value !== "string")) {
    throw new SyntaxError(`${METADATA} is not an object of strings`);
  }
  return entry as Record<string, string>;
}

/** A tensor's entry in the header, checked. */
interface Entry {
  readonly name: string;
  readonly dtype: "F32" | "I32";
  readonly shape: number[];
  readonly begin: number;
  readonly end: number;
}

function checkRanges(entries: readonly Entry[], bodyBytes: number): void {
  let position = 0;
  for (const { begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) throw new SyntaxError(`the tensors leave a gap or overlap at byte ${position}`);
    position = end;
  }
  if (position !== bodyBytes) {
    throw new SyntaxError(`the tensors take ${position} bytes, but ${bodyBytes} follow the header`);
  }
}

function checkEntry(name: string, entry: unknown, bodyBytes: number): Entry {
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
