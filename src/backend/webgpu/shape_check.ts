/** What stands before every kernel: shapes, element types, and that tensors are this device's. A kernel trusts its sizes. */
import type { DataType, Documents, Tensor } from "../mod.ts";
import type { Gpu } from "./kernel.ts";
import { GpuTensor } from "./memory.ts";

/** Broken invariants of one operation, named in every message. */
export class ShapeCheck {
  constructor(readonly operation: string, readonly gpu: Gpu) {}

  /** Any tensor of this device. */
  any(tensor: Tensor, name: string): GpuTensor {
    if (tensor instanceof GpuTensor && tensor.block.owner === this.gpu.memory) return tensor;
    return this.fail(`${name} is not a tensor of this backend`);
  }

  /** Rows and columns of a matrix. */
  matrix(tensor: Tensor, name: string): [number, number] {
    const [rows, columns, ...rest] = tensor.shape;
    if (rows === undefined || columns === undefined || rest.length > 0) {
      return this.fail(`${name} is [${tensor.shape.join(", ")}], expected a matrix`);
    }
    return [rows, columns];
  }

  /** The three lengths of a tensor: matrices of one shape, or heads, entries and columns of a cache. */
  cube(tensor: Tensor, name: string): [number, number, number] {
    const [a, b, c, ...rest] = tensor.shape;
    if (a === undefined || b === undefined || c === undefined || rest.length > 0) {
      return this.fail(`${name} is [${tensor.shape.join(", ")}], expected three dimensions`);
    }
    return [a, b, c];
  }

  /** A float tensor of this shape; -1 stands for any length. */
  floats(tensor: Tensor, name: string, ...shape: number[]): GpuTensor {
    const checked = this.#typed(tensor, name, "f32");
    const fits = tensor.shape.length === shape.length &&
      shape.every((n, i) => n === -1 || n === tensor.shape[i]);
    if (fits) return checked;
    const expected = shape.join(", ").replaceAll("-1", "*");
    return this.fail(`${name} is [${tensor.shape.join(", ")}], expected [${expected}]`);
  }

  /** A float tensor of this many elements, whatever its shape. */
  elements(tensor: Tensor, name: string, size: number): GpuTensor {
    return this.#sized(this.#typed(tensor, name, "f32"), name, size);
  }

  /** This many integers, all from `min` on and below `below`. */
  integers(tensor: Tensor, name: string, size: number, [min, below]: readonly [number, number]): GpuTensor {
    const checked = this.#sized(this.#typed(tensor, name, "i32"), name, size);
    for (const value of checked.integers) {
      if (value < min || value >= below) this.fail(`${name} has ${value}, expected ${min} to ${below - 1}`);
    }
    return checked;
  }

  /** Documents that cover T rows. @returns rows of the longest */
  documents({ bounds }: Documents, rows: number): number {
    let longest = 0;
    for (let d = 0; d + 1 < bounds.length; d++) {
      if (bounds[d + 1]! < bounds[d]!) this.fail(`bounds fall: [${bounds.join(", ")}]`);
      longest = Math.max(longest, bounds[d + 1]! - bounds[d]!);
    }
    if (bounds[0] !== 0 || bounds.at(-1) !== rows) {
      this.fail(`bounds go from ${bounds[0]} to ${bounds.at(-1)}, expected 0 to ${rows}`);
    }
    return longest;
  }

  /** Width of a head. */
  headSize(columns: number, heads: number): number {
    if (!Number.isInteger(columns / heads) || heads < 1) {
      this.fail(`${heads} heads do not divide ${columns} columns`);
    }
    return columns / heads;
  }

  /** @throws {RangeError} always */
  fail(message: string): never {
    throw new RangeError(`internal: ${this.operation}: ${message}`);
  }

  #typed(tensor: Tensor, name: string, dtype: DataType): GpuTensor {
    const checked = this.any(tensor, name);
    if (checked.dtype !== dtype) this.fail(`${name} is ${checked.dtype}, expected ${dtype}`);
    return checked;
  }

  #sized(tensor: GpuTensor, name: string, size: number): GpuTensor {
    if (tensor.size !== size) this.fail(`${name} has ${tensor.size} elements, expected ${size}`);
    return tensor;
  }
}
