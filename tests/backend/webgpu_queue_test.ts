/**
 * The queue and the memory: order of writes and kernels, integers among the parameters, buffers that are used
 * again, figures.
 */
import { assert, assertEquals } from "@std/assert";
import { profileKernels } from "../../bench/gpu_profile.ts";
import { kernel } from "../../src/backend/webgpu/kernel.ts";
import { gpuTest } from "./gpu_test_case.ts";

/** out[0] = out[0] * 3 + the sum of numbers. */
const SUM_UP = kernel("sum up", () => ({
  parameters: "count: u32",
  bindings: "rw out: f32, numbers: i32",
  threads: 1,
  main: `var sum = out[p.offset_out] * 3.0;
  for (var i = 0u; i < p.count; i++) { sum += f32(numbers[p.offset_numbers + i]); }
  out[p.offset_out] = sum;`,
}));

gpuTest(
  "webgpu: kernels and writes take effect in the order of the calls, over many submissions",
  async (backend) => {
    const [a, b] = [backend.allocate([4]), backend.allocate([4])];
    const reads: Promise<Float32Array>[] = [];
    for (let i = 0; i < 300; i++) {
      backend.write(b, Float32Array.of(1, 2, 3, i));
      backend.add(a, b);
      if (i % 100 === 0) reads.push(backend.read(a));
    }
    backend.zero(b);
    backend.add(a, b);
    assertEquals(await backend.read(a), Float32Array.of(300, 600, 900, 299 * 150));
    const sums = (n: number): Float32Array => Float32Array.of(n, 2 * n, 3 * n, n * (n - 1) / 2);
    assertEquals(await Promise.all(reads), [1, 101, 201].map(sums));
  },
);

gpuTest("webgpu: integers travel with the parameters, also more than fit at once", async (backend) => {
  const out = backend.memory.allocate([3]);
  backend.zero(out);
  const place = backend.memory.view(out, 1, [1]);
  let expected = 0;
  const numbers = new Int32Array(1);
  for (let i = 0; i < 10; i++) {
    numbers[0] = i; // taken at once, so the array may be used again
    backend.queue.run(SUM_UP, [place, numbers], [1], [1, 1]);
    expected = 3 * expected + i;
  }
  for (const count of [0, 9000, 9000, 50_000]) {
    backend.queue.run(SUM_UP, [place, new Int32Array(count).fill(1)], [count], [1, 1]);
    expected = 3 * expected + count;
  }
  assertEquals(await backend.read(out), Float32Array.of(0, expected, 0));
});

gpuTest("webgpu: a step like the one before allocates nothing", (backend) => {
  const step = (): void => {
    using _scope = backend.scope();
    const tensors = [[100], [7, 33], [1000], [3]].map((shape) => backend.allocateUninitialized(shape));
    for (const tensor of tensors) backend.add(tensor, backend.allocate(tensor.shape));
  };
  step();
  const { reservedBytes } = backend.memory;
  for (let i = 0; i < 5; i++) step();
  assertEquals(backend.memory.reservedBytes, reservedBytes);
  return Promise.resolve();
});

gpuTest("webgpu: steps of other lengths share their memory, and get what they asked for", async (backend) => {
  const step = async (rows: number): Promise<void> => {
    using _scope = backend.scope();
    const stream = backend.allocate([rows, 100]);
    const ones = backend.allocateUninitialized([rows, 100]);
    backend.write(ones, new Float32Array(ones.size).fill(rows));
    for (let layer = 0; layer < 10; layer++) {
      const branch = backend.allocateUninitialized([rows, 100]);
      backend.residualForward(branch, null, ones, null);
      backend.add(stream, branch);
    }
    assertEquals(await backend.read(stream), new Float32Array(stream.size).fill(10 * rows));
  };
  let most = 0;
  for (const rows of [60, 100, 80, 64, 71, 99, 65, 101, 90]) {
    await step(rows);
    most = Math.max(most, rows * 100 * 4 * 12);
  }
  assert(backend.memory.reservedBytes < 1.3 * most, `${backend.memory.reservedBytes} for ${most} bytes`);
});

gpuTest("webgpu: shared memory can be written, and read into", async (backend) => {
  const shared = new Float32Array(new SharedArrayBuffer(12));
  shared.set([1, 2, 3]);
  const tensor = backend.allocate([3]);
  backend.write(tensor, shared);
  backend.add(tensor, tensor);
  assertEquals([...await backend.read(tensor, shared)], [2, 4, 6]);
  assertEquals([...shared], [2, 4, 6]);
});

gpuTest("webgpu: bytes, dispatches and the kernels' times are counted", async (backend) => {
  const { traffic } = backend.queue;
  const [a, b] = [backend.allocate([1000]), backend.allocate([1000])];
  const before = { ...traffic };
  backend.write(a, new Float32Array(1000));
  const times = await profileKernels(backend, async () => {
    for (let i = 0; i < 200; i++) backend.add(a, b);
    await backend.read(a);
    backend.geluForward(b, a);
  });
  assertEquals(traffic.dispatches - before.dispatches, 201);
  assertEquals(traffic.readBytes - before.readBytes, 4000);
  assert(traffic.writtenBytes - before.writtenBytes >= 4000);
  assert(traffic.submissions - before.submissions >= 3);
  if (times === null) return; // no timestamp queries
  const calls = times.map(({ name, calls }) => [name, calls]).sort();
  assertEquals(calls, [["add vec4<f32>, vec4<f32>", 200], ["gelu forward vec4<f32>, vec4<f32>", 1]]);
  assert(times.every(({ gpuMs }) => gpuMs >= 0 && gpuMs < 60_000));
});
