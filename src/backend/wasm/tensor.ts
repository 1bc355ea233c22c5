/** Tensors of the wasm backend: places in an instance's memory. */
import type { DataType, Tensor } from "../mod.ts";

/** Bytes of an element of either type. */
export const ELEMENT_BYTES = 4;

/** A place in the instance's memory. */
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

/**
 * Number of elements of a shape.
 *
 * @throws {RangeError} when a length is no integer from 0 on
 */
export function elementCount(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new RangeError(`internal: not a shape: [${shape.join(", ")}]`);
    }
    size *= length;
  }
  return size;
}
