/**
 * The WebGPU backend: the seam's operations as WGSL kernels, everything on the device. It owns the GPU's
 * memory, its queue of commands and every line of WGSL; which backend runs is chosen above (choose.ts). Read
 * backend.ts first (which operation is which function), then kernel.ts (what a kernel is) and
 * kernels/value_residual.ts (the smallest).
 */
export { WebGpuBackend, type WebGpuOptions } from "./backend.ts";
export { adapterName, defaultGpu, findAdapter, isSoftwareAdapter } from "./device.ts";
export { measureTiles, tunedTiles } from "./autotune.ts";
export type { TileStore } from "./autotune.ts";
export type { MatmulTileName, MatmulTiles } from "./kernels/matmul_tiles.ts";
