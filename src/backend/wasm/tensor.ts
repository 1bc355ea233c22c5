/** Tensors of the wasm backend, and the checks that stand before every kernel: a kernel trusts its sizes and would write anywhere. */
import type { DataType, Documents, Tensor } from "../mod.ts";

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

/** Broken invariants of one operation, named in every message. */
export class ShapeCheck {
  constructor(readonly operation: string, readonly memory: WebAssembly.Memory) {}

  /** Any tensor of this backend. */
  any(tensor: Tensor, name: string): WasmTensor {
    if (tensor instanceof WasmTensor && tensor.memory === this.memory) return tensor;
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

  /** Matrices, rows and columns of a batch of matrices, or of one. */
  matrices(tensor: Tensor, name: string): [number, number, number] {
    this.#tensor(tensor, name, "f32", null);
    const { shape } = tensor;
    if (shape.length !== 2 && shape.length !== 3) {
      return this.fail(`${name} is [${shape.join(", ")}], expected a matrix or several`);
    }
    return [1, ...shape].slice(-3) as [number, number, number];
  }

  /** Heads, entries and columns of a head of a cache (H, L, D). */
  cache(tensor: Tensor, name: string): [number, number, number] {
    const [heads, entries, columns, ...rest] = tensor.shape;
    if (heads === undefined || entries === undefined || columns === undefined || rest.length > 0) {
      return this.fail(`${name} is [${tensor.shape.join(", ")}], expected heads, entries and columns`);
    }
    return [heads, entries, columns];
  }

  /** A float tensor of this shape; -1 stands for any length. */
  floats(tensor: Tensor, name: string, ...shape: number[]): WasmTensor {
    return this.#tensor(tensor, name, "f32", shape);
  }

  /** A float tensor of this many elements, whatever its shape. */
  elements(tensor: Tensor, name: string, size: number): WasmTensor {
    const checked = this.#tensor(tensor, name, "f32", null);
    if (checked.size !== size) this.fail(`${name} has ${checked.size} elements, expected ${size}`);
    return checked;
  }

  /** A tensor of T integers. */
  integers(tensor: Tensor, name: string, size: number): WasmTensor {
    const checked = this.#tensor(tensor, name, "i32", null);
    if (checked.size !== size) this.fail(`${name} has ${checked.size} elements, expected ${size}`);
    return checked;
  }

  /** All values in [min, below). */
  range(values: Int32Array, name: string, min: number, below: number): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < min || value >= below) this.fail(`${name} has ${value}, expected ${min} to ${below - 1}`);
    }
  }

  /** Pairs (first, end) of ranges that are not empty and lie in [0, size). @returns the longest range's length */
  ranges(pairs: Int32Array, size: number): number {
    let longest = 0;
    for (let i = 0; i < pairs.length; i += 2) {
      const [first, end] = [pairs[i]!, pairs[i + 1]!];
      if (first < 0 || first >= end || end > size) this.fail(`the range ${first} to ${end} of ${size} slots`);
      longest = Math.max(longest, end - first);
    }
    return longest;
  }

  /** Documents that cover T rows. @returns rows of the longest */
  documents(documents: Documents, rows: number): number {
    const { bounds } = documents;
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

  /** Outputs that the kernel writes while it still reads these inputs. */
  apart(output: WasmTensor, ...inputs: WasmTensor[]): void {
    for (const input of inputs) {
      if (
        output.address < input.address + input.size * ELEMENT_BYTES &&
        input.address < output.address + output.size * ELEMENT_BYTES
      ) this.fail("an output overlaps an input");
    }
  }

  /** @throws {RangeError} always */
  fail(message: string): never {
    throw new RangeError(`internal: ${this.operation}: ${message}`);
  }

  #tensor(tensor: Tensor, name: string, dtype: DataType, shape: number[] | null): WasmTensor {
    const checked = this.any(tensor, name);
    if (checked.dtype !== dtype) this.fail(`${name} is ${checked.dtype}, expected ${dtype}`);
    const fits = shape === null ||
      (tensor.shape.length === shape.length && shape.every((n, i) => n === -1 || n === tensor.shape[i]));
    if (!fits) {
      this.fail(
        `${name} is [${tensor.shape.join(", ")}], expected [${shape.join(", ").replaceAll("-1", "*")}]`,
      );
    }
    return checked;
  }
}
