// Tensors of the wasm backend, places in an instance's memory, and their checks before a kernel.
import { type DataType, elementCount, type Tensor } from "../mod.ts";
import { TensorCheck } from "../tensor_check.ts";

/** Of float32 and int32. */
export const ELEMENT_BYTES = 4;

export class WasmTensor implements Tensor {
  readonly size: number;
  constructor(
    readonly shape: readonly number[],
    readonly dtype: DataType,
    /** In bytes. */
    readonly address: number,
    /** Whether it was allocated outside of every scope. */
    readonly isLasting: boolean,
    /** The memory it lies in: tensors of two backends must not meet. */
    readonly memory: WebAssembly.Memory,
  ) {
    this.size = elementCount(shape);
  }
}

/** Where tensors lie: the first arguments of a kernel. */
export function addresses<T extends readonly WasmTensor[]>(...tensors: T): { [I in keyof T]: number } {
  return tensors.map(({ address }) => address) as { [I in keyof T]: number };
}

/** Whether two tensors have bytes in common. */
export function overlap(a: WasmTensor, b: WasmTensor): boolean {
  return a.address < b.address + b.size * ELEMENT_BYTES && b.address < a.address + a.size * ELEMENT_BYTES;
}

export class ShapeCheck extends TensorCheck<WasmTensor> {
  constructor(operation: string, readonly memory: WebAssembly.Memory) {
    super(operation);
  }

  override any(tensor: Tensor, name: string): WasmTensor {
    if (tensor instanceof WasmTensor && tensor.memory === this.memory) return tensor;
    return this.fail(`${name} is not a tensor of this backend`);
  }

  /** Outputs that the kernel writes while it still reads these inputs. */
  apart(output: WasmTensor, ...inputs: WasmTensor[]): void {
    if (inputs.some((input) => overlap(output, input))) this.fail("an output overlaps an input");
  }

  protected override valuesOf({ address, size }: WasmTensor): Int32Array {
    return new Int32Array(this.memory.buffer, address, size);
  }
}
