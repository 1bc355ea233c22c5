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
  MatrixPlaces,
  MuonOptions,
  RotaryOptions,
  Scope,
  Tensor,
} from "../mod.ts";
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

  embeddingForward(
    out: Tensor,
    tokens: Tensor,
    table: Tensor,
    positions: Tensor | null,
    positionTable: Tensor | null,
  ): void {
    embeddingForward(this, out, tokens, table, positions, positionTable);
  }

  embeddingBackward(
    dTable: Tensor,
    dPositionTable: Tensor | null,
    dOut: Tensor,
    tokens: Tensor,
    positions: Tensor | null,
  ): void {
    embeddingBackward(this, dTable, dPositionTable, dOut, tokens, positions);
  }

  rmsNormForward(out: Tensor, rstd: Tensor, inp: Tensor, weight: Tensor, eps: number): void {
    rmsNormForward(this, out, rstd, inp, weight, eps);
  }

  rmsNormBackward(
    dInp: Tensor,
    dWeight: Tensor,
    dOut: Tensor,
    inp: Tensor,
    weight: Tensor,
    rstd: Tensor,
  ): void {
    rmsNormBackward(this, dInp, dWeight, dOut, inp, weight, rstd);
  }

  linearForward(out: Tensor, inp: Tensor, weight: Tensor): void {
    linearForward(this, out, inp, weight);
  }

  linearFewRows(out: Tensor, inp: Tensor, weight: Tensor): void {
    linearFewRows(this, out, inp, weight);
  }

  linearBackwardInput(dInp: Tensor, dOut: Tensor, weight: Tensor): void {
    linearBackwardInput(this, dInp, dOut, weight);
  }

  linearBackwardWeight(dWeight: Tensor, dOut: Tensor, inp: Tensor): void {
    linearBackwardWeight(this, dWeight, dOut, inp);
  }

  geluForward(out: Tensor, inp: Tensor): void {
    geluForward(this, out, inp);
  }

  geluBackward(dInp: Tensor, dOut: Tensor, inp: Tensor): void {
    geluBackward(this, dInp, dOut, inp);
  }

  residualForward(out: Tensor, residual: Tensor | null, branch: Tensor, dropout: Dropout | null): void {
    residualForward(this, out, residual, branch, dropout);
  }

  residualBackward(dBranch: Tensor, dOut: Tensor, dropout: Dropout | null): void {
    residualBackward(this, dBranch, dOut, dropout);
  }

  qkNormRotaryForward(qkv: Tensor, rstd: Tensor, positions: Tensor, options: RotaryOptions): void {
    qkNormRotaryForward(this, qkv, rstd, positions, options);
  }

  qkNormRotaryBackward(
    dQkv: Tensor,
    qkv: Tensor,
    rstd: Tensor,
    positions: Tensor,
    options: RotaryOptions,
  ): void {
    qkNormRotaryBackward(this, dQkv, qkv, rstd, positions, options);
  }

  attentionForward(
    out: Tensor,
    logSumExp: Tensor,
    qkv: Tensor,
    documents: Documents,
    options: AttentionOptions,
  ): void {
    attentionForward(this, out, logSumExp, qkv, documents, options);
  }

  attentionBackward(
    dQkv: Tensor,
    dOut: Tensor,
    out: Tensor,
    logSumExp: Tensor,
    qkv: Tensor,
    documents: Documents,
    options: AttentionOptions,
  ): void {
    attentionBackward(this, dQkv, dOut, out, logSumExp, qkv, documents, options);
  }

  storeKeysValues(keys: Tensor, values: Tensor, qkv: Tensor, slots: Tensor): void {
    storeKeysValues(this, keys, values, qkv, slots);
  }

  attentionCached(
    out: Tensor,
    qkv: Tensor,
    keys: Tensor,
    values: Tensor,
    entries: CacheEntries,
    options: { readonly scale: number },
  ): void {
    attentionCached(this, out, qkv, keys, values, entries, options);
  }

  crossEntropyHead(
    losses: Tensor,
    hidden: Tensor,
    table: Tensor,
    targets: Tensor,
    gradients: { readonly dHidden: Tensor; readonly dTable: Tensor; readonly scale: number } | null,
  ): void {
    crossEntropyHead(this, losses, hidden, table, targets, gradients);
  }

  add(target: Tensor, source: Tensor): void {
    add(this, target, source);
  }

  sumSquares(sums: Tensor, values: Tensor, block: number): void {
    sumSquares(this, sums, values, block);
  }

  clipScale(out: Tensor, squares: Tensor, maxNorm: number): void {
    clipScale(this, out, squares, maxNorm);
  }

  lerp(target: Tensor, source: Tensor, weight: number): void {
    lerp(this, target, source, weight);
  }

  adamW(parameters: Tensor, gradients: Tensor, m: Tensor, v: Tensor, options: AdamWOptions): void {
    adamW(this, parameters, gradients, m, v, options);
  }

  muon(
    parameters: Tensor,
    gradients: Tensor,
    momenta: Tensor,
    matrices: MatrixPlaces,
    options: MuonOptions,
  ): void {
    muon(this, [parameters, gradients, momenta], matrices, options);
  }

  #own(tensor: Tensor): GpuTensor {
    if (tensor instanceof GpuTensor) return tensor;
    throw new RangeError("internal: a tensor of another backend");
  }
}
