// Memory of one wasm instance, beyond what it was born with. Allocations are stacked: a mark is taken, and
// released with all that came after it. What is kept (packed weights, tables, caches) has pages of its own;
// given back, it serves the next of its size. Growing detaches all views, so views are made for every use.
import { formatBytes } from "../../text_format.ts";

const PAGE_BYTES = 65536;
/** A 32-bit address space, less one page so that no end address wraps to 0. */
const LARGEST_BYTES = 2 ** 32 - PAGE_BYTES;
/** Start of every allocation: a cache line. */
const ALIGNMENT = 64;
/** Memory grows by a quarter, but by this much at most at a time. */
const LARGEST_SPARE_BYTES = 64 * 2 ** 20;

/** A run of free pages; the stack fills one after the other. */
interface Segment {
  readonly start: number;
  end: number;
}

/** A height of the stack. */
type Mark = readonly [segment: number, top: number];

/** Stacked allocations and kept ones in one linear memory. Addresses and sizes are in bytes. */
export class Arena {
  readonly #maxBytes: number;
  readonly #segments: Segment[] = [];
  #segment = 0;
  #top = 0;
  #kept: Segment = { start: 0, end: 0 };
  #keptTop = 0;
  /** Kept memory that was given back, by its size. */
  readonly #givenBack = new Map<number, number[]>();

  constructor(readonly memory: WebAssembly.Memory, maxBytes: number = LARGEST_BYTES) {
    this.#maxBytes = Math.min(maxBytes, LARGEST_BYTES);
  }

  get sizeBytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Space on top of the stack, with undefined content. @throws {RangeError} when the memory cannot grow */
  allocate(bytes: number): number {
    for (let i = this.#segment; i < this.#segments.length; i++) {
      const segment = this.#segments[i]!;
      const start = align(i === this.#segment ? Math.max(this.#top, segment.start) : segment.start);
      if (start + bytes <= segment.end) {
        this.#segment = i;
        this.#top = start + bytes;
        return start;
      }
    }
    const last = this.#segments.at(-1);
    // The last segment may only lack a part, when nothing was kept since.
    const spare = Math.min(LARGEST_SPARE_BYTES, this.sizeBytes / 4);
    const { start, end } = this.#grow(bytes + ALIGNMENT, spare);
    if (last !== undefined && last.end === start) last.end = end;
    else this.#segments.push({ start, end });
    return this.allocate(bytes);
  }

  /** Space that no release frees. @throws {RangeError} as allocate */
  keep(bytes: number): number {
    const again = this.#givenBack.get(bytes)?.pop();
    if (again !== undefined) return again;
    let start = align(this.#keptTop);
    if (start + bytes > this.#kept.end) {
      const grown = this.#grow(bytes + ALIGNMENT, 0);
      if (grown.start === this.#kept.end) this.#kept.end = grown.end;
      else {
        this.#kept = grown;
        start = align(grown.start);
      }
    }
    this.#keptTop = start + bytes;
    return start;
  }

  /** Use the memory of an earlier `keep(bytes)` for the next one of this size. */
  giveBack(address: number, bytes: number): void {
    this.#givenBack.set(bytes, [...this.#givenBack.get(bytes) ?? [], address]);
  }

  mark(): Mark {
    return [this.#segment, this.#top];
  }

  /** Free what was allocated since the mark. */
  release(mark: Mark): void {
    [this.#segment, this.#top] = mark;
  }

  floats(address: number, size: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.memory.buffer as ArrayBuffer, address, size);
  }

  integers(address: number, size: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.memory.buffer as ArrayBuffer, address, size);
  }

  #grow(bytes: number, spareBytes: number): Segment {
    const start = this.sizeBytes;
    const pages = Math.ceil(bytes / PAGE_BYTES);
    const room = Math.floor((this.#maxBytes - start) / PAGE_BYTES);
    const wanted = Math.min(Math.ceil((bytes + spareBytes) / PAGE_BYTES), Math.max(room, pages));
    try {
      if (pages > room) throw new RangeError(`the limit is ${formatBytes(this.#maxBytes)}`);
      this.memory.grow(wanted);
    } catch (cause) {
      const [more, used, limit] = [bytes, start, this.#maxBytes].map(formatBytes);
      const message =
        `Cannot allocate ${more} more of wasm memory: ${used} are in use, the limit is ${limit}`;
      throw new RangeError(message, { cause });
    }
    return { start, end: this.sizeBytes };
  }
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}
