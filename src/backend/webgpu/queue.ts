// The way of commands to the GPU. Dispatches are recorded into one open compute pass; their numbers and small
// lists of integers are written in one piece when it is submitted: after some dispatches, before a read, and
// before a write into a buffer that recorded commands still use. A later dispatch sees what an earlier one
// wrote. A buffer that a dispatch writes may not be bound to it twice: kernels have in-place variants.
import { DeviceError } from "../../errors.ts";
import type { GpuDevice } from "./device.ts";
import { type Kernel, MOST_FIELDS } from "./kernel.ts";
import { ELEMENT_BYTES, type GpuTensor } from "./memory.ts";

/** What a dispatch may be given: a tensor, or integers that travel with its parameters. */
type Binding = GpuTensor | Int32Array;

/** Takes the time of dispatches (bench/gpu_profile.ts). */
export interface DispatchTimer {
  /** The pass of the next dispatch. */
  pass(name: string): GPUComputePassDescriptor;
  /** Fetch the times of this encoder's passes. What it returns is called when that is submitted. */
  resolve(encoder: GPUCommandEncoder): () => void;
}

/** In one submission: enough to be worth it, few enough that the GPU does not wait for them. */
export const DISPATCHES = 128;
const PARAMETER_BYTES = 4 * MOST_FIELDS;
const BIND_GROUPS_KEPT = 4096;

export class CommandQueue implements Disposable {
  /** What went up to the GPU, down from it, and through its memory (all tensors of all kernels, whole). */
  readonly traffic = { writtenBytes: 0, readBytes: 0, touchedBytes: 0, dispatches: 0, submissions: 0 };
  readonly #gpu: GpuDevice;
  readonly #pipelines = new Map<Kernel, GPUComputePipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #parameters = new DataView(new ArrayBuffer(DISPATCHES * PARAMETER_BYTES));
  readonly #uniforms: GPUBuffer;
  #integers = new Int32Array(0);
  #integersUsed = 0;
  #integersBuffer: GPUBuffer | null = null;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #recorded = 0;
  /** While one is set, each dispatch has a pass of its own. */
  timer: DispatchTimer | null = null;

  constructor(gpu: GpuDevice) {
    this.#gpu = gpu;
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.#uniforms = gpu.device.createBuffer({ size: this.#parameters.byteLength, usage });
  }

