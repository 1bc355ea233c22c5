// What an operation works with, what it is called with, and how that is checked.
import type { Backend, Tensor } from "../mod.ts";
import { TensorCheck } from "../tensor_check.ts";
import type { GpuDevice } from "./device.ts";
import type { MatmulTiles } from "./kernels/matmul_tiles.ts";
import { type GpuMemory, GpuTensor } from "./memory.ts";
import type { CommandQueue } from "./queue.ts";
import type { RotaryTables } from "./rotary_tables.ts";

/** Temporary tensors come from a scope of `memory`. */
export interface Gpu {
  readonly device: GpuDevice;
  readonly memory: GpuMemory;
  readonly queue: CommandQueue;
  /** The fastest tiles, as far as they were measured. */
  readonly matmulTiles: MatmulTiles;
  readonly rotaryTables: RotaryTables;
}

export type Inputs<Name extends keyof Backend> = Backend[Name] extends (...inputs: infer All) => unknown ? All
  : never;

/** The checks before a kernel, for tensors on a device. */
export class ShapeCheck extends TensorCheck<GpuTensor> {
  constructor(operation: string, readonly gpu: Gpu) {
    super(operation);
  }

  override any(tensor: Tensor, name: string): GpuTensor {
    if (tensor instanceof GpuTensor && tensor.block.owner === this.gpu.memory) return tensor;
    return this.fail(`${name} is not a tensor of this backend`);
  }

  /** An activation of this shape: floats, in either width. */
  activation(tensor: Tensor, name: string, ...shape: number[]): GpuTensor {
    const checked = this.any(tensor, name);
    return checked.dtype === "f16" ? this.shaped(checked, name, shape) : this.floats(tensor, name, ...shape);
  }

  /** Float tensors of this many elements each, by their names. */
  allElements(tensors: Readonly<Record<string, Tensor>>, size: number): GpuTensor[] {
    return Object.entries(tensors).map(([name, tensor]) => this.elements(tensor, name, size));
  }

  /** A number on the device; one that is not there yet goes up, into memory of the innermost scope. */
  number(value: number | Tensor, name: string): GpuTensor {
    if (typeof value !== "number") return this.elements(value, name, 1);
    const tensor = this.gpu.memory.allocate([1]);
    this.gpu.queue.write(tensor, Float32Array.of(value));
    return tensor;
  }

  protected override valuesOf(tensor: GpuTensor): Int32Array {
    return tensor.integers;
  }
}
