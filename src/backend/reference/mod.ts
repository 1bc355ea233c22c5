// The reference backend: every operation as plain loops, to be read next to a textbook; the oracle that the
// fast backends are tested against. Sums are float64 in index order, results float32. Here is the memory.
import type { Backend, DataType, Operations, Tensor } from "../mod.ts";
import { elementCount, withBeats } from "../mod.ts";
import { attention } from "./attention.ts";
import { crossEntropy } from "./cross_entropy.ts";
import { layers } from "./layers.ts";
import { optimizer } from "./optimizer.ts";
import { pointer } from "./pointer.ts";
import { ArrayTensor, floats } from "./tensor.ts";

const OPERATIONS = withBeats({ ...layers, ...attention, ...crossEntropy, ...pointer, ...optimizer });

/** The operations above are methods of a {@linkcode ReferenceBackend}. */
export interface ReferenceBackend extends Operations {}

/** Memory is the garbage collector's; scopes do nothing. */
export class ReferenceBackend implements Backend {
  readonly description = "reference (plain TypeScript loops)";

  constructor() {
    Object.assign(this, OPERATIONS);
  }

  [Symbol.dispose](): void {}

  allocate(shape: readonly number[], dtype: DataType = "f32"): Tensor {
    const size = elementCount(shape);
    return new ArrayTensor(shape, dtype, dtype === "f32" ? new Float32Array(size) : new Int32Array(size));
  }

  allocateUninitialized(shape: readonly number[], dtype: DataType = "f32"): Tensor {
    const tensor = this.allocate(shape, dtype);
    if (dtype === "f32") floats(tensor).fill(NaN); // so that an output which is not overwritten shows
    return tensor;
  }

  allocateActivation(shape: readonly number[]): Tensor {
    return this.allocateUninitialized(shape);
  }

  allocateOwned(shape: readonly number[]): Tensor {
    return this.allocateUninitialized(shape);
  }

  free(_tensor: Tensor): void {}

  view(tensor: Tensor, offset: number, shape: readonly number[]): Tensor {
    const size = elementCount(shape);
    if (offset < 0 || offset + size > tensor.size) throw new RangeError("internal: view outside its tensor");
    const { dtype, data } = tensor as ArrayTensor;
    return new ArrayTensor(shape, dtype, data.subarray(offset, offset + size));
  }

  scope(): Disposable {
    return { [Symbol.dispose](): void {} };
  }

  write(tensor: Tensor, data: Float32Array | Int32Array): void {
    if (data.length !== tensor.size) throw new RangeError("internal: write: sizes differ");
    (tensor as ArrayTensor).data.set(data);
  }

  read(tensor: Tensor, target: Float32Array = new Float32Array(tensor.size)): Promise<Float32Array> {
    target.set((tensor as ArrayTensor).data);
    return Promise.resolve(target);
  }

  zero(tensor: Tensor): void {
    (tensor as ArrayTensor).data.fill(0);
  }

  parametersChanged(): void {}
}
