/** The backends that every test of the seam runs on, and how far each may be from results in float64. */
import type { Backend } from "../../src/backend/mod.ts";
import { ReferenceBackend } from "../../src/backend/reference/mod.ts";
import { WasmBackend } from "../../src/backend/wasm/mod.ts";
import { gpuTestName, HAS_GPU, openGpu } from "./gpu_test_case.ts";

/** A backend under test. */
export interface TestedBackend {
  readonly name: string;
  /** Largest error of an operation's result, as a share of the expected result's largest magnitude. */
  readonly opBound: number;
  /** The same for a whole model's results. */
  readonly modelBound: number;
  open(): Promise<Backend>;
}

const WEBGPU: TestedBackend = { name: "webgpu", opBound: 1e-5, modelBound: 2e-5, open: openGpu };

// Whoever tests all backends shows that this one is missing.
if (!HAS_GPU) Deno.test({ name: gpuTestName("these tests with webgpu"), ignore: true, fn: () => {} });

/** Reference sums in float64 and rounds once; wasm and webgpu sum in float32. */
export const BACKENDS: readonly TestedBackend[] = [
  { name: "reference", opBound: 5e-7, modelBound: 5e-6, open: () => Promise.resolve(new ReferenceBackend()) },
  { name: "wasm 4x8", opBound: 1e-5, modelBound: 2e-5, open: () => WasmBackend.create({ tile: "4x8" }) },
  { name: "wasm 6x16", opBound: 1e-5, modelBound: 2e-5, open: () => WasmBackend.create({ tile: "6x16" }) },
  ...(HAS_GPU ? [WEBGPU] : []),
];
