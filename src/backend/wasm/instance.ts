/** What an operation (operations/) works with: the kernels, their memory, and what is kept between calls. */
import type { Documents, OperationTable } from "../mod.ts";
import type { Kernels } from "./kernels.ts";
import { Arena } from "./memory.ts";
import { PackedWeights } from "./packed_weights.ts";
import { RotaryTables } from "./rotary_tables.ts";
import { ShapeCheck } from "./shape_check.ts";
import { ELEMENT_BYTES, type WasmTensor } from "./tensor.ts";

/** Operations, each a function of an instance and its inputs. */
export type WasmOperations = Partial<OperationTable<WasmInstance>>;

export class WasmInstance {
  readonly arena: Arena;
  readonly packedWeights: PackedWeights;
  readonly rotaryTables: RotaryTables;

  constructor(readonly kernels: Kernels, maxMemoryBytes?: number) {
    this.arena = new Arena(kernels.memory, maxMemoryBytes);
    this.packedWeights = new PackedWeights(kernels, this.arena);
    this.rotaryTables = new RotaryTables(this.arena);
  }

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

  withStack(run: () => void): void {
    const mark = this.arena.mark();
    try {
      run();
    } finally {
      this.arena.release(mark);
    }
  }
}
