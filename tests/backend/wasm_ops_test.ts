/**
 * Every operation of the wasm backend, with both tiles, against the reference backend over odd shapes; bits
 * that must not differ.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Backend, Tensor } from "../../src/backend/mod.ts";
import { ReferenceBackend } from "../../src/backend/reference/mod.ts";
import { compileKernels, type TileName, WasmBackend } from "../../src/backend/wasm/mod.ts";
import { assertLikeReference, boundsOf, Inputs, matricesIn, type Operation, outputsOf } from "./compare.ts";
import { assertDropoutBits } from "./dropout_bits.ts";
import {
  adamWOperation,
  attentionOperation,
  cachedAttentionOperation,
  DROPOUT,
  elementwiseOperation,
  embeddingOperation,
  geluOperation,
  headOperation,
  linearOperation,
  MUON_BOUND,
  muonOperation,
  muonPlacesOperation,
  POINTER_BOUND,
  pointerOperation,
  rmsNormOperation,
  rotaryOperation,
  scaledUpdatesOperation,
} from "./operations.ts";

const TILES: readonly TileName[] = ["6x16", "4x8"];
const module = await compileKernels();

async function withTiles(run: (backend: WasmBackend) => Promise<void>): Promise<void> {
  for (const tile of TILES) {
    using backend = await WasmBackend.create({ module, tile });
    await run(backend);
  }
}

/** [T, N, K]: multiples of nothing, single rows and columns, more than one block in each direction. */
const PRODUCTS: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 40, 33],
  [2, 16, 8],
  [3, 17, 5],
  [4, 7, 3],
  [5, 31, 300],
  [6, 16, 64],
  [7, 47, 257],
  [13, 24, 16],
  [50, 9, 513],
  [197, 35, 20],
  [300, 33, 70],
];

Deno.test("linear layers, all three products, equal the reference's", async () => {
  await withTiles(async (backend) => {
    for (const shape of PRODUCTS) {
      await assertLikeReference(backend, `products [${shape}]`, linearOperation(shape));
    }
  });
});

Deno.test("products of few rows equal the reference's, from one row to twenty", async () => {
  await withTiles(async (backend) => {
    for (const [, N, K] of PRODUCTS) {
      for (let T = 1; T <= 20; T += 1 + Math.floor(T / 5)) {
        await assertLikeReference(backend, `few rows [${T}, ${N}, ${K}]`, (inputs) => {
          const out = inputs.output(T, N);
          inputs.backend.linearFewRows(out, inputs.floats([T, K]), inputs.floats([N, K]));
          return [out];
        });
      }
    }
  });
});

Deno.test("a row's product of few rows has the same bits among however many rows it stands", async () => {
  const [T, N, K] = [13, 43, 301];
  const results: Float32Array[] = [];
  await withTiles(async (backend) => {
    using _scope = backend.scope();
    const inputs = new Inputs(backend, 5);
    const [inp, weight, all] = [inputs.floats([T, K]), inputs.floats([N, K]), inputs.output(T, N)];
    backend.linearFewRows(all, inp, weight);
    const expected = await backend.read(all);
    results.push(expected);
    for (let first = 0; first < T; first++) {
      for (let rows = 1; first + rows <= T; rows++) {
        const out = inputs.output(rows, N);
        backend.linearFewRows(out, backend.view(inp, first * K, [rows, K]), weight);
        assertEquals(await backend.read(out), expected.slice(first * N, (first + rows) * N));
      }
    }
  });
  assertEquals(results[0], results[1]);
});

Deno.test("both tiles give the same bits", async () => {
  using wide = await WasmBackend.create({ module, tile: "6x16" });
  using narrow = await WasmBackend.create({ module, tile: "4x8" });
  for (
    const operation of [
      linearOperation([50, 35, 300]),
      attentionOperation([70, 1, 30], 3, 20),
      headOperation([200, 37, 19]),
    ]
  ) {
    assertEquals(await outputsOf(wide, operation), await outputsOf(narrow, operation));
  }
});

