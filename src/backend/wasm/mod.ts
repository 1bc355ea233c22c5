// The wasm backend: Rust SIMD kernels (kernels/) in one linear memory a thread. Read backend.ts first, then
// operations/, where each checks shapes, finds addresses and calls one kernel.
export { WasmBackend, type WasmBackendOptions } from "./backend.ts";
export { compileKernels, type TileName } from "./kernels.ts";
export { multiplyAddRounding } from "./multiply_add.ts";
