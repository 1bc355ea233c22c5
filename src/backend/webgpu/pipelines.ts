/** A device's pipelines: each kernel compiled once, one layout for those that access buffers the same way. */
import { DeviceError } from "../../errors.ts";
import type { GpuDevice } from "./device.ts";
import type { Kernel } from "./kernel.ts";

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

export class Pipelines {
  readonly #pipelines = new Map<Kernel, Pipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(readonly gpu: GpuDevice) {}

  /** A kernel's pipeline, compiled when first asked for. One that does not compile makes the device fail. */
  of(kernel: Kernel): Pipeline {
    const known = this.#pipelines.get(kernel);
    if (known !== undefined) return known;
    const { name: label, wgsl: code, access } = kernel;
    const { device } = this.gpu;
    const layout = this.#layoutOf(access);
    const pipeline = this.gpu.watch(
      "validation",
      (error) => new DeviceError(`internal: kernel ${label} does not compile: ${error.message}`),
      () =>
        device.createComputePipeline({
          label,
          layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
          compute: { module: device.createShaderModule({ label, code }), entryPoint: "main" },
        }),
    );
    const made = { pipeline, layout };
    this.#pipelines.set(kernel, made);
    return made;
  }

  /** One layout for all kernels with the same accesses, so that they share bind groups. */
  #layoutOf(access: string): GPUBindGroupLayout {
    let layout = this.#layouts.get(access);
    if (layout === undefined) {
      const types = Array.from(access, (letter) => letter === "w" ? "storage" : "read-only-storage");
      layout = this.gpu.device.createBindGroupLayout({
        entries: ["uniform" as const, ...types].map((type, binding) => ({
          binding,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type, hasDynamicOffset: binding === 0 },
        })),
      });
      this.#layouts.set(access, layout);
    }
    return layout;
  }
}
