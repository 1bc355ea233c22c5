/** The cross-entropy head on the GPU against the reference backend. */
import { assert, assertEquals } from "@std/assert";
import { crossEntropyHead } from "../../src/backend/webgpu/kernels/cross_entropy.ts";
import type { WebGpuBackend } from "../../src/backend/webgpu/mod.ts";
import { assertNear } from "./assert_near.ts";
import { assertLikeReference, Inputs, type Operation } from "./compare.ts";
import { gpuTest } from "./gpu_test_case.ts";

/** Of T rows, C columns and V tokens; some targets are ignored. */
function head([T, C, V]: readonly [number, number, number], hasGradients: boolean): Operation {
  return (inputs) => {
    const [losses, dHidden, dTable] = [inputs.output(T), inputs.output(T, C), inputs.floats([V, C])];
    const [hidden, table] = [inputs.floats([T, C]), inputs.floats([V, C])];
    const gradients = hasGradients ? { dHidden, dTable, rowScales: inputs.floats([T]) } : null;
    inputs.backend.crossEntropyHead(losses, hidden, table, inputs.integers(T, -1, V), gradients);
    return hasGradients ? [losses, dHidden, dTable] : [losses];
  };
}

gpuTest("webgpu: cross-entropy with the output projection equals the reference's", async (backend) => {
  for (const sizes of [[1, 1, 1], [3, 5, 7], [9, 36, 1100], [70, 33, 61]] as const) {
    for (const hasGradients of [true, false]) {
      await assertLikeReference(backend, `[${sizes.join(", ")}]`, head(sizes, hasGradients), 1e-5);
    }
  }
});

gpuTest(
  "webgpu: rows in blocks give the losses of all rows at once, the same bytes twice",
  async (backend) => {
    using _scope = backend.scope();
    const [T, C, V] = [150, 5, 61];
    const inputs = new Inputs(backend, 1);
    const [hidden, table] = [inputs.floats([T, C]), inputs.floats([V, C])];
    const targets = inputs.integers(T, -1, V);
    const rowScales = inputs.floats([T]);
    const run = async (mostLogits: number): Promise<Float32Array[]> => {
      const [losses, dHidden, dTable] = [inputs.output(T), inputs.output(T, C), backend.allocate([V, C])];
      crossEntropyHead(backend, losses, hidden, table, targets, { dHidden, dTable, rowScales }, mostLogits);
      return await Promise.all([losses, dHidden, dTable].map((tensor) => backend.read(tensor)));
    };
    const [once, blocks] = [await run(2 ** 20), await run(64 * V)]; // blocks of 64, 64 and 22 rows
    assertEquals(await run(64 * V), blocks);
    assertEquals(blocks[0], once[0]);
    assertNear(blocks[1]!, once[1]!, { bound: 1e-6, what: "dHidden" });
    assertNear(blocks[2]!, once[2]!, { bound: 1e-6, what: "dTable" });
  },
);

gpuTest("webgpu: the head's memory does not grow with the logits of more rows", (backend) => {
  const V = 1000;
  const reserved = (T: number): number => {
    using _scope = backend.scope();
    const inputs = new Inputs(backend, 1);
    const [losses, hidden, table] = [inputs.output(T), inputs.floats([T, 1]), inputs.floats([V, 1])];
    crossEntropyHead(backend, losses, hidden, table, inputs.integers(T, 0, V), null, 64 * V);
    return backend.memory.reservedBytes;
  };
  const before = reserved(64);
  const grown = reserved(640) - before;
  assert(grown < 64 * V * 4, `${grown} bytes more for 640 rows, whose logits are ${640 * V * 4}`);
  return Promise.resolve();
});

gpuTest("webgpu: large logits neither overflow nor lose the loss", async (backend: WebGpuBackend) => {
  await assertLikeReference(backend, "logits of some thousands", (inputs) => {
    const losses = inputs.output(2);
    const [hidden, table] = [inputs.floats([2, 3], 100), inputs.floats([5, 3], 100)];
    inputs.backend.crossEntropyHead(losses, hidden, table, inputs.integers(2, 0, 5), null);
    return [losses];
  }, 1e-5);
});
