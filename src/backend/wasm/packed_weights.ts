/**
 * Packed copies of weights: in the order in which a product's kernel reads them, made once a step for each
 * direction. Only weights outside of every scope are remembered (nothing else can take their place in
 * memory); others are packed for one call.
 */
import type { Kernels } from "./kernels.ts";
import type { Arena } from "./memory.ts";
import { ELEMENT_BYTES, type WasmTensor } from "./tensor.ts";

/** A weight (N, K) is packed for a product with its transpose (`forward`) or with itself. */
type Direction = "forward" | "backward";

interface Entry {
  readonly address: number;
  readonly weight: WasmTensor;
  isFresh: boolean;
}

export class PackedWeights {
  readonly #entries = new Map<string, Entry>();

  constructor(readonly kernels: Kernels, readonly arena: Arena) {}

  /** The address of a packed copy. That of a weight in a scope lies on the stack: the caller releases it. */
  get(weight: WasmTensor, direction: Direction): number {
    const { address } = weight;
    const [n, k] = weight.shape as [number, number];
    const [depth, columns] = direction === "forward" ? [k, n] : [n, k];
    const bytes = ELEMENT_BYTES * (this.kernels.packed_size(depth, columns) >>> 0);
    if (!weight.isLasting) {
      const copy = this.arena.allocate(bytes);
      this.kernels.pack_weight(copy, address, n, k, Number(direction === "backward"));
      return copy;
    }
    const key = `${address} ${n} ${k} ${direction}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { address: this.arena.keep(bytes), weight, isFresh: false };
      this.#entries.set(key, entry);
    }
    if (!entry.isFresh) {
      this.kernels.pack_weight(entry.address, address, n, k, Number(direction === "backward"));
      entry.isFresh = true;
    }
    return entry.address;
  }

  /** Pack again before the next use what lies, even in part, in these bytes. */
  forget(address: number, bytes: number): void {
    for (const entry of this.#entries.values()) {
      const { address: start, size } = entry.weight;
      if (start < address + bytes && address < start + ELEMENT_BYTES * size) entry.isFresh = false;
    }
  }
}
