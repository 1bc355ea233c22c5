/**
 * Matrix products on the GPU against the reference backend, and the bits that no choice of a tile may change.
 */
import { assert, assertEquals } from "@std/assert";
import type { GpuDevice } from "../../src/backend/webgpu/device.ts";
import type { Gpu } from "../../src/backend/webgpu/gpu.ts";
import type { WebGpuBackend } from "../../src/backend/webgpu/mod.ts";
import { matmul, type MatmulCall } from "../../src/backend/webgpu/kernels/matmul.ts";
import { matmulThreads } from "../../src/backend/webgpu/kernels/matmul_kernel.ts";
import {
  MATMUL_TILES,
  type MatmulTileName,
  partsOfK,
} from "../../src/backend/webgpu/kernels/matmul_tiles.ts";
import type { GpuTensor } from "../../src/backend/webgpu/memory.ts";
import { assertLikeReference, Inputs, outputsOf } from "./compare.ts";
import { gpuTest } from "./gpu_test_case.ts";
import { linearOperation } from "./operations.ts";

/**
 * [T, N, K]: multiples of nothing, single rows and columns, more than one tile in each direction, K cut into
 * parts.
 */
const PRODUCTS: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [3, 17, 5],
  [7, 47, 257],
  [13, 24, 16],
  [50, 9, 513],
  [300, 33, 70],
  [130, 132, 260],
];

gpuTest("webgpu: linear layers, all three products, equal the reference's", async (backend) => {
  for (const shape of PRODUCTS) {
    await assertLikeReference(backend, `products [${shape}]`, linearOperation(shape));
  }
});

gpuTest("webgpu: products of tensors that begin anywhere in their buffers", async (backend) => {
  const [T, N, K] = [10, 12, 16];
  for (const offset of [1, 2, 4]) {
    await assertLikeReference(backend, `offset ${offset}`, (inputs) => {
      const all = inputs.floats([offset + N * K]);
      const [inp, out] = [inputs.floats([T, K]), inputs.output(T, N)];
      inputs.backend.linearForward(out, inp, inputs.backend.view(all, offset, [N, K]));
      return [out];
    });
  }
});

gpuTest(
  "webgpu: products of few rows equal the reference's, a row's bits whatever their number",
  async (backend) => {
    for (const [N, K] of [[1, 1], [47, 257], [9, 512]] as const) {
      for (const T of [1, 4, 9]) {
        await assertLikeReference(backend, `few rows [${T}, ${N}, ${K}]`, (inputs) => {
          const out = inputs.output(T, N);
          inputs.backend.linearFewRows(out, inputs.floats([T, K]), inputs.floats([N, K]));
          return [out];
        });
      }
    }
    using _scope = backend.scope();
    const [T, N, K] = [7, 43, 300];
    const inputs = new Inputs(backend, 5);
    const [inp, weight, all] = [inputs.floats([T, K]), inputs.floats([N, K]), inputs.output(T, N)];
    backend.linearFewRows(all, inp, weight);
    const expected = await backend.read(all);
    for (let row = 0; row < T; row++) {
      const one = inputs.output(1, N);
      backend.linearFewRows(one, backend.view(inp, row * K, [1, K]), weight);
      assertEquals(await backend.read(one), expected.slice(row * N, row * N + N), `row ${row}`);
    }
  },
);

gpuTest("webgpu: every tile gives the same bits, also with K in parts", async (backend) => {
  const names = Object.keys(MATMUL_TILES) as MatmulTileName[];
  for (const parts of [1, 3]) {
    const expected = await forward(backend, [70, 136, 264], { tile: "32x32", parts });
    for (const tile of names.slice(1)) {
      assertEquals(
        await forward(backend, [70, 136, 264], { tile, parts }),
        expected,
        `${tile}, ${parts} parts`,
      );
    }
  }
});

