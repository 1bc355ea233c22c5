// Files that somebody else may have made, read with a bound: only regular files, whose size is known before
// anything is allocated. A pipe would be waited for, a device never ends. All files of src/ are read here.
import { DamagedError, DataError } from "../errors.ts";
import { beat } from "../heartbeat.ts";
import { decodeUtf8 } from "./utf8.ts";

export interface ReadOptions {
  /** What errors call it, before its path: "the goal from". */
  readonly what?: string;
  /** Larger ones are refused. */
  readonly maxBytes: number;
  /** What the user can do about one that cannot be read. */
  readonly hint?: string;
}

export interface RegularFile extends Disposable {
  readonly sizeBytes: number;
  /** Fill `into` with the bytes from `offset` on; fewer where the file ends. @returns what is filled */
  read(offset: number, into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** Open a regular file, or a link to one. @throws {TypeError} when it is none, and the system's error */
export async function openRegularFile(path: string): Promise<RegularFile> {
  checkRegular(await Deno.stat(path)); // opening a pipe would wait for its writer
  const file = await Deno.open(path);
  try {
    const info = await file.stat();
    checkRegular(info); // it may have changed meanwhile
    return {
      sizeBytes: info.size,
      async read(offset, into) {
        await file.seek(offset, Deno.SeekMode.Start);
        let filled = 0;
        for (let count: number | null = 0; count !== null && filled < into.length; filled += count ?? 0) {
          count = await file.read(into.subarray(filled));
          beat();
        }
        return into.subarray(0, filled);
      },
      [Symbol.dispose]: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** A whole file. @throws {DataError} that names it and says what is wrong, caused by the system's error */
export async function readBounded(path: string, options: ReadOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { maxBytes } = options;
  try {
    using file = await openRegularFile(path);
    const { sizeBytes } = file;
    if (sizeBytes > maxBytes) {
      throw new RangeError(`it has ${sizeBytes} bytes, at most ${maxBytes} are allowed`);
    }
    return await file.read(0, new Uint8Array(sizeBytes));
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound ? "it does not exist" : (cause as Error).message;
    throw new DataError(refusal(path, reason, options), { cause, ...options });
  }
}

/** The same of a text; what is not UTF-8 is refused with the place. */
export async function readTextBounded(path: string, options: ReadOptions): Promise<string> {
  const refuse = (reason: string): DamagedError => new DamagedError(refusal(path, reason, options), options);
  return decodeUtf8(await readBounded(path, options), refuse);
}

/** The bytes of a stream that ends. @throws {RangeError} when there are more than `maxBytes` */
export async function readStream(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let sizeBytes = 0;
  const reader = stream.getReader(); // not every browser iterates over streams
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    sizeBytes += read.value.length;
    if (sizeBytes > maxBytes) {
      await reader.cancel();
      throw new RangeError(`it has more than ${maxBytes} bytes`);
    }
    pieces.push(read.value.slice());
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

function refusal(path: string, reason: string, { what }: ReadOptions): string {
  return `Cannot read ${what === undefined ? "" : `${what} `}"${path}": ${reason}`;
}

function checkRegular(info: Deno.FileInfo): void {
  if (info.isFile) return;
  const kinds = [info.isDirectory && "a folder", info.isFifo && "a pipe", info.isSocket && "a socket"];
  throw new TypeError(`it is ${kinds.find(Boolean) || "a device"}, not a regular file`);
}
