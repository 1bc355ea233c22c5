/**
 * safetensors files: 8 bytes little-endian header length, a JSON header, then the tensors' bytes. Float32 and
 * int32 only. Everything is checked before anything is allocated by it. Format:
 * https://github.com/huggingface/safetensors.
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

/** The bytes of all tensors and where each lies: what follows a file's header. */
export interface SafeTensorsBody {
  /** Views of the tensors' own memory, to be written one after the other. */
  readonly pieces: readonly Uint8Array[];
  /** The header's entries, in the tensors' order. */
  readonly entries: readonly [name: string, entry: unknown][];
}

/**
 * Lay out tensors, without copying them.
 *
 * @throws {RangeError} when a tensor has the name that the format keeps for metadata
 */
export function layOutTensors(tensors: ReadonlyMap<string, SafeTensor>): SafeTensorsBody {
  const pieces: Uint8Array[] = [];
  const entries: [string, unknown][] = [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    if (name === METADATA) throw new RangeError(`a tensor cannot be called "${METADATA}"`);
    const end = offset + data.byteLength;
    const dtype = data instanceof Float32Array ? "F32" : "I32";
    entries.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    pieces.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset = end;
  }
  return { pieces, entries };
}

/**
 * A file's header: its length, then JSON, padded with spaces so that the tensors start at a multiple of 8.
 */
export function encodeHeader(
  metadata: Readonly<Record<string, string>>,
  { entries }: SafeTensorsBody,
): Uint8Array<ArrayBuffer> {
  const first: [string, unknown][] = Object.keys(metadata).length > 0 ? [[METADATA, metadata]] : [];
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries([...first, ...entries])));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(json, 8);
  return bytes;
}

/**
 * A whole file in memory.
 *
 * @returns the file's bytes
 * @throws {RangeError} when a tensor has the name that the format keeps for metadata
 */
export function encodeSafeTensors({ metadata, tensors }: SafeTensorsFile): Uint8Array<ArrayBuffer> {
  const body = layOutTensors(tensors);
  const pieces = [encodeHeader(metadata, body), ...body.pieces];
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/**
 * Read a file.
 *
 * @throws {SyntaxError} when the bytes are not a safetensors file of float32 and int32 tensors, with the
 * reason
 */
export function decodeSafeTensors(bytes: Uint8Array<ArrayBuffer>): SafeTensorsFile {
  if (bytes.length < 8) throw new SyntaxError(`too short for a safetensors file: ${bytes.length} bytes`);
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > bytes.length) {
    throw new SyntaxError(`the header claims ${headerBytes} bytes in a file of ${bytes.length}`);
  }
  const header = parseHeader(bytes.subarray(8, 8 + headerBytes));
  const body = bytes.subarray(8 + headerBytes);
  let metadata: Record<string, string> = {};
  const entries: Entry[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === METADATA) metadata = checkMetadata(entry);
    else entries.push(checkEntry(name, entry, body.length));
  }
  checkRanges(entries, body.length); // before copying: overlapping tensors could take any amount of memory
  const tensors = new Map<string, SafeTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const copy = body.slice(begin, end).buffer;
    tensors.set(name, { shape, data: dtype === "F32" ? new Float32Array(copy) : new Int32Array(copy) });
  }
  return { metadata, tensors };
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

/**
 * Read only a file's metadata.
 *
 * @param read gives the file's bytes from `offset`, fewer where it ends
 * @throws {SyntaxError} when the file does not begin as a safetensors file does
 */
export async function readSafeTensorsMetadata(
  read: (offset: number, length: number) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Readonly<Record<string, string>>> {
  const prefix = await read(0, 8);
  if (prefix.length < 8) throw new SyntaxError(`too short for a safetensors file: ${prefix.length} bytes`);
  const headerBytes = Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES) throw new SyntaxError(`the header claims ${headerBytes} bytes`);
  const header = await read(8, headerBytes);
  if (header.length < headerBytes) {
    throw new SyntaxError(`the header claims ${headerBytes} bytes, ${header.length} are there`);
  }
  const { [METADATA]: metadata } = parseHeader(header);
  return metadata === undefined ? {} : checkMetadata(metadata);
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new SyntaxError("the header is not JSON", { cause });
  }
  if (!isRecord(header)) throw new SyntaxError("the header is not a JSON object");
  return header;
}

function checkMetadata(entry: unknown): Record<string, string> {
  if (!isRecord(entry) || Object.values(entry).some((value) => typeof value !== "string")) {
    throw new SyntaxError("__metadata__ is not an object of strings");
  }
  return entry as Record<string, string>;
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
    throw new SyntaxError(
      `${quoted} of shape [${
        shape.join(", ")
      }] needs ${wanted} bytes, its offsets are ${begin} to ${end} of ${bodyBytes}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
