/**
 * What goes wrong on a GPU: limits, memory, a lost device, a broken kernel. Always an error, never a hang,
 * and nothing wrong is read.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { DeviceError } from "../../src/errors.ts";
import { kernel } from "../../src/backend/webgpu/kernel.ts";
import { findAdapter, WebGpuBackend } from "../../src/backend/webgpu/mod.ts";
import { gpuTest } from "./gpu_test_case.ts";

gpuTest("webgpu: a lost device ends reads under way and every later call with one error", async (backend) => {
  const [a, b] = [backend.allocate([1000]), backend.allocate([1000])];
  for (let i = 0; i < 300; i++) backend.add(a, b);
  const underWay = backend.read(a);
  backend.device.device.destroy();
  // The read may have been done before the device went.
  const outcome = await underWay.then(() => null, (error: unknown) => error);
  assert(outcome === null || outcome instanceof DeviceError, `${outcome}`);
  const error = await assertRejects(() => backend.read(a), DeviceError);
  assertStringIncludes(error.message, "was lost");
  assertStringIncludes(error.hint!, "Resume");
  const again = assertThrows(() => backend.add(a, b), DeviceError);
  assertEquals(again, error);
  assertThrows(() => backend.allocate([3]), DeviceError);
  assertThrows(() => backend.write(a, new Float32Array(1000)), DeviceError);
});

gpuTest("webgpu: a tensor beyond the limit of a buffer is refused, with both sizes", async (backend) => {
  const largest = Math.min(
    backend.device.limits.maxBufferSize,
    backend.device.limits.maxStorageBufferBindingSize,
  );
  const error = assertThrows(() => backend.allocateUninitialized([2 * largest / 4]), DeviceError);
  assertStringIncludes(error.message, `${2 * largest} bytes`);
  assertStringIncludes(error.message, `${largest}`);
  assertStringIncludes(error.hint!, "smaller");
  assertEquals(await backend.read(backend.allocate([2])), new Float32Array(2));
});

gpuTest(
  "webgpu: memory that is full is told, with what was asked for, at the next read at the latest",
  async (backend) => {
    const { device } = backend.device;
    const error = { message: "no room", constructor: { name: "GPUOutOfMemoryError" } } as unknown as GPUError;
    const popErrorScope = device.popErrorScope.bind(device);
    device.popErrorScope = () => popErrorScope().then(() => error);
    const told = await assertRejects(async () => {
      await backend.read(backend.allocate([1000]));
    }, DeviceError);
    assertStringIncludes(told.message, "has not enough memory: 4096 more bytes");
    assertStringIncludes(told.hint!, "smaller model");
  },
);

gpuTest(
  "webgpu: a kernel that does not compile is named, at the next read at the latest",
  async (backend) => {
    const tensor = backend.memory.allocate([4]);
    const broken = kernel("broken", () => ({ parameters: "", bindings: "rw x: f32", main: "(" }));
    const error = await assertRejects(async () => {
      backend.queue.run(broken, [tensor], [], [1, 1]);
      await backend.read(tensor);
    }, DeviceError);
    assertStringIncludes(error.message, "kernel broken does not compile");
  },
);

gpuTest(
  "webgpu: forged limits of workgroups fold the work into more dimensions: the same bits",
  async (backend) => {
    const adapter = (await findAdapter())!;
    using forged = await WebGpuBackend.create(adapter);
    Object.assign(forged.device.limits, { maxComputeWorkgroupsPerDimension: 8 });
    const values = Float32Array.from({ length: 40_003 }, (_, i) => Math.sin(i));
    const results = await Promise.all([backend, forged].map(async (backend) => {
      const [inp, out, sums] = [
        backend.allocate([values.length]),
        backend.allocate([values.length]),
        backend.allocate([20]),
      ];
      backend.write(inp, values);
      backend.geluForward(out, inp);
      backend.sumSquares(sums, out, 2001);
      return [await backend.read(out), await backend.read(sums)];
    }));
    assertEquals(results[1], results[0]);
  },
);

gpuTest(
  "webgpu: tensors of a closed scope, of another backend and of other shapes are refused",
  async (backend) => {
    using other = await WebGpuBackend.create((await findAdapter())!);
    const tensor = backend.allocate([4]);
    const stale = (() => {
      using _scope = backend.scope();
      return backend.allocate([4]);
    })();
    assertThrows(() => backend.add(tensor, stale), RangeError, "scope was closed");
    await assertRejects(() => backend.read(stale), RangeError, "scope was closed");
    assertThrows(() => backend.add(tensor, other.allocate([4])), RangeError, "not a tensor of this backend");
    assertThrows(() => backend.add(tensor, backend.allocate([5])), RangeError, "expected 5");
    assertThrows(() => backend.view(tensor, 2, [3]), RangeError, "view");
    const tokens = backend.allocate([1], "i32");
    backend.write(tokens, Int32Array.of(7));
    assertThrows(
      () => backend.embeddingForward(backend.allocate([1, 4]), tokens, backend.allocate([7, 4]), null, null),
      RangeError,
      "tokens has 7, expected 0 to 6",
    );
  },
);
