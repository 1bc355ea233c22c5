/**
 * The WebGPU backend: {@linkcode Backend} with every tensor on the device and every operation a few dispatches, which are only recorded: nothing
 * waits for the GPU but `read`. One file for each operation's kernels (kernels/); here is which operation is which function. Sums have one fixed
 * order and nothing is added by atomics: the same inputs give the same bytes on one adapter.
 */
import type { Backend, DataType, Scope, Tensor } from "../mod.ts";
import { GpuDevice } from "./device.ts";
import type { Gpu } from "./kernel.ts";
import { attentionForward } from "./kernels/attention.ts";
import { attentionBackward } from "./kernels/attention_backward.ts";
import { crossEntropyHead } from "./kernels/cross_entropy.ts";
import { linearFewRows } from "./kernels/few_rows.ts";
import { linearBackwardInput, linearBackwardWeight, linearForward } from "./kernels/linear.ts";
import type { MatmulTiles } from "./kernels/matmul.ts";
import { embeddingBackward, embeddingForward } from "./kernels/embedding.ts";
import { rmsNormBackward, rmsNormForward } from "./kernels/rms_norm.ts";
import { geluBackward, geluForward } from "./kernels/gelu.ts";
import { residualBackward, residualForward } from "./kernels/dropout.ts";
import { add, lerp } from "./kernels/arithmetic.ts";
import { clipScale, sumSquares } from "./kernels/squares.ts";
import { adamW } from "./kernels/adamw.ts";
import { muon } from "./kernels/muon.ts";
import { qkNormRotaryBackward, qkNormRotaryForward } from "./kernels/rotary.ts";
import { attentionCached, storeKeysValues } from "./kernels/cached_attention.ts";
import { GpuMemory, GpuTensor } from "./memory.ts";
import { CommandQueue } from "./queue.ts";
import { RotaryTables } from "./rotary_tables.ts";

/** Compute on a GPU. */
export class WebGpuBackend implements Backend, Gpu {
  readonly device: GpuDevice;
  readonly memory: GpuMemory;
  readonly queue: CommandQueue;
  /** Cosines and sines of positions. */
  readonly rotaryTables: RotaryTables;

  /** Measured by autotune; without, tiles are chosen by the products' sizes. Results have the same bits either way. */
  readonly matmulTiles: MatmulTiles;

  private constructor(device: GpuDevice, matmulTiles: MatmulTiles) {
    this.device = device;
    this.matmulTiles = matmulTiles;
    this.queue = new CommandQueue(device);
    this.memory = new GpuMemory(device, () => this.queue.submit());
    this.rotaryTables = new RotaryTables(this.memory, this.queue);
  }

  /** Open an adapter (see findAdapter). @throws {DeviceError} when it cannot be opened */
  static async create(adapter: GPUAdapter, matmulTiles: MatmulTiles = {}): Promise<WebGpuBackend> {
    return new WebGpuBackend(await GpuDevice.open(adapter), matmulTiles);
  }

  get description(): string {
    return `webgpu, ${this.device.name}${this.device.isSoftware ? " (a software adapter)" : ""}`;
  }

  [Symbol.dispose](): void {
    this.queue[Symbol.dispose]();
    this.memory[Symbol.dispose]();
    this.device[Symbol.dispose]();
  }

  allocate(shape: readonly number[], dtype: DataType = "f32"): Tensor {
    const tensor = this.memory.allocate(shape, dtype);
    this.queue.clear(tensor);
    return tensor;
  }

  allocateUninitialized(shape: readonly number[], dtype: DataType = "f32"): Tensor {
    return this.memory.allocate(shape, dtype);
  }

  allocateOwned(shape: readonly number[]): Tensor {
    return this.memory.allocateOwned(shape);
  }

  free(tensor: Tensor): void {
    this.memory.free(this.#own(tensor));
  }

  view(tensor: Tensor, offset: number, shape: readonly number[]): Tensor {
    return this.memory.view(this.#own(tensor), offset, shape);
  }

  scope(): Scope {
    return this.memory.scope();
  }

  write(tensor: Tensor, data: Float32Array | Int32Array): void {
    this.queue.write(this.#own(tensor), data);
  }

  read(tensor: Tensor, target?: Float32Array): Promise<Float32Array> {
    return this.queue.read(this.#own(tensor), target);
  }

  zero(tensor: Tensor): void {
    this.queue.clear(this.#own(tensor));
  }

  parametersChanged(): void {}

  readonly embeddingForward: Backend["embeddingForward"] = (...inputs) => embeddingForward(this, ...inputs);
  readonly embeddingBackward: Backend["embeddingBackward"] = (...inputs) =>
    embeddingBackward(this, ...inputs);
  readonly rmsNormForward: Backend["rmsNormForward"] = (...inputs) => rmsNormForward(this, ...inputs);
  readonly rmsNormBackward: Backend["rmsNormBackward"] = (...inputs) => rmsNormBackward(this, ...inputs);
  readonly linearForward: Backend["linearForward"] = (...inputs) => linearForward(this, ...inputs);
  readonly linearFewRows: Backend["linearFewRows"] = (...inputs) => linearFewRows(this, ...inputs);
  readonly linearBackwardInput: Backend["linearBackwardInput"] = (...inputs) =>
    linearBackwardInput(this, ...inputs);
  readonly linearBackwardWeight: Backend["linearBackwardWeight"] = (...inputs) =>
    linearBackwardWeight(this, ...inputs);
  readonly geluForward: Backend["geluForward"] = (...inputs) => geluForward(this, ...inputs);
  readonly geluBackward: Backend["geluBackward"] = (...inputs) => geluBackward(this, ...inputs);
  readonly residualForward: Backend["residualForward"] = (...inputs) => residualForward(this, ...inputs);
  readonly residualBackward: Backend["residualBackward"] = (...inputs) => residualBackward(this, ...inputs);
  readonly qkNormRotaryForward: Backend["qkNormRotaryForward"] = (...inputs) =>
    qkNormRotaryForward(this, ...inputs);
  readonly qkNormRotaryBackward: Backend["qkNormRotaryBackward"] = (...inputs) =>
    qkNormRotaryBackward(this, ...inputs);
  readonly attentionForward: Backend["attentionForward"] = (...inputs) => attentionForward(this, ...inputs);
  readonly attentionBackward: Backend["attentionBackward"] = (...inputs) =>
    attentionBackward(this, ...inputs);
  readonly storeKeysValues: Backend["storeKeysValues"] = (...inputs) => storeKeysValues(this, ...inputs);
  readonly attentionCached: Backend["attentionCached"] = (...inputs) => attentionCached(this, ...inputs);
  readonly crossEntropyHead: Backend["crossEntropyHead"] = (...inputs) => crossEntropyHead(this, ...inputs);
  readonly add: Backend["add"] = (...inputs) => add(this, ...inputs);
  readonly sumSquares: Backend["sumSquares"] = (...inputs) => sumSquares(this, ...inputs);
  readonly clipScale: Backend["clipScale"] = (...inputs) => clipScale(this, ...inputs);
  readonly lerp: Backend["lerp"] = (...inputs) => lerp(this, ...inputs);
  readonly adamW: Backend["adamW"] = (...inputs) => adamW(this, ...inputs);
  readonly muon: Backend["muon"] = (...inputs) => muon(this, ...inputs);

  #own(tensor: Tensor): GpuTensor {
    if (tensor instanceof GpuTensor) return tensor;
    throw new RangeError("internal: a tensor of another backend");
  }
}
