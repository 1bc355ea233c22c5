// Files that only this program reads, and can make again: a sha256 of a key and of all that follows, in 64
// letters, then the bytes. What is damaged, was made for another key or cannot be read is as good as missing.
import { openRegularFile } from "./read_file.ts";
import { writeFileAtomic, type WriteOptions } from "./atomic_file.ts";
import { sha256Hex } from "./sha256.ts";

const SEAL_BYTES = 64;
/** Bytes that are read at once. */
const PIECE_BYTES = 1 << 22;

/** Write pieces under a key. @throws {DataError} when they cannot be written */
export async function writeSealed(
  path: string,
  key: string,
  pieces: readonly Uint8Array[],
  options: WriteOptions = {},
): Promise<void> {
  const utf8 = new TextEncoder();
  const seal = utf8.encode(sha256Hex(utf8.encode(key), ...pieces));
  await writeFileAtomic(path, [seal, ...pieces], options);
}

/** What was written under this key, in memory that threads can share; null where there is nothing to trust. */
export async function readSealed(path: string, key: string): Promise<Uint8Array | null> {
  try {
    using file = await openRegularFile(path);
    const size = file.sizeBytes - SEAL_BYTES;
    const seal = new TextDecoder().decode(await file.read(0, new Uint8Array(SEAL_BYTES)));
    if (size < 0 || !/^[0-9a-f]{64}$/.test(seal)) return null;
    const body = new Uint8Array(
      typeof SharedArrayBuffer === "undefined" ? new ArrayBuffer(size) : new SharedArrayBuffer(size),
    );
    const room = new Uint8Array(Math.min(size, PIECE_BYTES));
    for (let at = 0; at < size;) {
      const piece = await file.read(SEAL_BYTES + at, room.subarray(0, size - at));
      if (piece.length === 0) return null; // it has become shorter
      body.set(piece, at);
      at += piece.length;
    }
    return sha256Hex(new TextEncoder().encode(key), body) === seal ? body : null;
  } catch {
    return null;
  }
}
