/**
 * The wasm backend: Rust SIMD kernels (kernels/) in one linear memory a thread. Read backend.ts first, then
 * an operation in operations/. Not here: threads (src/train/engine), and the kernels' sources.
 */
export { WasmBackend, type WasmBackendOptions } from "./backend.ts";
export { compileKernels, type TileName } from "./kernels.ts";
export { multiplyAddRounding } from "./multiply_add.ts";
