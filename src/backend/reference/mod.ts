/**
 * The reference backend: every operation of the seam as plain loops over float64 sums, the oracle that the fast backends are tested
 * against. It is written to be read next to a textbook, not to be fast; sums run in index order, results are stored as float32. Here is
 * the memory; the operations are in one file a family, named as in the other backends.
 */
import { type Backend, type DataType, elementCount, type Scope, type Tensor } from "../mod.ts";
import { attentionBackward, attentionForward } from "./attention.ts";
import { attentionCached, storeKeysValues } from "./cached_attention.ts";
import { crossEntropyHead } from "./cross_entropy.ts";
import { residualBackward, residualForward } from "./dropout.ts";
import { embeddingBackward, embeddingForward } from "./embedding.ts";
import { geluBackward, geluForward } from "./gelu.ts";
import { linearBackwardInput, linearBackwardWeight, linearFewRows, linearForward } from "./linear.ts";
import { adamW, add, clipScale, muon, sumSquares } from "./optimizer.ts";
import { rmsNormBackward, rmsNormForward } from "./rms_norm.ts";
import { pointerMixture } from "./pointer.ts";
import { qkNormRotaryBackward, qkNormRotaryForward } from "./rotary.ts";
import { addValues } from "./value_residual.ts";
import { ArrayTensor, floats } from "./tensor.ts";

/** Plain loops over typed arrays. Memory is the garbage collector's; scopes do nothing. */
export class ReferenceBackend implements Backend {
  readonly description = "reference (plain TypeScript loops)";

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

  scope(): Scope {
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

  readonly embeddingForward = embeddingForward;
  readonly embeddingBackward = embeddingBackward;
  readonly rmsNormForward = rmsNormForward;
  readonly rmsNormBackward = rmsNormBackward;
  readonly linearForward = linearForward;
  readonly linearFewRows = linearFewRows;
  readonly linearBackwardInput = linearBackwardInput;
  readonly linearBackwardWeight = linearBackwardWeight;
  readonly geluForward = geluForward;
  readonly geluBackward = geluBackward;
  readonly residualForward = residualForward;
  readonly residualBackward = residualBackward;
  readonly qkNormRotaryForward = qkNormRotaryForward;
  readonly qkNormRotaryBackward = qkNormRotaryBackward;
  readonly attentionForward = attentionForward;
  readonly attentionBackward = attentionBackward;
  readonly storeKeysValues = storeKeysValues;
  readonly attentionCached = attentionCached;
  readonly crossEntropyHead = crossEntropyHead;
  readonly pointerMixture = pointerMixture;
  readonly addValues = addValues;
  readonly add = add;
  readonly sumSquares = sumSquares;
  readonly clipScale = clipScale;
  readonly adamW = adamW;
  readonly muon = muon;
}
