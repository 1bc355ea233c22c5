// The checks before every kernel, which trusts its sizes: shapes, types, and that tensors are its own.
import type { Columns, DataType, Documents, Tensor } from "./mod.ts";

/** The checks of one operation, which is named in every message. Each throws a RangeError. */
export abstract class TensorCheck<T extends Tensor> {
  constructor(readonly operation: string) {}

  /** Any tensor of this backend. */
  abstract any(tensor: Tensor, name: string): T;

  protected abstract valuesOf(tensor: T): Int32Array;

  /** Rows and columns. */
  matrix(tensor: Tensor, name: string): [number, number] {
    if (tensor.shape.length === 2) return [...tensor.shape] as [number, number];
    return this.fail(`${name} is [${tensor.shape.join(", ")}], expected a matrix`);
  }

  /** Heads, entries and columns of a cache (H, L, D). */
  cube(tensor: Tensor, name: string): [number, number, number] {
    if (tensor.shape.length === 3) return [...tensor.shape] as [number, number, number];
    return this.fail(`${name} is [${tensor.shape.join(", ")}], expected three dimensions`);
  }

  /** A float tensor of this shape; -1 stands for any length. */
  floats(tensor: Tensor, name: string, ...shape: number[]): T {
    return this.shaped(this.#typed(tensor, name, "f32"), name, shape);
  }

  /** The same for several, each with its name and shape. */
  all<L extends readonly (readonly [tensor: Tensor, name: string, ...shape: number[]])[]>(
    ...list: L
  ): { [I in keyof L]: T } {
    return list.map((each) => this.floats(...each)) as { [I in keyof L]: T };
  }

  /** Float tensors of as many elements as the last, each with its name. */
  alike<L extends readonly (readonly [tensor: Tensor, name: string])[]>(...list: L): { [I in keyof L]: T } {
    const { size } = list.at(-1)![0];
    return list.map((each) => this.elements(...each, size)) as { [I in keyof L]: T };
  }

  protected shaped(tensor: T, name: string, shape: readonly number[]): T {
    const fits = tensor.shape.length === shape.length &&
      shape.every((n, i) => n === -1 || n === tensor.shape[i]);
    if (fits) return tensor;
    const expected = shape.join(", ").replaceAll("-1", "*");
    return this.fail(`${name} is [${tensor.shape.join(", ")}], expected [${expected}]`);
  }

  /** A float tensor of this many elements, whatever its shape. */
  elements(tensor: Tensor, name: string, size: number): T {
    return this.#sized(this.#typed(tensor, name, "f32"), name, size);
  }

  /** This many integers, all from `min` on and below `below`. */
  integers(tensor: Tensor, name: string, size: number, [min, below]: readonly [number, number]): T {
    const checked = this.#sized(this.#typed(tensor, name, "i32"), name, size);
    this.range(this.valuesOf(checked), name, [min, below]);
    return checked;
  }

  /** All values from `min` on and below `below`. */
  range(values: Int32Array, name: string, [min, below]: readonly [number, number]): void {
    for (const value of values) {
      if (value < min || value >= below) this.fail(`${name} has ${value}, expected ${min} to ${below - 1}`);
    }
  }

  /** T pairs (first, end) of ranges in [0, size), none empty. @returns also the longest range's length */
  ranges(tensor: Tensor, name: string, rows: number, size: number): { ranges: T; longest: number } {
    const ranges = this.integers(tensor, name, 2 * rows, [0, size + 1]);
    const pairs = this.valuesOf(ranges);
    let longest = 0;
    for (let i = 0; i < pairs.length; i += 2) {
      const [first, end] = [pairs[i]!, pairs[i + 1]!];
      if (first >= end) this.fail(`the range ${first} to ${end} is empty`);
      longest = Math.max(longest, end - first);
    }
    return { ranges, longest };
  }

  /** Documents that cover all rows. @returns rows of the longest */
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

  /** Columns that both matrices have. @returns the rows of both, and the columns of target and source */
  columns(target: Tensor, source: Tensor, { to, from, count }: Columns): { T: number; N: number; M: number } {
    const [[T, N], [, M]] = [this.matrix(target, "target"), this.matrix(source, "source")];
    if (to + count <= N && from + count <= M) return { T, N, M };
    return this.fail(`columns ${from} to ${from + count} of ${M} go to ${to} to ${to + count} of ${N}`);
  }

  headSize(columns: number, heads: number): number {
    if (Number.isInteger(columns / heads) && heads >= 1) return columns / heads;
    return this.fail(`${heads} heads do not divide ${columns} columns`);
  }

  fail(message: string): never {
    throw new RangeError(`internal: ${this.operation}: ${message}`);
  }

  #typed(tensor: Tensor, name: string, dtype: DataType): T {
    const checked = this.any(tensor, name);
    if (checked.dtype !== dtype) this.fail(`${name} is ${checked.dtype}, expected ${dtype}`);
    return checked;
  }

  #sized(tensor: T, name: string, size: number): T {
    if (tensor.size !== size) this.fail(`${name} has ${tensor.size} elements, expected ${size}`);
    return tensor;
  }
}