Deno.test("a row's product has the same bits wherever and among however many rows it stands", async () => {
  await withTiles(async (backend) => {
    using _scope = backend.scope();
    const inputs = new Inputs(backend, 5);
    const [T, N, K] = [211, 45, 300];
    const [inp, weight, all] = [inputs.floats([T, K]), inputs.floats([N, K]), inputs.output(T, N)];
    backend.linearForward(all, inp, weight);
    const expected = await backend.read(all);
    for (
      const [first, rows] of [[0, 1], [17, 2], [210, 1], [100, 3], [5, 4], [9, 5], [1, 6], [3, 150]] as const
    ) {
      const out = inputs.output(rows, N);
      backend.linearForward(out, backend.view(inp, first * K, [rows, K]), weight);
      assertEquals(await backend.read(out), expected.slice(first * N, (first + rows) * N));
    }
  });
});

Deno.test("a document's attention has the same bits wherever it stands in the batch", async () => {
  await withTiles(async (backend) => {
    using _scope = backend.scope();
    const inputs = new Inputs(backend, 6);
    const [H, C, length] = [2, 24, 61];
    const qkv = inputs.floats([100, 3 * C]);
    const options = { heads: H, scale: 0.3, dropout: null, dropoutStride: 100 };
    const run = async (first: number, bounds: Int32Array): Promise<Float32Array> => {
      const rows = bounds.at(-1)!;
      const [out, lse] = [inputs.output(rows, C), inputs.output(H, rows)];
      backend.attentionForward(
        out,
        lse,
        backend.view(qkv, first * 3 * C, [rows, 3 * C]),
        { bounds },
        options,
      );
      return await backend.read(out);
    };
    const alone = await run(20, boundsOf([length]));
    const among = await run(0, boundsOf([3, 17, length, 19]));
    assertEquals(among.slice(20 * C, (20 + length) * C), alone);
  });
});

Deno.test("embeddings equal the reference's, with and without positions", async () => {
  await withTiles(async (backend) => {
    for (const sizes of [[1, 1, 1], [30, 13, 9], [17, 64, 5]] as const) {
      for (const hasPositions of [false, true]) {
        await assertLikeReference(
          backend,
          `embeddings ${sizes}`,
          embeddingOperation(sizes, { hasPositions }),
        );
      }
    }
  });
});

Deno.test("RMSNorm equals the reference's", async () => {
  await withTiles(async (backend) => {
    for (const sizes of [[1, 1], [3, 7], [5, 8], [19, 61], [4, 256]] as const) {
      await assertLikeReference(backend, `RMSNorm ${sizes}`, rmsNormOperation(sizes));
    }
  });
});

Deno.test("GELU is the exact one to float32 accuracy from -12 to 12", async () => {
  using backend = await WasmBackend.create({ module, tile: "4x8" });
  await assertLikeReference(backend, "GELU", geluOperation(), 4e-7); // 2e-6 and 3e-7 absolute
});

Deno.test("element-wise operations equal the reference's at every length", async () => {
  using backend = await WasmBackend.create({ module, tile: "4x8" });
  for (const size of [1, 2, 7, 8, 9, 15, 16, 17, 100, 1003]) {
    for (const dropout of [null, DROPOUT]) {
      await assertLikeReference(backend, `${size} elements`, elementwiseOperation(size, dropout));
    }
  }
});

Deno.test("dropout keeps exactly the elements that counterBits names", async () => {
  using backend = await WasmBackend.create({ module, tile: "4x8" });
  await assertDropoutBits(backend);
});

Deno.test("normalised rotary queries and keys equal the reference's", async () => {
  await withTiles(async (backend) => {
    for (const sizes of [[1, 1, 2], [7, 3, 6], [9, 2, 32], [5, 1, 18]] as const) {
      await assertLikeReference(backend, `rotary ${sizes}`, rotaryOperation(sizes));
    }
  });
});

