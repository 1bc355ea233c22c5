/**
 * What an operation of the wasm backend works with: an instance of the kernels, its memory, and what is kept
 * there between calls. The operations (operations/) check shapes, find addresses and call one kernel each.
 */
import type { Documents } from "../mod.ts";
import type { Kernels } from "./kernels.ts";
import { Arena } from "./memory.ts";
import { PackedWeights } from "./packed_weights.ts";
import { RotaryTables } from "./rotary_tables.ts";
import { ShapeCheck } from "./shape_check.ts";
import { ELEMENT_BYTES, type WasmTensor } from "./tensor.ts";

/** Kernels and their memory. */
export class WasmInstance {
  readonly kernels: Kernels;
  /** The instance's whole memory. */
  readonly arena: Arena;
  /** Weights in the order in which the products' kernels read them. */
  readonly packedWeights: PackedWeights;
  /** Cosines and sines of positions. */
  readonly rotaryTables: RotaryTables;

  /** @param maxMemoryBytes memory never grows beyond it */
  constructor(kernels: Kernels, maxMemoryBytes?: number) {
    this.kernels = kernels;
    this.arena = new Arena(kernels.memory, maxMemoryBytes);
    this.packedWeights = new PackedWeights(kernels, this.arena);
    this.rotaryTables = new RotaryTables(this.arena);
  }

  /** The checks of an operation. */
  check(operation: string): ShapeCheck {
    return new ShapeCheck(operation, this.kernels.memory);
  }

  /** Packed copies of what is about to change are out of date. */
  changed(tensor: WasmTensor): void {
    if (tensor.isLasting) this.packedWeights.forget(tensor.address, tensor.size * ELEMENT_BYTES);
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

  /** Run, and free what was allocated. */
  withStack(run: () => void): void {
    const mark = this.arena.mark();
    try {
      run();
    } finally {
      this.arena.release(mark);
    }
  }
}
