// The WebGPU backend: every tensor on the device, every operation a few dispatches (kernels/), which are only
// recorded: nothing waits for the GPU but `read`. Sums have one fixed order and nothing is added by atomics:
// the same inputs give the same bytes on one adapter.
import type { GpuStorage } from "../../config.ts";
import { DeviceError } from "../../errors.ts";
import { bindOperations } from "../mod.ts";
import type { Backend, DataType, Operations, OperationTable, Tensor } from "../mod.ts";
import { GpuDevice } from "./device.ts";
import type { Gpu } from "./gpu.ts";
import { attentionBackward, attentionForward } from "./kernels/attention.ts";
import { crossEntropyHead } from "./kernels/cross_entropy.ts";
import { linearBackwardInput, linearBackwardWeight, linearFewRows, linearForward } from "./kernels/linear.ts";
import type { MatmulTiles } from "./kernels/matmul_tiles.ts";
import { embeddingBackward, embeddingForward } from "./kernels/embedding.ts";
import { pointerMixture } from "./kernels/pointer.ts";
import { rmsNormBackward, rmsNormForward } from "./kernels/rms_norm.ts";
import { geluBackward, geluForward } from "./kernels/gelu.ts";
import { residualBackward, residualForward } from "./kernels/dropout.ts";
import { add, addColumns } from "./kernels/add.ts";
import { adamW, clipScale, sumSquares } from "./kernels/optimizer.ts";
import { muon } from "./kernels/muon.ts";
import { qkNormRotaryBackward, qkNormRotaryForward } from "./kernels/rotary.ts";
import { attentionCached, storeKeysValues } from "./kernels/cached_attention.ts";
import { GpuMemory, GpuTensor } from "./memory.ts";
import { CommandQueue } from "./queue.ts";
import { RotaryTables } from "./rotary_tables.ts";

const OPERATIONS: OperationTable<Gpu> = {
  ...{ embeddingForward, embeddingBackward, rmsNormForward, rmsNormBackward },
  ...{ linearForward, linearFewRows, linearBackwardInput, linearBackwardWeight },
  ...{ geluForward, geluBackward, residualForward, residualBackward },
  ...{ qkNormRotaryForward, qkNormRotaryBackward, attentionForward, attentionBackward },
  ...{ storeKeysValues, attentionCached, crossEntropyHead, pointerMixture },
  ...{ addColumns, add, sumSquares, clipScale },
  ...{ adamW, muon },
};

export interface WebGpuOptions {
  /** Tiles of matrix products, as measured; without, they follow from the sizes. They change no bit. */
  readonly tiles?: MatmulTiles;
  /** How activations are stored, from the forward to the backward pass. Default: f32 */
  readonly storage?: GpuStorage;
}

/** The operations above are methods of a {@linkcode WebGpuBackend}. */
export interface WebGpuBackend extends Operations {}

export class WebGpuBackend implements Backend, Gpu {
  readonly memory: GpuMemory;
  readonly queue: CommandQueue;
  readonly rotaryTables: RotaryTables;
  readonly matmulTiles: MatmulTiles;
  readonly storage: GpuStorage;

  private constructor(readonly device: GpuDevice, { tiles = {}, storage = "f32" }: WebGpuOptions) {
    this.matmulTiles = tiles;
    this.storage = storage;
    this.queue = new CommandQueue(device);
    this.memory = new GpuMemory(device, () => this.queue.submit());
    this.rotaryTables = new RotaryTables(this.memory, this.queue);
    Object.assign(this, bindOperations<Gpu>(OPERATIONS, this));
  }

  /** Open an adapter. @throws {DeviceError} when it cannot be opened, or cannot store as asked for */
  static async create(adapter: GPUAdapter, options: WebGpuOptions = {}): Promise<WebGpuBackend> {
    const device = await GpuDevice.open(adapter);
    if (options.storage !== "f16" || device.features.has("shader-f16")) {
      return new WebGpuBackend(device, options);
    }
    device[Symbol.dispose]();
    const hint = "Leave --gpu-storage out: activations are then stored as f32.";
    throw new DeviceError(`The GPU "${device.name}" cannot store f16: it has no shader-f16`, { hint });
  }

  get description(): string {
    const { name, isSoftware } = this.device;
    const storage = this.storage === "f16" ? ", activations stored as f16" : "";
    return `webgpu, ${name}${isSoftware ? " (a software adapter)" : ""}${storage}`;
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

  parametersChanged(): void {}

  readonly allocateUninitialized: Backend["allocateUninitialized"] = (shape, dtype) =>
    this.memory.allocate(shape, dtype);
  readonly allocateActivation: Backend["allocateActivation"] = (shape) =>
    this.memory.allocate(shape, this.storage);
  readonly allocateOwned: Backend["allocateOwned"] = (shape) => this.memory.allocateOwned(shape);
  readonly free: Backend["free"] = (tensor) => this.memory.free(ownTensor(tensor));
  readonly view: Backend["view"] = (tensor, ...part) => this.memory.view(ownTensor(tensor), ...part);
  readonly scope: Backend["scope"] = () => this.memory.scope();
  readonly write: Backend["write"] = (tensor, data) => this.queue.write(ownTensor(tensor), data);
  readonly read: Backend["read"] = (tensor, target) => this.queue.read(ownTensor(tensor), target);
  readonly zero: Backend["zero"] = (tensor) => this.queue.clear(ownTensor(tensor));
}

function ownTensor(tensor: Tensor): GpuTensor {
  if (tensor instanceof GpuTensor) return tensor;
  throw new RangeError("internal: a tensor of another backend");
}