gpuTest(
  "webgpu: the unrolled kernels of real GPUs give the same bits as those of software adapters",
  async (backend) => {
    const plan = { tile: "32x32", parts: 1 } as const;
    const { memory, queue, matmulTiles, rotaryTables } = backend;
    const device = { limits: backend.device.limits, isSoftware: !backend.device.isSoftware } as GpuDevice;
    const gpu = { device, memory, queue, matmulTiles, rotaryTables };
    const other = await forward(backend, [40, 36, 50], plan, gpu);
    assertEquals(other, await forward(backend, [40, 36, 50], plan));
  },
);

gpuTest("webgpu: a batch of products, blended with another tensor, as Muon needs it", async (backend) => {
  using _scope = backend.scope();
  const [B, N, K] = [3, 20, 36];
  const inputs = new Inputs(backend, 3);
  const [x, y] = [inputs.floats([B, N, K]), inputs.floats([B, N, N])];
  const out = inputs.output(B, N, N);
  const matrix = { tensor: x as GpuTensor, row: K, step: N * K, axis: "k" } as const;
  matmul(backend, {
    sizes: [N, N, K],
    batches: B,
    c: { tensor: out as GpuTensor, row: N, step: N * N },
    a: matrix,
    b: matrix,
    epilogue: { alpha: 0.5, beta: -2, addend: y as GpuTensor },
  });
  const [values, addend, result] = await Promise.all([x, y, out].map((tensor) => backend.read(tensor)));
  for (let b = 0; b < B; b++) {
    for (let i = 0; i < N * N; i++) {
      let sum = 0;
      const [row, column] = [b * N * K + Math.floor(i / N) * K, b * N * K + i % N * K];
      for (let k = 0; k < K; k++) sum += values![row + k]! * values![column + k]!;
      const expected = 0.5 * sum - 2 * addend![b * N * N + i]!;
      assert(Math.abs(result![b * N * N + i]! - expected) < 1e-4, `matrix ${b}, element ${i}`);
    }
  }
});

gpuTest("webgpu: the same products twice give the same bytes", async (backend) => {
  const operation = (inputs: Inputs): ReturnType<Inputs["floats"]>[] => {
    const dWeight = inputs.floats([40, 36]);
    inputs.backend.linearBackwardWeight(dWeight, inputs.floats([700, 40]), inputs.floats([700, 36]));
    return [dWeight];
  };
  assertEquals(await outputsOf(backend, operation), await outputsOf(backend, operation));
});

Deno.test("K is cut where few workgroups would leave a GPU idle, further where it is long", () => {
  assertEquals(partsOfK([1024, 1024, 256]), 1);
  assertEquals(partsOfK([256, 256, 1000]), 4);
  assertEquals(partsOfK([64, 64, 300]), 2);
  assertEquals(partsOfK([64, 64, 127]), 1);
  assertEquals(partsOfK([1024, 256, 8192]), 8);
  assertEquals(partsOfK([1024, 1024, 8192]), 2);
  assertEquals(partsOfK([0, 64, 500]), 1);
});

Deno.test("every tile fits into the workgroups that any GPU has", () => {
  for (const [name, tile] of Object.entries(MATMUL_TILES)) {
    const workgroupBytes = (tile.rows + tile.columns) / 4 * (tile.depth + 1) * 16;
    assert(matmulThreads(tile) <= 256 && workgroupBytes <= 16384, name);
  }
});

async function forward(
  backend: WebGpuBackend,
  [T, N, K]: readonly [number, number, number],
  plan: NonNullable<MatmulCall["plan"]>,
  gpu: Gpu = backend,
): Promise<Float32Array> {
  using _scope = backend.scope();
  const inputs = new Inputs(backend, 2);
  const [inp, weight, out] = [
    inputs.floats([T, K]),
    inputs.floats([N, K]),
    inputs.output(T, N),
  ] as GpuTensor[];
  matmul(gpu, {
    sizes: [T, N, K],
    c: { tensor: out!, row: N },
    a: { tensor: inp!, row: K, axis: "k" },
    b: { tensor: weight!, row: K, axis: "k" },
    plan,
  });
  return await backend.read(out!);
}
