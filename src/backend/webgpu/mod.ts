/** The WebGPU backend: WGSL kernels, one operation a file, everything on the device. See backend.ts. */
export { WebGpuBackend } from "./backend.ts";
export { adapterName, defaultGpu, findAdapter, isSoftwareAdapter } from "./device.ts";
