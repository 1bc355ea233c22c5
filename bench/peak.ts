/** The speed that the matrix kernel reaches when nothing but its arithmetic counts: what every other figure is a share of. */
import type { WasmBackend } from "../src/backend/wasm/mod.ts";
import { bestCpuMs } from "./cpu_time.ts";

/**
 * (T, N, K) of products whose panels stay in the first-level cache (6 x K of one side, K x 16 of the other), in several proportions: which one is
 * the fastest depends on the processor.
 */
const SHAPES = [[96, 64, 256], [192, 128, 256], [192, 256, 256], [192, 512, 256], [192, 256, 192]] as const;

/** The best rate of one thread over the shapes, packing of the input included, of the weight not. GFLOP/s. */
export function measurePeak(backend: WasmBackend, budgetMs: number): number {
  const rates = SHAPES.map(([T, N, K]) => {
    const [out, inp, weight] = [backend.allocate([T, N]), backend.allocate([T, K]), backend.allocate([N, K])];
    backend.write(inp, new Float32Array(T * K).fill(0.5));
    backend.write(weight, new Float32Array(N * K).fill(0.25));
    const ms = bestCpuMs(() => backend.linearForward(out, inp, weight), budgetMs / SHAPES.length);
    return 2 * T * N * K / ms / 1e6;
  });
  return Math.max(...rates);
}
