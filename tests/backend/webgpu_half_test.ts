/** Activations stored as f16: every operation that takes or makes them, against the reference backend. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { findAdapter, WebGpuBackend } from "../../src/backend/webgpu/mod.ts";
import { DeviceError } from "../../src/errors.ts";
import { assertLikeReference, type Operation, outputsOf } from "./compare.ts";
import { gpuTestName, halfTest, HAS_GPU } from "./gpu_test_case.ts";
import {
  attentionOperation,
  geluOperation,
  linearOperation,
  rmsNormOperation,
  rotaryOperation,
} from "./operations.ts";

/**
 * Of the output's root mean square. A stored number is off by at most 2^-11 of itself, or 2^-10 where the GPU
 * rounds towards zero, and the largest of normal numbers are 4 times their root mean square.
 */
const BOUND = 4 * 2 ** -10;

/** With and without vectors of four; products whole and in parts of K. */
const OPERATIONS: readonly (readonly [name: string, operation: Operation])[] = [
  ["linear layers", linearOperation([20, 12, 36])],
  ["linear layers of odd sizes, K in parts", linearOperation([9, 7, 261])],
  ["RMSNorm", rmsNormOperation([7, 66])],
  ["GELU", geluOperation()],
  ["rotary", rotaryOperation([5, 2, 18])],
  ["columns", (inputs) => {
    const [target, source] = [inputs.activation([5, 18]), inputs.activation([5, 13])];
    inputs.backend.addColumns(target, source, { to: 3, from: 8, count: 5 });
    return [target];
  }],
  ["attention of vectors", attentionOperation([33, 1, 0, 12], 2, 8)],
  ["attention of odd sizes, without dropout", attentionOperation([5, 34], 1, 5, null)],
];

halfTest("webgpu: operations on f16 equal the reference's to what f16 can store", async (backend) => {
  for (const [name, operation] of OPERATIONS) {
    await assertLikeReference(backend, name, operation, BOUND, { areHalves: true });
  }
});

halfTest(
  "webgpu: what is computed from f16 is float32: products are as accurate as ever",
  async (backend) => {
    const gradients: Operation = (inputs) => linearOperation([20, 12, 36])(inputs).slice(1);
    await assertLikeReference(backend, "gradients of a linear layer", gradients, 3e-6, { areHalves: true });
  },
);

halfTest("webgpu: operations on f16 give the same bytes twice", async (backend) => {
  for (const [, operation] of OPERATIONS) {
    assertEquals(await outputsOf(backend, operation), await outputsOf(backend, operation));
  }
});

halfTest("webgpu: f16 takes half the memory, and goes where it may only", async (backend) => {
  const shape = [64, 1024];
  const before = backend.memory.reservedBytes;
  const half = backend.allocateActivation(shape);
  assertEquals(backend.memory.reservedBytes - before, 2 * 64 * 1024);
  const [whole, tokens] = [backend.allocate(shape), backend.allocate([64], "i32")];
  backend.write(tokens, new Int32Array(64));
  assertThrows(() => backend.embeddingForward(half, tokens, whole, null, null), RangeError, "f16");
  assertThrows(() => backend.linearBackwardInput(half, whole, whole), RangeError, "expected");
  assertThrows(() => backend.write(half, new Float32Array(64 * 1024)), RangeError, "f16");
  await assertRejects(() => backend.read(half), RangeError, "f16");
});

Deno.test({
  name: gpuTestName("webgpu: an adapter without shader-f16 is refused with a hint"),
  ignore: !HAS_GPU,
  fn: async () => {
    const adapter = (await findAdapter())!;
    const forged = {
      info: adapter.info,
      limits: adapter.limits,
      features: new Set([...adapter.features].filter((feature) => feature !== "shader-f16")),
      requestDevice: (descriptor: GPUDeviceDescriptor) => adapter.requestDevice(descriptor),
    } as unknown as GPUAdapter;
    const error = await assertRejects(
      () => WebGpuBackend.create(forged, { storage: "f16" }),
      DeviceError,
      "shader-f16",
    );
    assertEquals(error.hint?.includes("--gpu-storage"), true);
  },
});
