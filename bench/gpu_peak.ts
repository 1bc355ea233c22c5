/**
 * The fused multiply-adds per second that a GPU reaches when nothing but its arithmetic counts: a kernel that
 * keeps everything in registers. What the products' figures are a share of; drivers do not tell it.
 */
import { kernel } from "../src/backend/webgpu/kernel.ts";
import type { GpuTensor } from "../src/backend/webgpu/memory.ts";
import type { WebGpuBackend } from "../src/backend/webgpu/mod.ts";
import { timedOnGpu } from "./gpu_time.ts";

const THREADS = 256;
/** Independent chains of vec4 in each thread: more than the latency of an instruction hides. */
const CHAINS = 8;
const ROUNDS = 512;
/** Multiply-adds of a workgroup, two operations each. */
const GROUP_FLOPS = 2 * THREADS * CHAINS * 4 * ROUNDS;

/**
 * Gigaflops of 32-bit multiply-adds, the best of several numbers of workgroups, as far as the budget goes.
 */
export async function findGpuPeak(backend: WebGpuBackend, budgetMs: number): Promise<number> {
  using _scope = backend.scope();
  const chains = Array.from({ length: CHAINS }, (_, i) => i);
  const source = kernel("multiply-add peak", () => ({
    parameters: "rounds: u32",
    bindings: "rw out: f32",
    threads: THREADS,
    main: `let x = vec4<f32>(0.9999f, 0.9998f, 0.9997f, 0.9996f);
  let y = vec4<f32>(f32((group.x * ${THREADS}u + thread) & 255u) * 1e-6f);
${chains.map((i) => `  var a${i} = vec4<f32>(${i}.5f);`).join("\n")}
  for (var r = 0u; r < p.rounds; r += 1u) {
${chains.map((i) => `    a${i} = fma(a${i}, x, y);`).join("\n")}
  }
  let sum = ${chains.map((i) => `a${i}`).join(" + ")};
  if (sum.x + sum.y + sum.z + sum.w == 12345.0f) { out[p.offset_out] = sum.x; }`,
  }));
  const out = backend.allocate([1]) as GpuTensor;
  let best = 0;
  for (const groups of [64, 1024, 16384]) {
    const ms = await timedOnGpu(
      backend,
      () => backend.queue.run(source, [out], [ROUNDS], [groups, 1]),
      out,
      budgetMs / 3,
    );
    best = Math.max(best, groups * GROUP_FLOPS / ms / 1e6);
    if (ms > budgetMs / 3) break;
  }
  return best;
}
