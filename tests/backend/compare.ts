/**
 * Runs one operation on two backends with the same inputs and compares the outputs: what the tests of
 * src/backend share.
 */
import { assert } from "@std/assert";
import type { Backend, MatrixPlaces, Tensor } from "../../src/backend/mod.ts";
import { ReferenceBackend } from "../../src/backend/reference/mod.ts";
import { Rng } from "../../src/rng.ts";

/** Makes inputs on one backend; the same calls make the same values on another. */
export class Inputs {
  readonly #rng: Rng;
  /** @param areHalves whether activations are numbers that f16 can store */
  constructor(readonly backend: Backend, seed: number, readonly areHalves = false) {
    this.#rng = new Rng(seed, "inputs");
  }

  /** Normal values. */
  floats(shape: readonly number[], deviation = 1): Tensor {
    const tensor = this.backend.allocate(shape);
    this.backend.write(tensor, this.#normal(tensor.size, deviation));
    return tensor;
  }

  /** Normal values, stored as the backend stores activations. */
  activation(shape: readonly number[]): Tensor {
    const values = this.#normal(shape.reduce((product, length) => product * length, 1), 1);
    return this.stored(shape, this.areHalves ? values.map(Math.f16round) : values);
  }

  /** These values, stored as the backend stores activations. */
  stored(shape: readonly number[], values: Float32Array): Tensor {
    const [floats, tensor] = [this.backend.allocate(shape), this.backend.allocateActivation(shape)];
    this.backend.write(floats, values);
    this.backend.residualForward(tensor, null, floats, null);
    return tensor;
  }

  /** Integers in [min, below). */
  integers(size: number, min: number, below: number): Tensor {
    const tensor = this.backend.allocate([size], "i32");
    this.backend.write(tensor, Int32Array.from({ length: size }, () => min + this.#rng.below(below - min)));
    return tensor;
  }

  /** An output full of NaN, so that what is not overwritten shows. */
  output(...shape: number[]): Tensor {
    const tensor = this.backend.allocateUninitialized(shape);
    this.backend.write(tensor, new Float32Array(tensor.size).fill(NaN));
    return tensor;
  }

  /** The same, stored as the backend stores activations. */
  activationOutput(...shape: number[]): Tensor {
    return this.stored(
      shape,
      new Float32Array(shape.reduce((product, length) => product * length, 1)).fill(NaN),
    );
  }

  #normal(size: number, deviation: number): Float32Array {
    return Float32Array.from({ length: size }, () => deviation * this.#rng.normal());
  }
}

/** What is in a tensor, however it is stored. */
export async function valuesOf(backend: Backend, tensor: Tensor): Promise<Float32Array> {
  if (tensor.dtype !== "f16") return await backend.read(tensor);
  const floats = backend.allocate(tensor.shape);
  backend.residualForward(floats, null, tensor, null);
  return await backend.read(floats);
}

/** One operation: makes inputs, calls it, returns the outputs. */
export type Operation = (inputs: Inputs) => Tensor[];

/** The outputs of an operation on a backend, in a scope of their own. */
export async function outputsOf(
  backend: Backend,
  operation: Operation,
  { seed = 1, areHalves = false } = {},
): Promise<Float32Array[]> {
  using _scope = backend.scope();
  const outputs = operation(new Inputs(backend, seed, areHalves));
  return await Promise.all(outputs.map((tensor) => valuesOf(backend, tensor)));
}

/**
 * Check that an operation gives the reference backend's outputs: every element to within `bound` of the
 * output's root mean square (of 1, where that is less than 1e-3).
 *
 * @param areHalves whether the backend stores activations as f16: the same inputs on both then are numbers
 * that f16 has
 */
export async function assertLikeReference(
  backend: Backend,
  name: string,
  operation: Operation,
  bound = 3e-6,
  { areHalves = false } = {},
): Promise<void> {
  const expected = await outputsOf(new ReferenceBackend(), operation, { areHalves });
  const actual = await outputsOf(backend, operation, { areHalves });
  for (const [index, values] of expected.entries()) {
    const meanSquare = values.reduce((sum, x) => sum + x * x, 0) / Math.max(1, values.length);
    const size = meanSquare > 1e-6 ? Math.sqrt(meanSquare) : 1;
    for (const [i, value] of values.entries()) {
      const difference = Math.abs(actual[index]![i]! - value) / size;
      assert(
        difference <= bound,
        `${name}: output ${index}, element ${i} is ${
          actual[index]![i]
        }, expected ${value}: ${difference} of the root mean square apart, bound ${bound}`,
      );
    }
  }
}

/** All matrices of a tensor of this shape, (N, K) or (B, N, K). */
export function matricesIn(shape: readonly number[]): MatrixPlaces {
  const [count, rows, columns] = [1, ...shape].slice(-3) as [number, number, number];
  return { rows, columns, offsets: Int32Array.from({ length: count }, (_, i) => i * rows * columns) };
}

/** Bounds of documents with these lengths. */
export function boundsOf(lengths: readonly number[]): Int32Array {
  const bounds = new Int32Array(lengths.length + 1);
  for (const [d, length] of lengths.entries()) bounds[d + 1] = bounds[d]! + length;
  return bounds;
}
