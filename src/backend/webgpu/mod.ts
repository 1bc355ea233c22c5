/** The WebGPU backend: WGSL kernels, one operation a file, everything on the device. See backend.ts. */
export { WebGpuBackend, type WebGpuOptions } from "./backend.ts";
export { adapterName, defaultGpu, findAdapter, isSoftwareAdapter } from "./device.ts";
export { measureTiles, tunedTiles } from "./autotune.ts";
export type { TileStore } from "./autotune.ts";
export type { MatmulTileName, MatmulTiles } from "./kernels/matmul.ts";
