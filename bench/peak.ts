/**
 * The speed that the matrix kernel reaches when nothing but its arithmetic counts: what every other figure is
 * a share of. A processor's speed changes from one moment to the next (its clock, a neighbour on the same
 * core of a virtual machine), so a share is always of the peak measured beside it.
 */
import type { WasmBackend } from "../src/backend/wasm/mod.ts";
import { Stretch } from "./cpu_time.ts";

/**
 * (T, N, K) of products whose panels stay in the first-level cache (6 x K of one side, K x 16 of the other),
 * in several proportions: which one is the fastest depends on the processor.
 */
const SHAPES = [[96, 64, 256], [192, 128, 256], [192, 256, 256], [192, 512, 256], [192, 256, 192]] as const;

/** The product that runs at the peak. */
export interface PeakProduct {
  readonly run: () => void;
  /** Of one run. */
  readonly flops: number;
  /**
   * The best rate of one thread when it was chosen, packing of the input included, of the weight not.
   * GFLOP/s.
   */
  readonly gigaflops: number;
}

/** The fastest of the shapes, tried in turns. Its tensors live as long as the backend. */
export function findPeak(backend: WasmBackend, budgetMs: number): PeakProduct {
  const products = SHAPES.map(([T, N, K]) => {
    const [out, inp, weight] = [backend.allocate([T, N]), backend.allocate([T, K]), backend.allocate([N, K])];
    backend.write(inp, new Float32Array(T * K).fill(0.5));
    backend.write(weight, new Float32Array(N * K).fill(0.25));
    const run = (): void => backend.linearForward(out, inp, weight);
    return { run, flops: 2 * T * N * K, stretch: new Stretch(run) };
  });
  const end = performance.now() + budgetMs;
  while (performance.now() < end) for (const { stretch } of products) stretch.time();
  return products
    .map(({ run, flops, stretch }) => ({ run, flops, gigaflops: flops / stretch.bestMs / 1e6 }))
    .reduce((best, product) => product.gigaflops > best.gigaflops ? product : best);
}
