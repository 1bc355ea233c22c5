// The bytes of a file of proofs from its beginning to its end, a piece at a time; unpacked where the file is
// compressed with gzip. Nobody goes back, so that nothing has to be kept.
import { DamagedError } from "../errors.ts";
import type { RegularFile } from "../io/mod.ts";

/** Bytes of the file that are read at once. */
const PIECE_BYTES = 1 << 20;

/** Bytes that are read once, in order. */
export interface ForwardBytes {
  /** Fill `into` with what comes next; fewer where it ends. @returns what is filled */
  next(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** How much of the file is read, in [0, 1]. */
  readonly share: number;
}

/** Whether a file's first bytes are gzip's. */
export function isCompressed(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/** A file as it is. */
export function plainBytes(file: RegularFile): ForwardBytes {
  let at = 0;
  return {
    async next(into) {
      const bytes = await file.read(at, into);
      at += bytes.length;
      return bytes;
    },
    get share() {
      return shareOf(at, file);
    },
  };
}

/** The first bytes of what is packed, from the packed file's; fewer where it is damaged. */
export async function unpackedStart(packed: Uint8Array<ArrayBuffer>, count: number): Promise<Uint8Array> {
  const unpacked = new Uint8Array(count);
  let filled = 0;
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    while (filled < count) {
      const { done, value } = await reader.read();
      if (done) break;
      const part = value.subarray(0, count - filled);
      unpacked.set(part, filled);
      filled += part.length;
    }
    await reader.cancel();
  } catch {
    // Damaged, or the packed bytes go on.
  }
  return unpacked.subarray(0, filled);
}

/** A file that gzip has made. @param path for errors: what is damaged is told when it is reached */
export function unpackedBytes(file: RegularFile, path: string): ForwardBytes {
  let at = 0;
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const piece = await file.read(at, new Uint8Array(PIECE_BYTES));
      at += piece.length;
      if (piece.length === 0) controller.close();
      else controller.enqueue(piece);
    },
  }, { highWaterMark: 0 });
  const reader = packed.pipeThrough(new DecompressionStream("gzip")).getReader();
  let rest: Uint8Array = new Uint8Array();
  return {
    async next(into) {
      let filled = 0;
      while (filled < into.length) {
        if (rest.length === 0) {
          const { done, value } = await reader.read().catch((cause) => {
            throw new DamagedError(`Cannot read the proofs "${path}": it is damaged: ${cause.message}`, {
              cause,
              hint: `"gunzip -t" says more; what gunzip can unpack can be read`,
            });
          });
          if (done) break;
          rest = value;
        }
        const part = rest.subarray(0, into.length - filled);
        into.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
      }
      return into.subarray(0, filled);
    },
    get share() {
      return shareOf(at, file);
    },
  };
}

function shareOf(at: number, { sizeBytes }: RegularFile): number {
  return sizeBytes === 0 ? 1 : Math.min(1, at / sizeBytes);
}
