// Which backend runs: chosen once on the main thread, opened where it computes.
import type { BackendName, GpuStorage } from "../config.ts";
import { DeviceError, UsageError } from "../errors.ts";
import type { Backend } from "./mod.ts";
import { ReferenceBackend } from "./reference/mod.ts";
import { compileKernels, multiplyAddRounding, type TileName, WasmBackend } from "./wasm/mod.ts";
import {
  adapterName,
  defaultGpu,
  findAdapter,
  isSoftwareAdapter,
  type MatmulTiles,
  measureTiles,
  type TileStore,
  tunedTiles,
  WebGpuBackend,
} from "./webgpu/mod.ts";

/** A choice that can be posted to a worker. `reason` says why, where the name alone does not. */
export type BackendChoice =
  & { readonly reason?: string }
  & (
    | { readonly kind: "reference" }
    | {
      readonly kind: "wasm";
      readonly module: WebAssembly.Module;
      readonly tile: TileName;
      /** What one thread reached with it, in GFLOP/s, where it was measured. */
      readonly gigaflops?: number;
    }
    | {
      readonly kind: "webgpu";
      readonly adapter: string;
      /** The fastest tiles of its matrix products, where they were measured. They change no bit. */
      readonly tiles?: MatmulTiles;
      /** How activations are stored. Default: f32 */
      readonly storage?: GpuStorage;
    }
  );

/** Options of {@linkcode chooseBackend}. */
export interface ChooseBackendOptions {
  /** Where adapters are looked for; null: nowhere. Default: navigator.gpu. */
  readonly gpu?: GPU | null;
  /** Keeps which tiles are fastest on a GPU (else measured in a second). Default: chosen by size. */
  readonly tileStore?: TileStore;
  /** How a GPU stores activations. Default: f32. */
  readonly storage?: GpuStorage;
}

/**
 * Decide what a backend's name means on this machine. `auto` is webgpu where there is a GPU, else wasm: a
 * software adapter is slower than the wasm kernels. Finding the faster wasm kernel takes 0.03 s or more.
 *
 * @throws {DeviceError} when `webgpu` is asked for and there is no adapter, or one that cannot be used
 * @throws {UsageError} when storage f16 is asked for and another backend than webgpu is chosen
 */
export async function chooseBackend(
  name: BackendName,
  options: ChooseBackendOptions = {},
): Promise<BackendChoice> {
  const choice = await choose(name, options);
  if (options.storage !== "f16" || choice.kind === "webgpu") return choice;
  const why = choice.reason === undefined ? "" : ` (${choice.reason})`;
  throw new UsageError(`Only backend webgpu stores activations as f16; this is ${choice.kind}${why}`, {
    hint: "Leave --gpu-storage out, or use --backend webgpu.",
  });
}

/** What a checkpoint records of what computed it: with another, a run goes on with other bits. */
export function recordedBackend(choice: BackendChoice): string {
  return choice.kind === "webgpu" && choice.storage === "f16" ? "webgpu f16" : choice.kind;
}

/** What a checkpoint records of how the wasm kernels round `a * b + c`; nothing for other backends. */
export function recordedMultiplyAdd(choice: BackendChoice): { readonly multiplyAdd?: string } {
  return choice.kind === "wasm" ? { multiplyAdd: multiplyAddRounding() } : {};
}

async function choose(
  name: BackendName,
  { gpu = defaultGpu(), ...options }: ChooseBackendOptions,
): Promise<BackendChoice> {
  if (name === "reference") return { kind: "reference" };
  if (name === "wasm") return await chooseWasm();
  const adapter = await findAdapter(gpu);
  const isSoftware = adapter !== null && isSoftwareAdapter(adapter);
  if (name === "webgpu") {
    if (adapter === null) throw noAdapter();
    const reason = isSoftware ? "a software adapter, for checks: slower than wasm" : "as asked for";
    return { ...await chooseGpu(adapter, options), reason };
  }
  name satisfies "auto";
  if (adapter === null) return { ...await chooseWasm(), reason: "no GPU adapter found" };
  if (isSoftware) {
    const reason = `the only GPU adapter is a software one, "${adapterName(adapter)}", which is slower`;
    return { ...await chooseWasm(), reason };
  }
  try {
    return { ...await chooseGpu(adapter, options), reason: "a GPU was found" };
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return { ...await chooseWasm(), reason: error.message };
  }
}

/** Open the chosen backend in this thread. @throws {DeviceError} when its GPU is gone, or cannot be opened */
export async function openBackend(choice: BackendChoice): Promise<Backend> {
  if (choice.kind === "reference") return new ReferenceBackend();
  if (choice.kind === "wasm") return await WasmBackend.create(choice);
  const adapter = await findAdapter();
  if (adapter === null) throw noAdapter();
  return await WebGpuBackend.create(adapter, choice);
}

async function chooseWasm(): Promise<BackendChoice & { readonly kind: "wasm" }> {
  const module = await compileKernels();
  using backend = await WasmBackend.create({ module });
  const { tile, gigaflops } = backend;
  return { kind: "wasm", module, tile, ...gigaflops !== undefined && { gigaflops } };
}

async function chooseGpu(
  adapter: GPUAdapter,
  { tileStore, storage = "f32" }: Pick<ChooseBackendOptions, "tileStore" | "storage">,
): Promise<BackendChoice & { readonly kind: "webgpu" }> {
  const stored = storage === "f32" ? {} : { storage };
  const choice = { kind: "webgpu", adapter: adapterName(adapter), ...stored } as const;
  using backend = await WebGpuBackend.create(adapter, { storage });
  if (tileStore === undefined || backend.device.isSoftware) return choice;
  const measure = (): Promise<MatmulTiles> => measureTiles(backend, { now: () => performance.now() });
  return { ...choice, tiles: await tunedTiles(choice.adapter, tileStore, measure) };
}

function noAdapter(): DeviceError {
  return new DeviceError("No GPU adapter was found, which backend webgpu needs", {
    hint: "Use --backend wasm, or install the GPU's driver (on Linux its Vulkan driver; " +
      "mesa-vulkan-drivers has a software one).",
  });
}