Deno.test("attention equals the reference's over ragged documents, with and without dropout", async () => {
  await withTiles(async (backend) => {
    for (
      const [lengths, heads, headSize] of [
        [[1], 1, 1],
        [[5, 1, 0, 9], 2, 4],
        [[33, 48, 49], 1, 32],
        [[130, 3], 2, 7],
        [[100], 1, 20],
        // Whole blocks of the backward pass, one row more, and two blocks with one.
        [[96, 97, 193], 1, 18],
      ] as const
    ) {
      for (const dropout of [null, DROPOUT]) {
        const name = `attention of [${lengths.join(", ")}], ${heads} x ${headSize}`;
        await assertLikeReference(backend, name, attentionOperation(lengths, heads, headSize, dropout), 1e-5);
      }
    }
  });
});

Deno.test("cached attention equals the reference's, for any entries in any order", async () => {
  await withTiles(async (backend) => {
    // [longest range, rows, heads, columns of a head]: groups of four and two entries, and what is left over
    for (
      const sizes of [
        [1, 1, 1, 1],
        [9, 9, 2, 5],
        [20, 1, 2, 32],
        [11, 3, 3, 8],
        [30, 5, 1, 44],
        [
          23,
          4,
          2,
          64,
        ],
      ] as const
    ) {
      await assertLikeReference(backend, `cached attention ${sizes}`, cachedAttentionOperation(sizes), 1e-5);
    }
  });
});

Deno.test("cross-entropy equals the reference's, with ignored targets and several row blocks", async () => {
  await withTiles(async (backend) => {
    for (const sizes of [[1, 1, 1], [3, 7, 5], [9, 40, 16], [200, 51, 24]] as const) {
      await assertLikeReference(backend, `head ${sizes}`, headOperation(sizes), 1e-5);
      const losses = headOperation(sizes, { hasGradients: false });
      await assertLikeReference(backend, `losses ${sizes}`, losses, 1e-5);
    }
  });
});

Deno.test("copies mixed into the output equal the reference's, over short and long documents", async () => {
  await withTiles(async (backend) => {
    for (const D of [1, 3, 8, 32, 100]) {
      for (const lengths of [[1], [1, 2, 7], [70, 1, 300]]) {
        const what = `pointer ${D} of ${lengths}`;
        await assertLikeReference(backend, what, pointerOperation(lengths, D), POINTER_BOUND);
        const losses = pointerOperation(lengths, D, { hasGradients: false });
        await assertLikeReference(backend, `losses of ${what}`, losses, POINTER_BOUND);
      }
    }
  });
});

Deno.test("AdamW equals the reference's over several steps", async () => {
  using backend = await WasmBackend.create({ module, tile: "4x8" });
  for (const size of [1, 8, 21]) {
    await assertLikeReference(backend, `AdamW ${size}`, adamWOperation(size), 1e-5);
  }
});

Deno.test("Muon equals the reference's, and leaves a matrix without gradient alone", async () => {
  for (const tile of ["4x8", "6x16"] as const) {
    using backend = await WasmBackend.create({ module, tile });
    for (
      const shape of [[1, 1], [3, 3], [5, 17], [17, 5], [24, 24], [50, 50], [32, 96], [131, 66]]
    ) {
      await assertLikeReference(backend, `Muon ${shape}`, muonOperation(shape), MUON_BOUND);
    }
    const [matrix, zeros] = [backend.allocate([4, 6]), backend.allocate([4, 6])];
    const ones = new Float32Array(24).fill(1);
    backend.write(matrix, ones);
    backend.muon(matrix, zeros, backend.allocate([4, 6]), matricesIn([4, 6]), {
      stepSize: 1,
      beta: 0.9,
      decay: 0,
      gradientScale: 1,
    });
    assertEquals(await backend.read(matrix), ones);
  }
});

