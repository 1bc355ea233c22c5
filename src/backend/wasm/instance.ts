// What an operation (operations/) works with: the kernels, their memory, and what is kept between calls.
import type { Documents, OperationTable } from "../mod.ts";
import type { Kernels } from "./kernels.ts";
import { Arena } from "./memory.ts";
import { ELEMENT_BYTES, overlap, ShapeCheck, type WasmTensor } from "./tensor.ts";

/** Operations, each a function of an instance and its inputs. */
export type WasmOperations = Partial<OperationTable<WasmInstance>>;

interface PackedWeight {
  readonly address: number;
  readonly weight: WasmTensor;
  isFresh: boolean;
}

interface RotaryTables {
  readonly positions: number;
  readonly cosines: number;
  readonly sines: number;
}

export class WasmInstance {
  readonly arena: Arena;
  readonly #packedWeights = new Map<string, PackedWeight>();
  readonly #rotaryTables = new Map<string, RotaryTables>();

  constructor(readonly kernels: Kernels, maxMemoryBytes?: number) {
    this.arena = new Arena(kernels.memory, maxMemoryBytes);
  }

  check(operation: string): ShapeCheck {
    return new ShapeCheck(operation, this.kernels.memory);
  }

  /** A view of a tensor's elements, valid until the memory grows. */
  values({ address, size, dtype }: WasmTensor): Float32Array | Int32Array {
    return dtype === "f32" ? this.arena.floats(address, size) : this.arena.integers(address, size);
  }

  /** Run with the address of `size` floats, and free what was allocated. */
  withScratch(size: number, run: (address: number) => void): void {
    this.withStack(() => run(this.arena.allocate(ELEMENT_BYTES * (size >>> 0))));
  }

  /** Run with the address of the documents' bounds and their number. */
  withDocuments({ bounds }: Documents, run: (bounds: number, documents: number) => void): void {
    this.withScratch(bounds.length, (address) => {
      this.arena.integers(address, bounds.length).set(bounds);
      run(address, bounds.length - 1);
    });
  }

  withStack(run: () => void): void {
    const mark = this.arena.mark();
    try {
      run();
    } finally {
      this.arena.release(mark);
    }
  }

  /**
   * The address of a weight (N, K) in the order in which its product's kernel reads it, made once a step.
   * Only weights outside of every scope, whose place nothing else takes, are remembered.
   */
  packedWeight(weight: WasmTensor, direction: "forward" | "backward"): number {
    const { address } = weight;
    const [n, k] = weight.shape as [number, number];
    const [depth, columns] = direction === "forward" ? [k, n] : [n, k];
    const bytes = ELEMENT_BYTES * (this.kernels.packed_size(depth, columns) >>> 0);
    const key = `${address} ${n} ${k} ${direction}`;
    let copy = this.#packedWeights.get(key);
    if (!weight.isLasting) copy = { address: this.arena.allocate(bytes), weight, isFresh: false };
    else if (copy === undefined) {
      copy = { address: this.arena.keep(bytes), weight, isFresh: false };
      this.#packedWeights.set(key, copy);
    }
    if (!copy.isFresh) {
      this.kernels.pack_weight(copy.address, address, n, k, Number(direction === "backward"));
    }
    copy.isFresh = true;
    return copy.address;
  }

  /** Packed copies of what is about to change, even in part, are out of date. */
  changed(tensor: WasmTensor): void {
    if (!tensor.isLasting) return;
    for (const copy of this.#packedWeights.values()) if (overlap(copy.weight, tensor)) copy.isFresh = false;
  }

  parametersChanged(): void {
    for (const copy of this.#packedWeights.values()) copy.isFresh = false;
  }

  /** Addresses of cosines and sines, (positions, D / 2): pair i turns by position * base^(-2i / D). */
  rotaryTables(headSize: number, base: number, positions: number): RotaryTables {
    const key = `${headSize} ${base}`;
    const known = this.#rotaryTables.get(key);
    if (known !== undefined && known.positions >= positions) return known;
    // Twice as many as before, so that a growing cache does not make tables for every token.
    const count = Math.max(256, positions, 2 * (known?.positions ?? 0));
    const half = headSize / 2;
    const bytes = count * half * ELEMENT_BYTES;
    const tables = { positions: count, cosines: this.arena.keep(bytes), sines: this.arena.keep(bytes) };
    const cosines = this.arena.floats(tables.cosines, count * half);
    const sines = this.arena.floats(tables.sines, count * half);
    for (let p = 0; p < count; p++) {
      for (let i = 0; i < half; i++) {
        const angle = p * base ** (-2 * i / headSize);
        cosines[p * half + i] = Math.cos(angle);
        sines[p * half + i] = Math.sin(angle);
      }
    }
    this.#rotaryTables.set(key, tables);
    return tables;
  }
}
