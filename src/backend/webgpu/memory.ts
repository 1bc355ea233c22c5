// The GPU's memory: one buffer a tensor, from a pool by size class, given back by scopes, so that a step like
// the one before allocates nothing. Steps of ragged batches differ a little: a tensor may get up to twice its
// size, and a new buffer replaces one a little too small. Commands run in the order in which they were given,
// so a buffer may have its next owner while the last one's commands still wait.
import { DeviceError } from "../../errors.ts";
import { elementCount, type StoredType, type Tensor } from "../mod.ts";
import { type GpuDevice, outOfMemory } from "./device.ts";

/** Bytes of an element of a type that the processor reads and writes. */
export const ELEMENT_BYTES = 4;

/** A buffer of the pool, which a tensor and its views share. */
export interface Block {
  /** Another for every block: names it in caches. */
  readonly id: number;
  /** Whose it is: tensors of two devices must not meet. */
  readonly owner: GpuMemory;
  readonly buffer: GPUBuffer;
  readonly sizeBytes: number;
  /** Grows when the block is given back: tensors of an earlier owner are known by it. */
  generation: number;
  /** The submission that last used it: see queue.ts. */
  usedBy: number;
  /** What was written, for integers: only the processor writes them, so this is what the buffer holds. */
  integers: Int32Array | null;
}

export class GpuTensor implements Tensor {
  readonly size: number;
  readonly #generation: number;
  constructor(
    readonly shape: readonly number[],
    readonly dtype: StoredType,
    readonly block: Block,
    /** Its first element in the buffer. */
    readonly offset: number,
  ) {
    this.size = elementCount(shape);
    this.#generation = block.generation;
  }

  get isAlive(): boolean {
    return this.#generation === this.block.generation;
  }

  /** What was written into a tensor of integers. @throws {RangeError} when nothing was */
  get integers(): Int32Array {
    if (this.block.integers === null) throw new RangeError("internal: integers that were never written");
    return this.block.integers.subarray(this.offset, this.offset + this.size);
  }
}

export class GpuMemory implements Disposable {
  /** By size, for the next tensor. */
  readonly #waiting = new Map<number, Block[]>();
  readonly #all = new Set<Block>();
  readonly #scopes: Block[][] = [];
  #made = 0;
  /** Bytes of all buffers. */
  reservedBytes = 0;

  /** @param submit hands recorded commands to the device: before a buffer that they may use is destroyed */
  constructor(readonly device: GpuDevice, readonly submit: () => void) {}

  /** Undefined content; given back by the innermost scope, or, outside of every scope, with the backend. */
  allocate(shape: readonly number[], dtype: StoredType = "f32"): GpuTensor {
    const tensor = this.allocateOwned(shape, dtype);
    this.#scopes.at(-1)?.push(tensor.block);
    return tensor;
  }

  /** As {@linkcode allocate}, but given back by {@linkcode free}. @throws {DeviceError} when too large */
  allocateOwned(shape: readonly number[], dtype: StoredType = "f32"): GpuTensor {
    this.device.check();
    const sizeBytes = sizeClass(elementCount(shape) * bytesOf(dtype));
    const block = this.#take(sizeBytes) ?? this.#make(shape, sizeBytes);
    return new GpuTensor(shape, dtype, block, 0);
  }

  free(tensor: GpuTensor): void {
    if (!tensor.isAlive) throw new RangeError("internal: a tensor given back twice");
    this.#giveBack(tensor.block);
  }

  view(tensor: GpuTensor, offset: number, shape: readonly number[]): GpuTensor {
    if (offset >= 0 && offset + elementCount(shape) <= tensor.size) {
      return new GpuTensor(shape, tensor.dtype, tensor.block, tensor.offset + offset);
    }
    throw new RangeError(`internal: a view of [${shape}] from ${offset} of ${tensor.size} elements`);
  }

  scope(): Disposable {
    const blocks: Block[] = [];
    this.#scopes.push(blocks);
    return {
      [Symbol.dispose]: (): void => {
        if (this.#scopes.pop() !== blocks) throw new RangeError("internal: scopes closed out of order");
        for (const block of blocks) this.#giveBack(block);
      },
    };
  }

  [Symbol.dispose](): void {
    for (const block of this.#all) {
      block.generation++;
      block.buffer.destroy();
    }
    this.#waiting.clear();
  }

  #giveBack(block: Block): void {
    block.generation++;
    block.integers = null;
    const blocks = this.#waiting.get(block.sizeBytes) ?? [];
    blocks.push(block);
    this.#waiting.set(block.sizeBytes, blocks);
  }

  /** The smallest block that waits and is large enough, but not more than twice as large. */
  #take(sizeBytes: number): Block | undefined {
    for (let size = sizeBytes; size <= 2 * sizeBytes; size = sizeClass(size + 1)) {
      const block = this.#waiting.get(size)?.pop();
      if (block !== undefined) return block;
    }
  }

  /** Destroy one of the largest blocks that wait and are too small, but not less than half as large. */
  #makeRoom(sizeBytes: number): void {
    const sizes = [...this.#waiting].flatMap(([size, blocks]) =>
      size < sizeBytes && size >= sizeBytes / 2 && blocks.length > 0 ? [size] : []
    );
    const block = this.#waiting.get(Math.max(...sizes))?.pop();
    if (block === undefined) return;
    this.submit();
    block.buffer.destroy();
    this.#all.delete(block);
    this.reservedBytes -= block.sizeBytes;
  }

  #make(shape: readonly number[], sizeBytes: number): Block {
    const { device, limits, name } = this.device;
    const largest = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
    if (sizeBytes > largest) {
      const what = `a tensor [${shape.join(", ")}] of ${sizeBytes} bytes in one buffer`;
      const hint = "Take a smaller model or contextLength, or use --backend wasm.";
      throw new DeviceError(`The GPU "${name}" cannot hold ${what}: its limit is ${largest}`, { hint });
    }
    this.#makeRoom(sizeBytes);
    this.reservedBytes += sizeBytes;
    const reserved = this.reservedBytes;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = this.device.watch(
      "out-of-memory",
      (error) => outOfMemory(name, `${sizeBytes} more bytes, ${reserved} in all: ${error.message}`),
      () => device.createBuffer({ size: sizeBytes, usage }),
    );
    const id = this.#made++;
    const block = { id, owner: this, buffer, sizeBytes, generation: 0, usedBy: -1, integers: null };
    this.#all.add(block);
    return block;
  }
}

function bytesOf(dtype: StoredType): number {
  return dtype === "f16" ? 2 : ELEMENT_BYTES;
}

/** The next of four sizes between two powers of two, from 256 bytes on: at most a fifth is unused. */
function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = Math.max(256, 2 ** (Math.ceil(Math.log2(bytes)) - 3));
  return Math.ceil(bytes / step) * step;
}