Deno.test("Muon's bits do not depend on the tile", async () => {
  const results: Float32Array[][] = [];
  for (const tile of ["4x8", "6x16"] as const) {
    using backend = await WasmBackend.create({ module, tile });
    const operation: Operation = (inputs) => {
      const [matrix, momentum] = [inputs.floats([70, 41]), inputs.floats([70, 41])];
      const options = { stepSize: 0.1, beta: 0.95, decay: 0, gradientScale: 1 };
      inputs.backend.muon(matrix, inputs.floats([70, 41]), momentum, matricesIn([70, 41]), options);
      return [matrix, momentum];
    };
    results.push(await outputsOf(backend, operation));
  }
  assertEquals(results[1], results[0]);
});

Deno.test("Muon updates matrices where they lie, and nothing beside them", async () => {
  await withTiles(async (backend) => {
    for (const first of [0, 3]) {
      await assertLikeReference(backend, `Muon from ${first}`, muonPlacesOperation(first), MUON_BOUND);
    }
    const [p, g, m] = [backend.allocate([10]), backend.allocate([10]), backend.allocate([10])];
    const beyond = { rows: 2, columns: 3, offsets: Int32Array.of(5) };
    const options = { stepSize: 1, beta: 0.9, decay: 0, gradientScale: 1 };
    assertThrows(() => backend.muon(p, g, m, beyond, options), RangeError, "offsets has 5, expected 0 to 4");
  });
});

Deno.test("Muon gives a batch of matrices the bits that it gives them one by one", async () => {
  const [B, N, K] = [3, 8, 20];
  const options = { stepSize: 0.1, beta: 0.95, decay: 0.01, gradientScale: 0.5 };
  const update = (isBatch: boolean): Operation => (inputs) => {
    const [matrix, gradient, momentum] = Array.from({ length: 3 }, () => inputs.floats([B, N, K])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const { backend } = inputs;
    if (isBatch) backend.muon(matrix, gradient, momentum, matricesIn([B, N, K]), options);
    for (let b = 0; b < (isBatch ? 0 : B); b++) {
      const part = (tensor: Tensor): Tensor => backend.view(tensor, b * N * K, [N, K]);
      backend.muon(part(matrix), part(gradient), part(momentum), matricesIn([N, K]), options);
    }
    return [matrix, momentum];
  };
  using wasm = await WasmBackend.create({ module, tile: "6x16" });
  for (const backend of [wasm, new ReferenceBackend()]) {
    assertEquals(await outputsOf(backend, update(true)), await outputsOf(backend, update(false)));
  }
});

Deno.test("the gradient's factor may lie in a tensor: the same bits", async () => {
  using wasm = await WasmBackend.create({ module, tile: "6x16" });
  for (const backend of [wasm, new ReferenceBackend()]) {
    const number = await outputsOf(backend, scaledUpdatesOperation({ inTensor: false }));
    assertEquals(await outputsOf(backend, scaledUpdatesOperation({ inTensor: true })), number);
  }
});

Deno.test("NaN and infinity are not swallowed", async () => {
  using backend = await WasmBackend.create({ module, tile: "6x16" });
  for (const bad of [NaN, Infinity]) {
    const [out, inp, hidden] = [backend.allocate([9]), backend.allocate([9]), backend.allocate([1, 9])];
    const data = new Float32Array(9).fill(1).with(4, bad);
    backend.write(inp, data);
    backend.geluForward(out, inp);
    assert(!Number.isFinite((await backend.read(out))[4]));
    backend.write(hidden, data);
    const [table, targets, losses] = [
      backend.allocate([20, 9]),
      backend.allocate([1], "i32"),
      backend.allocate([1]),
    ];
    backend.write(table, new Float32Array(180).fill(1));
    backend.crossEntropyHead(losses, hidden, table, targets, null);
    assert(!Number.isFinite((await backend.read(losses))[0]));
  }
});

/** So that the seam's type is what is tested. */
const _seam: (backend: WasmBackend) => Backend = (backend) => backend;
