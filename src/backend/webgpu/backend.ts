/**
 * The WebGPU backend: {@linkcode Backend} with every tensor on the device and every operation a few dispatches, which are only recorded: nothing
 * waits for the GPU but `read`. One file for each operation's kernels (kernels/); here is which operation is which function. Sums have one fixed
 * order and nothing is added by atomics: the same inputs give the same bytes on one adapter.
 */
import type {
  AdamWOptions,
  AttentionOptions,
  Backend,
  CacheEntries,
  DataType,
  Documents,
  Dropout,
  MuonOptions,
  RotaryOptions,
  Scope,
  Tensor,
} from "../mod.ts";
import { GpuDevice } from "./device.ts";
import type { Gpu } from "./kernel.ts";
import { GpuMemory, GpuTensor } from "./memory.ts";
import { CommandQueue } from "./queue.ts";

/** Compute on a GPU. */
export class WebGpuBackend implements Backend, Gpu {
  readonly device: GpuDevice;
  readonly memory: GpuMemory;
  readonly queue: CommandQueue;

  private constructor(device: GpuDevice) {
    this.device = device;
    this.memory = new GpuMemory(device);
    this.queue = new CommandQueue(device);
  }

  /** Open an adapter (see findAdapter). @throws {DeviceError} when it cannot be opened */
  static async create(adapter: GPUAdapter): Promise<WebGpuBackend> {
    return new WebGpuBackend(await GpuDevice.open(adapter));
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

  embeddingForward(
    _out: Tensor,
    _tokens: Tensor,
    _table: Tensor,
    _positions: Tensor | null,
    _positionTable: Tensor | null,
  ): void {
    return this.#missing("embeddingForward");
  }

  embeddingBackward(
    _dTable: Tensor,
    _dPositionTable: Tensor | null,
    _dOut: Tensor,
    _tokens: Tensor,
    _positions: Tensor | null,
  ): void {
    return this.#missing("embeddingBackward");
  }

  rmsNormForward(_out: Tensor, _rstd: Tensor, _inp: Tensor, _weight: Tensor, _eps: number): void {
    return this.#missing("rmsNormForward");
  }

  rmsNormBackward(
    _dInp: Tensor,
    _dWeight: Tensor,
    _dOut: Tensor,
    _inp: Tensor,
    _weight: Tensor,
    _rstd: Tensor,
  ): void {
    return this.#missing("rmsNormBackward");
  }

  linearForward(_out: Tensor, _inp: Tensor, _weight: Tensor): void {
    return this.#missing("linearForward");
  }

  linearFewRows(_out: Tensor, _inp: Tensor, _weight: Tensor): void {
    return this.#missing("linearFewRows");
  }

  linearBackwardInput(_dInp: Tensor, _dOut: Tensor, _weight: Tensor): void {
    return this.#missing("linearBackwardInput");
  }

  linearBackwardWeight(_dWeight: Tensor, _dOut: Tensor, _inp: Tensor): void {
    return this.#missing("linearBackwardWeight");
  }

  geluForward(_out: Tensor, _inp: Tensor): void {
    return this.#missing("geluForward");
  }

  geluBackward(_dInp: Tensor, _dOut: Tensor, _inp: Tensor): void {
    return this.#missing("geluBackward");
  }

  residualForward(_out: Tensor, _residual: Tensor | null, _branch: Tensor, _dropout: Dropout | null): void {
    return this.#missing("residualForward");
  }

  residualBackward(_dBranch: Tensor, _dOut: Tensor, _dropout: Dropout | null): void {
    return this.#missing("residualBackward");
  }

  qkNormRotaryForward(_qkv: Tensor, _rstd: Tensor, _positions: Tensor, _options: RotaryOptions): void {
    return this.#missing("qkNormRotaryForward");
  }

  qkNormRotaryBackward(
    _dQkv: Tensor,
    _qkv: Tensor,
    _rstd: Tensor,
    _positions: Tensor,
    _options: RotaryOptions,
  ): void {
    return this.#missing("qkNormRotaryBackward");
  }

  attentionForward(
    _out: Tensor,
    _logSumExp: Tensor,
    _qkv: Tensor,
    _documents: Documents,
    _options: AttentionOptions,
  ): void {
    return this.#missing("attentionForward");
  }

  attentionBackward(
    _dQkv: Tensor,
    _dOut: Tensor,
    _out: Tensor,
    _logSumExp: Tensor,
    _qkv: Tensor,
    _documents: Documents,
    _options: AttentionOptions,
  ): void {
    return this.#missing("attentionBackward");
  }

  storeKeysValues(_keys: Tensor, _values: Tensor, _qkv: Tensor, _slots: Tensor): void {
    return this.#missing("storeKeysValues");
  }

  attentionCached(
    _out: Tensor,
    _qkv: Tensor,
    _keys: Tensor,
    _values: Tensor,
    _entries: CacheEntries,
    _options: { readonly scale: number },
  ): void {
    return this.#missing("attentionCached");
  }

  crossEntropyHead(
    _losses: Tensor,
    _hidden: Tensor,
    _table: Tensor,
    _targets: Tensor,
    _gradients: { readonly dHidden: Tensor; readonly dTable: Tensor; readonly scale: number } | null,
  ): void {
    return this.#missing("crossEntropyHead");
  }

  add(_target: Tensor, _source: Tensor): void {
    return this.#missing("add");
  }

  sumSquares(_sums: Tensor, _values: Tensor, _block: number): void {
    return this.#missing("sumSquares");
  }

  clipScale(_out: Tensor, _squares: Tensor, _maxNorm: number): void {
    return this.#missing("clipScale");
  }

  lerp(_target: Tensor, _source: Tensor, _weight: number): void {
    return this.#missing("lerp");
  }

  adamW(_parameters: Tensor, _gradients: Tensor, _m: Tensor, _v: Tensor, _options: AdamWOptions): void {
    return this.#missing("adamW");
  }

  muon(_matrix: Tensor, _gradient: Tensor, _momentum: Tensor, _options: MuonOptions): void {
    return this.#missing("muon");
  }

  #missing(operation: string): never {
    throw new RangeError(`internal: ${operation} is not there yet`);
  }

  #own(tensor: Tensor): GpuTensor {
    if (tensor instanceof GpuTensor) return tensor;
    throw new RangeError("internal: a tensor of another backend");
  }
}
