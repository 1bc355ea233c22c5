// The seam's operations as WGSL kernels, everything on the device. The room owns the GPU's memory, its queue
// of commands and every line of WGSL; which backend runs is chosen above (choose.ts). Read backend.ts first
// (which operation is which function), then kernel.ts (what a kernel is) and kernels/add.ts (the smallest).
export { WebGpuBackend, type WebGpuOptions } from "./backend.ts";
export { adapterName, defaultGpu, findAdapter, isSoftwareAdapter } from "./device.ts";
export { measureTiles, type TileStore, tunedTiles } from "./autotune.ts";
export type { MatmulTileName, MatmulTiles } from "./kernels/matmul_tiles.ts";
