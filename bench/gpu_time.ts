/**
 * How long the GPU works at what was called: by its own clock where it has one (timestamp queries), else by
 * ours, which sees the calls as well.
 */
import type { Tensor } from "../src/backend/mod.ts";
import type { WebGpuBackend } from "../src/backend/webgpu/mod.ts";
import { profileKernels } from "./gpu_profile.ts";

/** How often the measurement is repeated; the best counts. */
const REPEATS = 3;
/** Most calls in a row. */
const MOST_CALLS = 1024;

/**
 * Milliseconds of one call.
 *
 * @param run only hands work to the backend
 * @param output one that `run` writes: reading its first element waits for the device
 * @param budgetMs about as much is spent
 */
export async function timedOnGpu(
  backend: WebGpuBackend,
  run: () => void,
  output: Tensor,
  budgetMs: number,
): Promise<number> {
  const first = backend.view(output, 0, [1]);
  const row = async (calls: number): Promise<number> => {
    const started = performance.now();
    const kernels = await profileKernels(backend, async () => {
      for (let i = 0; i < calls; i++) run();
      await backend.read(first);
    });
    const ms = kernels?.reduce((sum, { gpuMs }) => sum + gpuMs, 0) ?? performance.now() - started;
    return ms / calls;
  };
  await row(1); // compiles
  const started = performance.now();
  const alone = await row(1);
  const once = performance.now() - started;
  if (once > budgetMs) return alone;
  const calls = Math.min(MOST_CALLS, Math.max(1, Math.floor(budgetMs / REPEATS / once)));
  let best = Infinity;
  for (let repeat = 0; repeat < REPEATS; repeat++) best = Math.min(best, await row(calls));
  return best;
}
