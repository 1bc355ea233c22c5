/**
 * An operation of a training step: what it computes on which tensors, how often a step needs it, and that it
 * computes what the reference does.
 */
import type { Backend, Tensor } from "../src/backend/mod.ts";
import { ReferenceBackend } from "../src/backend/reference/mod.ts";
import { Rng } from "../src/rng.ts";

/** An operation on one backend, its tensors made. */
export interface Call {
  readonly run: () => void;
  readonly outputs: readonly Tensor[];
}

/** What is done, and how much of it. */
export interface Operation {
  readonly name: string;
  readonly count: number;
  readonly flops?: number;
  readonly bytes?: number;
  make(inputs: Inputs): Call;
}

const MAX_DIFFERENCE = 2e-4;

/**
 * The same tensors on any backend: values are a function of the operation's number and the order of calls.
 */
export class Inputs {
  readonly #rng: Rng;
  constructor(readonly backend: Backend, seed: number) {
    this.#rng = new Rng(seed, "bench");
  }

  /** Values in [-0.5, 0.5). */
  floats(...shape: number[]): Tensor {
    return this.#write(shape, () => this.#rng.uniform() - 0.5);
  }

  /** Values in [0, 1). */
  positive(...shape: number[]): Tensor {
    return this.#write(shape, () => this.#rng.uniform());
  }

  integers(length: number, below: number): Tensor {
    const tensor = this.backend.allocateUninitialized([length], "i32");
    this.backend.write(tensor, Int32Array.from({ length }, () => this.#rng.below(below)));
    return tensor;
  }

  #write(shape: number[], value: () => number): Tensor {
    const tensor = this.backend.allocateUninitialized(shape);
    this.backend.write(tensor, Float32Array.from({ length: tensor.size }, value));
    return tensor;
  }
}

/**
 * The largest difference of an operation's outputs from the reference backend's, relative to each output's
 * largest value.
 *
 * @throws {Error} when it is too large
 */
export async function compareWithReference(backend: Backend, operation: Operation): Promise<number> {
  const reference = new ReferenceBackend();
  const results = [backend, reference].map(async (place) => {
    using _scope = place.scope();
    const { run, outputs } = operation.make(new Inputs(place, 1));
    run();
    return await Promise.all(outputs.map((output) => place.read(output)));
  });
  const [actual, expected] = await Promise.all(results);
  let worst = 0;
  for (const [i, values] of expected!.entries()) {
    const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-6);
    for (let j = 0; j < values.length; j++) {
      worst = Math.max(worst, Math.abs(values[j]! - actual![i]![j]!) / largest);
    }
  }
  if (!(worst <= MAX_DIFFERENCE)) throw new Error(`${operation.name} differs from the reference by ${worst}`);
  return worst;
}
