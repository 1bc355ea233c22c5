// Tensors of the reference backend: typed arrays, seen as what an operation takes them for.
import type { DataType, Tensor } from "../mod.ts";

export class ArrayTensor implements Tensor {
  constructor(
    readonly shape: readonly number[],
    readonly dtype: DataType,
    readonly data: Float32Array | Int32Array,
  ) {}
  get size(): number {
    return this.data.length;
  }
}

export function floats(tensor: Tensor): Float32Array {
  return (tensor as ArrayTensor).data as Float32Array;
}

export function integers(tensor: Tensor): Int32Array {
  return (tensor as ArrayTensor).data as Int32Array;
}

/** Rows and columns. */
export function matrix(tensor: Tensor): [number, number] {
  if (tensor.shape.length !== 2) throw new RangeError(`internal: not a matrix: [${tensor.shape.join(", ")}]`);
  return [tensor.shape[0]!, tensor.shape[1]!];
}

/** Elements of tensors that have the same number of them: the error names the operation. */
export function sameSize<T extends readonly Tensor[]>(
  operation: string,
  ...tensors: T
): { [I in keyof T]: Float32Array } {
  if (tensors.some(({ size }) => size !== tensors[0]!.size)) {
    const shapes = tensors.map(({ shape }) => `[${shape.join(", ")}]`).join(" and ");
    throw new RangeError(`internal: ${operation}: sizes differ: ${shapes}`);
  }
  return tensors.map(floats) as { [I in keyof T]: Float32Array };
}
