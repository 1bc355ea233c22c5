/** The wasm backend: Rust SIMD kernels (kernels/) in one linear memory a thread. See backend.ts. */
export { WasmBackend, type WasmBackendOptions } from "./backend.ts";
export { compileKernels, type TileName } from "./kernels.ts";
