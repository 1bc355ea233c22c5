/** Tensors of the wasm backend: places in an instance's memory. */
import { type DataType, elementCount, type Tensor } from "../mod.ts";

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