  // Runs a kernel after everything that was called before. `work`: items, folded into as many dimensions as
  // the GPU's limit asks for, or a grid's workgroups; may be none. @throws {DeviceError} after a failure
  run(
    kernel: Kernel,
    bindings: readonly Binding[],
    numbers: readonly number[],
    work: number | readonly [x: number, y: number, z?: number],
  ): void {
    this.#gpu.check();
    const limit = this.#gpu.limits.maxComputeWorkgroupsPerDimension;
    const [x, y, z = 1] = typeof work === "number" ? folded(Math.ceil(work / kernel.items), limit) : work;
    if (x * y * z === 0) return;
    if (Math.max(x, y, z) > limit) {
      const wanted = `${x} by ${y} by ${z} workgroups`;
      throw new DeviceError(`internal: ${kernel.name}: ${wanted}, the GPU's limit is ${limit}`);
    }
    checkCall(kernel, bindings, numbers);
    const layout = this.#layoutOf(kernel.access);
    const pipeline = this.#pipelineOf(kernel, layout);
    const integers = bindings.reduce((sum, b) => sum + (b instanceof Int32Array ? b.length : 0), 0);
    if (this.#recorded === DISPATCHES || this.#integersUsed + integers > this.#integers.length) this.submit();
    if (integers > this.#integers.length) this.#growIntegers(Math.max(16384, integers));
    const place = this.#recorded * PARAMETER_BYTES;
    for (const [i, number] of [...numbers, ...bindings.map((binding) => this.#place(binding))].entries()) {
      if (kernel.numbers[i] === "f32") this.#parameters.setFloat32(place + 4 * i, number, true);
      else this.#parameters.setUint32(place + 4 * i, number, true);
    }
    const pass = this.#openPass(kernel.name);
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, this.#bindGroupOf(layout, kernel.access, bindings), [place]);
    pass.dispatchWorkgroups(x, y, z);
    this.#recorded++;
    this.traffic.dispatches++;
  }

  /** Copy numbers into a tensor. They are taken at once: `data` may change afterwards. */
  write(tensor: GpuTensor, data: Float32Array | Int32Array): void {
    this.#gpu.check();
    if (data.length !== tensor.size) {
      throw new RangeError(`internal: ${data.length} numbers written into ${tensor.size} elements`);
    }
    checkCopied("write", tensor);
    if (tensor.block.usedBy === this.traffic.submissions) this.submit();
    if (tensor.dtype === "i32") {
      tensor.block.integers ??= new Int32Array(tensor.block.sizeBytes / ELEMENT_BYTES);
      tensor.block.integers.set(data, tensor.offset);
    }
    // A tensor of floats takes the numbers' bits: integers become floats first.
    const values = tensor.dtype === "f32" && data instanceof Int32Array ? Float32Array.from(data) : data;
    this.#upload(tensor.block.buffer, tensor.offset * ELEMENT_BYTES, values);
  }

  clear(tensor: GpuTensor): void {
    this.#gpu.check();
    checkCopied("zero", tensor);
    if (tensor.size === 0) return;
    this.#endPass();
    tensor.block.usedBy = this.traffic.submissions;
    const { block, offset, size } = tensor;
    this.#openEncoder().clearBuffer(block.buffer, offset * ELEMENT_BYTES, size * ELEMENT_BYTES);
  }

  /** After all that was called before; reads end in order. @throws {DeviceError} when the device fails */
  async read(tensor: GpuTensor, target: Float32Array = new Float32Array(tensor.size)): Promise<Float32Array> {
    this.#gpu.check();
    checkCopied("read", tensor);
    if (target.length !== tensor.size) {
      throw new RangeError(`internal: ${tensor.size} elements read into ${target.length} numbers`);
    }
    if (tensor.size === 0) return target;
    const size = tensor.size * ELEMENT_BYTES;
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const buffer = this.#gpu.device.createBuffer({ size, usage });
    this.#endPass();
    tensor.block.usedBy = this.traffic.submissions;
    const first = tensor.offset * ELEMENT_BYTES;
    this.#openEncoder().copyBufferToBuffer(tensor.block.buffer, first, buffer, 0, size);
    this.submit();
    try {
      await buffer.mapAsync(GPUMapMode.READ);
      const mapped = buffer.getMappedRange();
      target.set(tensor.dtype === "f32" ? new Float32Array(mapped) : new Int32Array(mapped));
      buffer.destroy();
    } catch (cause) {
      throw await this.#gpu.failure(cause as Error);
    }
    this.traffic.readBytes += size;
    this.#gpu.check();
    return target;
  }

  submit(): void {
    if (this.#encoder === null) return;
    this.#endPass();
    const { device } = this.#gpu;
    if (this.#recorded > 0) {
      const used = this.#recorded * PARAMETER_BYTES;
      this.#upload(this.#uniforms, 0, new Uint8Array(this.#parameters.buffer, 0, used));
    }
    if (this.#integersBuffer !== null && this.#integersUsed > 0) {
      this.#upload(this.#integersBuffer, 0, this.#integers.subarray(0, this.#integersUsed));
    }
    const collectTimes = this.timer?.resolve(this.#encoder);
    device.queue.submit([this.#encoder.finish()]);
    collectTimes?.();
    this.#encoder = null;
    this.#recorded = 0;
    this.#integersUsed = 0;
    this.traffic.submissions++;
  }

  [Symbol.dispose](): void {
    this.#uniforms.destroy();
    this.#integersBuffer?.destroy();
  }

  #openEncoder(): GPUCommandEncoder {
    return this.#encoder ??= this.#gpu.device.createCommandEncoder();
  }

  #openPass(name: string): GPUComputePassEncoder {
    if (this.timer !== null) {
      this.#endPass();
      return this.#pass = this.#openEncoder().beginComputePass(this.timer.pass(name));
    }
    return this.#pass ??= this.#openEncoder().beginComputePass();
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }

  #upload(buffer: GPUBuffer, offset: number, data: Float32Array | Int32Array | Uint8Array): void {
    // Shared memory may not be given to WebGPU: it is copied first.
    const isShared = typeof SharedArrayBuffer !== "undefined" && data.buffer instanceof SharedArrayBuffer;
    const own = isShared ? data.slice() : data;
    this.#gpu.device.queue.writeBuffer(buffer, offset, own as Uint8Array<ArrayBuffer>);
    this.traffic.writtenBytes += data.byteLength;
  }

  /** The binding's offset in elements; integers are put behind those of earlier dispatches. */
  #place(binding: Binding): number {
    if (!(binding instanceof Int32Array)) {
      binding.block.usedBy = this.traffic.submissions;
      this.traffic.touchedBytes += binding.size * (binding.dtype === "f16" ? 2 : ELEMENT_BYTES);
      return binding.offset;
    }
    const offset = this.#integersUsed;
    this.#integers.set(binding, offset);
    this.#integersUsed += binding.length;
    return offset;
  }

  #growIntegers(count: number): void {
    this.#integersBuffer?.destroy();
    this.#integers = new Int32Array(2 ** Math.ceil(Math.log2(count)));
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    this.#integersBuffer = this.#gpu.device.createBuffer({ size: this.#integers.byteLength, usage });
  }

  #bindGroupOf(layout: GPUBindGroupLayout, access: string, bindings: readonly Binding[]): GPUBindGroup {
    const integers = { id: `i${this.#integers.length}`, buffer: this.#integersBuffer! };
    const buffers = bindings.map((binding) => binding instanceof Int32Array ? integers : binding.block);
    const key = `${access} ${buffers.map(({ id }) => id).join(" ")}`;
    const known = this.#bindGroups.get(key);
    if (known !== undefined) return known;
    const parameters = { buffer: this.#uniforms, size: PARAMETER_BYTES };
    const resources = [parameters, ...buffers.map(({ buffer }) => ({ buffer }))];
    const entries = resources.map((resource, binding) => ({ binding, resource }));
    const group = this.#gpu.device.createBindGroup({ layout, entries });
    if (this.#bindGroups.size === BIND_GROUPS_KEPT) this.#bindGroups.clear();
    this.#bindGroups.set(key, group);
    return group;
  }

  /** Compiled when first asked for. A kernel that does not compile makes the device fail. */
  #pipelineOf(kernel: Kernel, layout: GPUBindGroupLayout): GPUComputePipeline {
    const known = this.#pipelines.get(kernel);
    if (known !== undefined) return known;
    const { name: label, wgsl: code } = kernel;
    const { device } = this.#gpu;
    const pipeline = this.#gpu.watch(
      "validation",
      (error) => new DeviceError(`internal: kernel ${label} does not compile: ${error.message}`),
      () =>
        device.createComputePipeline({
          label,
          layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
          compute: { module: device.createShaderModule({ label, code }), entryPoint: "main" },
        }),
    );
    this.#pipelines.set(kernel, pipeline);
    return pipeline;
  }

  /** The same for all kernels with the same accesses, so that they share bind groups. */
  #layoutOf(access: string): GPUBindGroupLayout {
    let layout = this.#layouts.get(access);
    if (layout === undefined) {
      const types = Array.from(access, (letter) => letter === "w" ? "storage" : "read-only-storage");
      const entries = (["uniform", ...types] as GPUBufferBindingType[]).map((type, binding) => {
        const buffer = { type, hasDynamicOffset: binding === 0 };
        return { binding, visibility: GPUShaderStage.COMPUTE, buffer };
      });
      layout = this.#gpu.device.createBindGroupLayout({ entries });
      this.#layouts.set(access, layout);
    }
    return layout;
  }
}

function checkAlive(operation: string, { isAlive }: GpuTensor): void {
  if (!isAlive) throw new RangeError(`internal: ${operation}: a tensor whose scope was closed`);
}

/** What the processor writes and reads has 4 bytes an element: halves are for kernels alone. */
function checkCopied(operation: string, tensor: GpuTensor): void {
  checkAlive(operation, tensor);
  if (tensor.dtype === "f16") throw new RangeError(`internal: ${operation}: a tensor of f16`);
}

function checkCall(kernel: Kernel, bindings: readonly Binding[], numbers: readonly number[]): void {
  const { name, access } = kernel;
  const given = `${bindings.length} buffers and ${numbers.length} numbers`;
  const declared = `${access.length} buffers and ${kernel.numbers.length} numbers`;
  if (given !== declared) throw new RangeError(`internal: ${name}: ${given} given, ${declared} declared`);
  for (const [i, binding] of bindings.entries()) {
    if (binding instanceof Int32Array) continue;
    checkAlive(name, binding);
    if (access[i] === "r") continue;
    const isElsewhere = bindings.some((other, j) =>
      j !== i && !(other instanceof Int32Array) && other.block === binding.block
    );
    if (isElsewhere) throw new RangeError(`internal: ${name}: buffer ${i} is written and bound twice`);
  }
}

/** `count` workgroups in three dimensions, at least as many, none above the limit. */
function folded(count: number, limit: number): [number, number, number] {
  const x = Math.min(count, limit);
  if (x === 0) return [0, 1, 1];
  const y = Math.min(Math.ceil(count / x), limit);
  return [x, y, Math.ceil(count / (x * y))];
}
