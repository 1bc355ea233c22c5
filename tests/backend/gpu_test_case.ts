/**
 * Tests on a GPU: ignored, with the reason in their names, where there is no adapter. A software one
 * (lavapipe) is enough.
 */
import { findAdapter, WebGpuBackend, type WebGpuOptions } from "../../src/backend/webgpu/mod.ts";

// Without it, drivers on Linux print an error line each time.
if (Deno.build.os === "linux" && !Deno.env.has("XDG_RUNTIME_DIR")) Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
const adapter = await findAdapter();

/** Whether there is an adapter, real or software. */
export const HAS_GPU = adapter !== null;

/** A name that says why a test does not run. */
export function gpuTestName(name: string): string {
  return HAS_GPU ? name : `${name} (ignored: no WebGPU adapter)`;
}

/** Whether its adapter can store f16. */
export const HAS_HALVES = adapter?.features.has("shader-f16") === true;

/** The same for a test that stores f16. */
export function halfTestName(name: string): string {
  return HAS_GPU && !HAS_HALVES ? `${name} (ignored: the adapter has no shader-f16)` : gpuTestName(name);
}

/** Opens a backend on a fresh adapter: an adapter gives one device. */
export async function openGpu(options: WebGpuOptions = {}): Promise<WebGpuBackend> {
  return await WebGpuBackend.create((await findAdapter())!, options);
}

/** A test with a backend of its own. */
export function gpuTest(name: string, run: (backend: WebGpuBackend) => Promise<void>): void {
  Deno.test({
    name: gpuTestName(name),
    ignore: !HAS_GPU,
    fn: async () => {
      using backend = await openGpu();
      await run(backend);
    },
  });
}

/** A test with a backend of its own that stores activations as f16. */
export function halfTest(name: string, run: (backend: WebGpuBackend) => Promise<void>): void {
  Deno.test({
    name: halfTestName(name),
    ignore: !HAS_HALVES,
    fn: async () => {
      using backend = await openGpu({ storage: "f16" });
      await run(backend);
    },
  });
}
