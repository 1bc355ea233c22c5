/** The kernels as pipelines of one device: each is compiled once, and those that access their buffers in the same way share a layout. */
import { DeviceError } from "../../errors.ts";
import type { GpuDevice } from "./device.ts";
import type { KernelSource } from "./kernel.ts";

/** A kernel, compiled. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  /** "r" or "w" for each storage buffer. */
  readonly access: string;
}

/** See the top of this file. */
export class Pipelines {
  readonly #gpu: GpuDevice;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(gpu: GpuDevice) {
    this.#gpu = gpu;
  }

  /** A kernel's pipeline, compiled when it is first asked for. A kernel that does not compile makes the device fail. */
  of(kernel: KernelSource): Pipeline {
    const known = this.#pipelines.get(kernel.wgsl);
    if (known !== undefined) return known;
    const { device } = this.#gpu;
    const access = accessOf(kernel.wgsl);
    const layout = this.#layoutOf(access);
    const pipeline = this.#gpu.watch(
      "validation",
      (error) => new DeviceError(`internal: kernel ${kernel.name} does not compile: ${error.message}`),
      () =>
        device.createComputePipeline({
          label: kernel.name,
          layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
          compute: {
            module: device.createShaderModule({ label: kernel.name, code: kernel.wgsl }),
            entryPoint: "main",
          },
        }),
    );
    const made = { pipeline, layout, access };
    this.#pipelines.set(kernel.wgsl, made);
    return made;
  }

  /** One layout for all kernels with the same accesses, so that they share bind groups. */
  #layoutOf(access: string): GPUBindGroupLayout {
    const known = this.#layouts.get(access);
    if (known !== undefined) return known;
    const layout = this.#gpu.device.createBindGroupLayout({
      entries: [
        {
          binding: 0,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: "uniform" as const, hasDynamicOffset: true },
        },
        ...Array.from(access, (letter, i) => ({
          binding: i + 1,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: letter === "w" ? "storage" as const : "read-only-storage" as const },
        })),
      ],
    });
    this.#layouts.set(access, layout);
    return layout;
  }
}

/** "r" or "w" for each storage buffer that a kernel declares. */
function accessOf(wgsl: string): string {
  const declarations = [...wgsl.matchAll(/@binding\((\d+)\)\s*var<storage,\s*(read_write|read)>/g)];
  declarations.sort((a, b) => Number(a[1]) - Number(b[1]));
  return declarations.map(([, , access]) => access === "read" ? "r" : "w").join("");
}
