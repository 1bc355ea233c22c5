// An adapter that was found, and a device with the adapter's own limits. A device's asynchronous failures
// (lost, out of memory, a kernel that does not compile) are kept, so that the next call throws them: nothing
// goes on with wrong results, and nothing hangs.
import { DeviceError } from "../../errors.ts";

/** What kernels and buffers depend on, and the least that they need (WebGPU guarantees these). */
const NEEDED_LIMITS = {
  maxBufferSize: 268435456,
  maxStorageBufferBindingSize: 134217728,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 256,
  maxComputeWorkgroupSizeZ: 64,
  maxComputeWorkgroupsPerDimension: 65535,
} as const;

const WANTED_FEATURES = ["shader-f16", "timestamp-query"] as const satisfies readonly string[];

const RESUME_HINT = "Resume from the last checkpoint; if it happens again, " +
  "take a smaller model or contextLength, or --backend wasm.";

type DeviceLimits = Readonly<Record<keyof typeof NEEDED_LIMITS, number>>;

/** The page's or Deno's WebGPU; null where there is none. */
export function defaultGpu(): GPU | null {
  return (globalThis.navigator as { readonly gpu?: GPU } | undefined)?.gpu ?? null;
}

/** The fastest adapter of a machine; null where there is none. */
export async function findAdapter(gpu: GPU | null = defaultGpu()): Promise<GPUAdapter | null> {
  return await gpu?.requestAdapter({ powerPreference: "high-performance" }) ?? null;
}

/** Whether the "GPU" is a program on the processor (lavapipe, SwiftShader, WARP): right, but slow. */
export function isSoftwareAdapter(adapter: GPUAdapter): boolean {
  return (adapter.info as { readonly isFallbackAdapter?: boolean }).isFallbackAdapter === true ||
    /llvmpipe|lavapipe|swiftshader|basic render|\bcpu\b/i.test(adapterName(adapter));
}

/** What a user recognises the adapter by. */
export function adapterName({ info }: GPUAdapter): string {
  if (info.description !== "") return info.description;
  return [info.vendor, info.architecture, info.device].filter((part) => part !== "").join(" ") ||
    "unnamed GPU";
}

export class GpuDevice implements Disposable {
  readonly name: string;
  readonly isSoftware: boolean;
  /** Which of shader-f16 and timestamp-query there are. */
  readonly features: ReadonlySet<string>;
  readonly #lost: Promise<void>;
  #failure: DeviceError | null = null;
  #isDisposed = false;

  /** @param device itself: memory.ts and queue.ts use it, kernels do not */
  private constructor(readonly device: GPUDevice, adapter: GPUAdapter, readonly limits: DeviceLimits) {
    this.name = adapterName(adapter);
    this.isSoftware = isSoftwareAdapter(adapter);
    this.features = new Set(WANTED_FEATURES.filter((feature) => device.features.has(feature)));
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      const { error } = event as GPUUncapturedErrorEvent;
      const isMemory = error.constructor.name === "GPUOutOfMemoryError";
      const refused = `internal: the GPU "${this.name}" refused a command: ${error.message}`;
      this.fail(isMemory ? outOfMemory(this.name, error.message) : new DeviceError(refused));
    });
    this.#lost = device.lost.then(({ reason, message }) => {
      if (this.#isDisposed) return;
      const what = `The GPU "${this.name}" was lost (${reason || "no reason given"}): ${message}`;
      this.fail(new DeviceError(what, { hint: RESUME_HINT }));
    });
  }

  /** @throws {DeviceError} when the adapter offers less than every WebGPU adapter must, or gives no device */
  static async open(adapter: GPUAdapter): Promise<GpuDevice> {
    const name = adapterName(adapter);
    const limits = Object.fromEntries(
      Object.entries(NEEDED_LIMITS).map(([limit, needed]) => {
        const value = adapter.limits[limit as keyof typeof NEEDED_LIMITS];
        if (value >= needed) return [limit, value];
        const what = `has ${limit} ${value}, at least ${needed} is needed`;
        throw new DeviceError(`The GPU "${name}" ${what}`, { hint: "Use --backend wasm on this machine." });
      }),
    ) as unknown as DeviceLimits;
    const requiredFeatures: GPUFeatureName[] = WANTED_FEATURES.filter((name) => adapter.features.has(name));
    try {
      const device = await adapter.requestDevice({ requiredLimits: { ...limits }, requiredFeatures });
      return new GpuDevice(device, adapter, limits);
    } catch (cause) {
      const hint = "Another program may hold it, or its driver is too old; --backend wasm needs no GPU.";
      throw new DeviceError(`Cannot open the GPU "${name}": ${(cause as Error).message}`, { cause, hint });
    }
  }

  /** @throws {DeviceError} what went wrong on the device since it was opened */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** The error behind a failed wait: what the device tells within a second, else the wait's own. */
  async failure(cause: Error): Promise<DeviceError> {
    if (this.#failure === null) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const second = new Promise((resolve) => timer = setTimeout(resolve, 1000));
      await Promise.race([this.#lost, second]);
      clearTimeout(timer);
    }
    const what = `Cannot read from the GPU "${this.name}": ${cause.message}`;
    return this.#failure ?? new DeviceError(what, { cause, hint: RESUME_HINT });
  }

  /** Keep what went wrong, for whoever calls next; only the first is kept, the others follow from it. */
  fail(error: DeviceError): void {
    this.#failure ??= error;
  }

  /** Watch what `call` does for errors of one kind: `describe` makes them readable. */
  watch<T>(kind: GPUErrorFilter, describe: (error: GPUError) => DeviceError, call: () => T): T {
    this.device.pushErrorScope(kind);
    try {
      return call();
    } finally {
      this.device.popErrorScope().then(
        (error) => error === null ? undefined : this.fail(describe(error)),
        () => {}, // the device was lost: that is told by device.lost
      );
    }
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.fail(new DeviceError(`internal: the GPU "${this.name}" was closed`));
    this.device.destroy();
  }
}

export function outOfMemory(name: string, details: string): DeviceError {
  const hint = "Take a smaller model or contextLength, --gpu-storage f16, close other programs that use " +
    "the GPU, or use --backend wasm.";
  return new DeviceError(`The GPU "${name}" has not enough memory: ${details}`, { hint });
}
