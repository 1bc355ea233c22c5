// Memory of the wasm backend: tensors are places in one instance's memory, scopes its stack.
import { bindOperations, elementCount } from "../mod.ts";
import type { Backend, DataType, Operations, Tensor } from "../mod.ts";
import { calibrateTile, type Calibration } from "./calibrate.ts";
import { WasmInstance } from "./instance.ts";
import { compileKernels, instantiateKernels, type TileName } from "./kernels.ts";
import { attention } from "./operations/attention.ts";
import { crossEntropy } from "./operations/cross_entropy.ts";
import { layers } from "./operations/layers.ts";
import { optimizer } from "./operations/optimizer.ts";
import { pointer } from "./operations/pointer.ts";
import { ELEMENT_BYTES, WasmTensor } from "./tensor.ts";

const OPERATIONS = { ...layers, ...attention, ...crossEntropy, ...pointer, ...optimizer };

export interface WasmBackendOptions {
  /** From {@linkcode compileKernels}, perhaps in another thread. Default: compiled here. */
  readonly module?: WebAssembly.Module | undefined;
  /** Default: the faster one, found by running both. Both give the same bits. */
  readonly tile?: TileName | undefined;
  /** Memory never grows beyond it. Default, and at most: 4 GiB less a page. */
  readonly maxMemoryBytes?: number | undefined;
  /** A clock in milliseconds, for finding the tile. Default: performance.now. */
  readonly now?: (() => number) | undefined;
}

/** The operations above are methods of a {@linkcode WasmBackend}. */
export interface WasmBackend extends Operations {}

/** Rust SIMD kernels in one WebAssembly memory. Calls are done when they return. */
export class WasmBackend implements Backend {
  readonly description: string;
  /** Hand it to other threads, which then need not look for it. */
  readonly tile: TileName;
  /** What one thread reached when the tile was chosen, in GFLOP/s; undefined where it was given. */
  readonly gigaflops: number | undefined;
  readonly #wasm: WasmInstance;
  #scopes = 0;

  private constructor(wasm: WasmInstance, { tile, gigaflops }: Partial<Calibration> & { tile: TileName }) {
    wasm.kernels.set_wide_tile(Number(tile === "6x16"));
    [this.tile, this.gigaflops] = [tile, gigaflops];
    this.description = `wasm, ${tile} kernel`;
    this.#wasm = wasm;
    Object.assign(this, bindOperations(OPERATIONS, wasm));
  }

  /** A backend with a memory of its own. @throws {Error} when a kernel computes wrong results here */
  static async create(options: WasmBackendOptions = {}): Promise<WasmBackend> {
    const kernels = await instantiateKernels(options.module ?? await compileKernels());
    const wasm = new WasmInstance(kernels, options.maxMemoryBytes);
    const now = options.now ?? ((): number => performance.now());
    const { tile } = options;
    return new WasmBackend(wasm, tile === undefined ? calibrateTile(kernels, wasm.arena, now) : { tile });
  }

  /** Bytes of the instance's memory, free or not. */
  get memoryBytes(): number {
    return this.#wasm.arena.sizeBytes;
  }

  /** Nothing to do: the memory goes with the last reference. */
  [Symbol.dispose](): void {}

  allocate(shape: readonly number[], dtype: DataType = "f32"): Tensor {
    const tensor = this.allocateUninitialized(shape, dtype);
    this.zero(tensor);
    return tensor;
  }

  allocateUninitialized(shape: readonly number[], dtype: DataType = "f32"): Tensor {
    const address = this.#wasm.arena.allocate(elementCount(shape) * ELEMENT_BYTES);
    return new WasmTensor([...shape], dtype, address, this.#scopes === 0, this.#wasm.kernels.memory);
  }

  allocateActivation(shape: readonly number[]): Tensor {
    return this.allocateUninitialized(shape);
  }

  allocateOwned(shape: readonly number[]): Tensor {
    // Not lasting, as its address can become another tensor's: no packed copy of it is remembered.
    const address = this.#wasm.arena.keep(elementCount(shape) * ELEMENT_BYTES);
    return new WasmTensor([...shape], "f32", address, false, this.#wasm.kernels.memory);
  }

  free(tensor: Tensor): void {
    const { address, size } = this.#wasm.check("free").any(tensor, "tensor");
    this.#wasm.arena.giveBack(address, size * ELEMENT_BYTES);
  }

  view(tensor: Tensor, offset: number, shape: readonly number[]): Tensor {
    const check = this.#wasm.check("view");
    const { address, dtype, isLasting, memory } = check.any(tensor, "tensor");
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + elementCount(shape) > tensor.size) {
      check.fail(`[${shape.join(", ")}] from ${offset} on does not lie in ${tensor.size} elements`);
    }
    return new WasmTensor([...shape], dtype, address + offset * ELEMENT_BYTES, isLasting, memory);
  }

  scope(): Disposable {
    const mark = this.#wasm.arena.mark();
    const depth = ++this.#scopes;
    let isOpen = true;
    return {
      [Symbol.dispose]: (): void => {
        if (!isOpen) return;
        if (this.#scopes !== depth) throw new Error("internal: scopes must be closed in reverse order");
        isOpen = false;
        this.#scopes--;
        this.#wasm.arena.release(mark);
      },
    };
  }

  write(tensor: Tensor, data: Float32Array | Int32Array): void {
    const check = this.#wasm.check("write");
    const target = check.any(tensor, "tensor");
    if (data.length !== tensor.size) check.fail(`${data.length} values for ${tensor.size} elements`);
    this.#wasm.changed(target);
    this.#wasm.values(target).set(data);
  }

  read(tensor: Tensor, target: Float32Array = new Float32Array(tensor.size)): Promise<Float32Array> {
    const check = this.#wasm.check("read");
    const values = this.#wasm.values(check.any(tensor, "tensor"));
    const { length } = values;
    if (target.length !== length) check.fail(`a target of ${target.length} values for ${length} elements`);
    target.set(values);
    return Promise.resolve(target);
  }

  zero(tensor: Tensor): void {
    const target = this.#wasm.check("zero").any(tensor, "tensor");
    this.#wasm.changed(target);
    this.#wasm.values(target).fill(0);
  }

  parametersChanged(): void {
    this.#wasm.parametersChanged();
  }
}
