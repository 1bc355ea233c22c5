/** The WebGPU backend's operations against the reference backend over odd shapes. Products, attention and cross-entropy have files of their own. */
import { assertEquals } from "@std/assert";
import type { Dropout, Tensor } from "../../src/backend/mod.ts";
import { counterBits } from "../../src/rng.ts";
import { assertLikeReference, type Operation, outputsOf } from "./compare.ts";
import { gpuTest } from "./gpu_test_case.ts";

const DROPOUT: Dropout = { probability: 0.3, key: [0x9abcdef0, 0x12345678] };

gpuTest("webgpu: embeddings equal the reference's, with and without positions", async (backend) => {
  for (const [T, C, V] of [[1, 1, 1], [30, 13, 9], [170, 70, 3]] as const) {
    for (const hasPositions of [false, true]) {
      await assertLikeReference(backend, `embeddings [${T}, ${C}, ${V}]`, (inputs) => {
        const [out, dTable, dPlaces] = [inputs.output(T, C), inputs.floats([V, C]), inputs.floats([20, C])];
        const [table, places, dOut] = [inputs.floats([V, C]), inputs.floats([20, C]), inputs.floats([T, C])];
        const [tokens, positions] = [
          inputs.integers(T, 0, V),
          hasPositions ? inputs.integers(T, 0, 20) : null,
        ];
        inputs.backend.embeddingForward(out, tokens, table, positions, hasPositions ? places : null);
        inputs.backend.embeddingBackward(dTable, hasPositions ? dPlaces : null, dOut, tokens, positions);
        return [out, dTable, dPlaces];
      });
    }
  }
});

gpuTest("webgpu: RMSNorm equals the reference's", async (backend) => {
  for (const [T, C] of [[1, 1], [3, 7], [5, 8], [19, 61], [4, 256], [300, 130]] as const) {
    await assertLikeReference(backend, `RMSNorm [${T}, ${C}]`, (inputs) => {
      const [out, rstd] = [inputs.output(T, C), inputs.output(T)];
      const [inp, weight, dOut] = [inputs.floats([T, C]), inputs.floats([C]), inputs.floats([T, C])];
      const [dInp, dWeight] = [inputs.floats([T, C]), inputs.floats([C])];
      inputs.backend.rmsNormForward(out, rstd, inp, weight, 1e-6);
      inputs.backend.rmsNormBackward(dInp, dWeight, dOut, inp, weight, rstd);
      return [out, rstd, dInp, dWeight];
    });
  }
});

gpuTest("webgpu: GELU is the exact one to float32 accuracy from -12 to 12", async (backend) => {
  const size = 24001;
  const values = Float32Array.from({ length: size }, (_, i) => (i - 12000) / 1000);
  const operation: Operation = (inputs) => {
    const [inp, out, dInp, ones] = [1, 2, 3, 4].map(() => inputs.output(size)) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    inputs.backend.write(inp, values);
    inputs.backend.write(ones, new Float32Array(size).fill(1));
    inputs.backend.geluForward(out, inp);
    inputs.backend.geluBackward(dInp, ones, inp);
    return [out, dInp];
  };
  // The root mean squares are 4.9 (values up to 12) and 0.71: 5e-6 and 7e-7 absolute.
  await assertLikeReference(backend, "GELU", operation, 1e-6);
});

gpuTest("webgpu: element-wise operations equal the reference's at every length", async (backend) => {
  for (const size of [1, 7, 8, 257, 1024, 5003]) {
    for (const dropout of [null, DROPOUT]) {
      await assertLikeReference(backend, `${size} elements`, (inputs) => {
        const [a, b, sum] = [inputs.floats([size]), inputs.floats([size], 3), inputs.floats([size])];
        const [out, alone, dBranch, dGelu] = [1, 2, 3, 4].map(() => inputs.output(size)) as [
          Tensor,
          Tensor,
          Tensor,
          Tensor,
        ];
        const [squares, clipped, average] = [
          inputs.output(Math.ceil(size / 7)),
          inputs.output(2),
          inputs.floats([size]),
        ];
        inputs.backend.residualForward(out, a, b, dropout);
        inputs.backend.residualForward(alone, null, b, dropout);
        inputs.backend.residualBackward(dBranch, a, dropout);
        inputs.backend.geluBackward(dGelu, a, b);
        inputs.backend.add(sum, a);
        inputs.backend.lerp(average, a, 0.1);
        inputs.backend.sumSquares(squares, b, 7);
        inputs.backend.clipScale(clipped, squares, 0.5);
        return [out, alone, dBranch, dGelu, sum, average, squares, clipped];
      });
    }
  }
});

gpuTest("webgpu: element-wise operations in place, and between parts of one tensor", async (backend) => {
  for (const [size, skipped] of [[64, 0], [64, 3], [61, 4]] as const) {
    await assertLikeReference(backend, `${size} from ${skipped}`, (inputs) => {
      const { backend } = inputs;
      const all = inputs.floats([3 * size + skipped]);
      const part = (i: number): Tensor => backend.view(all, skipped + i * size, [size]);
      backend.geluForward(part(0), part(0));
      backend.residualForward(part(0), part(0), part(1), DROPOUT);
      backend.residualForward(part(1), part(2), part(1), null);
      backend.residualBackward(part(2), part(2), DROPOUT);
      backend.add(part(2), part(0));
      backend.geluBackward(part(0), part(0), part(1));
      backend.zero(backend.view(part(1), 2, [3]));
      return [all];
    });
  }
});

gpuTest("webgpu: dropout keeps exactly the elements that counterBits names", async (backend) => {
  for (const probability of [0, 1e-9, 0.1, 0.999]) {
    const size = 3001;
    const [ones, out] = [backend.allocate([size]), backend.allocate([size])];
    backend.write(ones, new Float32Array(size).fill(1));
    backend.residualForward(out, null, ones, { probability, key: DROPOUT.key });
    const expected = Float32Array.from({ length: size }, (_, i) => {
      const isKept = counterBits(i, DROPOUT.key[0], DROPOUT.key[1]) >= probability * 2 ** 32;
      return isKept ? 1 / (1 - probability) : 0;
    });
    assertEquals(await backend.read(out), expected);
  }
});

gpuTest("webgpu: normalised rotary queries and keys equal the reference's", async (backend) => {
  for (const [T, H, D] of [[1, 1, 2], [7, 3, 6], [9, 2, 32], [5, 1, 18], [3, 1, 160]] as const) {
    await assertLikeReference(backend, `rotary [${T}, ${H}, ${D}]`, (inputs) => {
      const [qkv, rstd, dQkv] = [
        inputs.floats([T, 3 * H * D]),
        inputs.output(T, 2 * H),
        inputs.floats([T, 3 * H * D]),
      ];
      const positions = inputs.integers(T, 0, 700);
      const options = { heads: H, base: 1000, eps: 1e-6 };
      inputs.backend.qkNormRotaryForward(qkv, rstd, positions, options);
      inputs.backend.qkNormRotaryBackward(dQkv, qkv, rstd, positions, options);
      return [qkv, rstd, dQkv];
    });
  }
});

gpuTest("webgpu: attention over a cache equals the reference's", async (backend) => {
  for (const [T, H, L, D] of [[1, 1, 1, 1], [3, 2, 9, 5], [7, 3, 150, 32], [2, 1, 130, 70]] as const) {
    await assertLikeReference(backend, `cached [${T}, ${H}, ${L}, ${D}]`, (inputs) => {
      const [keys, values] = [inputs.floats([H, L, D]), inputs.floats([H, L, D])];
      const [qkv, out] = [inputs.floats([T, 3 * H * D]), inputs.output(T, H * D)];
      const slots = inputs.backend.allocate([T], "i32");
      inputs.backend.write(slots, Int32Array.from({ length: T }, (_, t) => (t * 4 + L - 1) % L));
      // Rows see from one to all entries, in an order of their own, some twice.
      const ranges = inputs.backend.allocate([T, 2], "i32");
      const bounds = Array.from({ length: T }, (_, t) => [t % L, Math.min(L, t % L + 1 + t * 30)]);
      inputs.backend.write(ranges, Int32Array.from(bounds.flat()));
      const entries = { slots: inputs.integers(L, 0, L), ranges };
      inputs.backend.storeKeysValues(keys, values, qkv, slots);
      inputs.backend.attentionCached(out, qkv, keys, values, entries, { scale: 0.4 });
      return [out, keys, values];
    });
  }
});

gpuTest("webgpu: AdamW equals the reference's over several steps", async (backend) => {
  for (const size of [1, 8, 2101]) {
    await assertLikeReference(backend, `AdamW ${size}`, (inputs) => {
      const [p, m, v] = [
        inputs.floats([size]),
        inputs.backend.allocate([size]),
        inputs.backend.allocate([size]),
      ];
      for (let step = 1; step <= 4; step++) {
        const options = { learningRate: 0.1, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, step };
        inputs.backend.adamW(p, inputs.floats([size], 10 ** -step), m, v, { ...options, gradientScale: 0.5 });
      }
      return [p, m, v];
    }, 1e-5);
  }
});

gpuTest(
  "webgpu: Muon equals the reference's, for matrices of all proportions and several at once",
  async (backend) => {
    for (
      const [B, N, K] of [[1, 1, 1], [2, 5, 17], [3, 31, 9], [2, 32, 96]] as const
    ) {
      // From zero, so that the orthogonal direction is all that is compared.
      await assertLikeReference(backend, `Muon [${B}, ${N}, ${K}]`, (inputs) => {
        const shape = B === 1 ? [N, K] : [B, N, K];
        const [matrix, momentum] = [inputs.backend.allocate(shape), inputs.floats(shape, 0.1)];
        const options = { stepSize: 0.1, beta: 0.95, decay: 0.01, gradientScale: 0.5 };
        inputs.backend.muon(matrix, inputs.floats(shape), momentum, options);
        inputs.backend.muon(matrix, inputs.floats(shape), momentum, options);
        return [matrix, momentum];
      }, 2e-3); // rounding of small singular values grows by 3.4 an iteration
    }
    const [matrix, zeros] = [backend.allocate([4, 6]), backend.allocate([4, 6])];
    const ones = new Float32Array(24).fill(1);
    backend.write(matrix, ones);
    const options = { stepSize: 1, beta: 0.9, decay: 0, gradientScale: 1 };
    backend.muon(matrix, zeros, backend.allocate([4, 6]), options);
    assertEquals(await backend.read(matrix), ones);
  },
);

gpuTest("webgpu: the gradient's factor may lie in a tensor: the same bits", async (backend) => {
  const update = (inTensor: boolean): Operation => (inputs) => {
    const { backend } = inputs;
    const [p, q, m, v, momentum] = [[64], [8, 8], [64], [64], [8, 8]].map((shape) =>
      inputs.floats(shape, 0.1)
    ) as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const clip = backend.allocate([2]);
    backend.write(clip, Float32Array.of(7, 0.3));
    const gradientScale = inTensor ? backend.view(clip, 1, [1]) : Math.fround(0.3);
    const rate = { learningRate: 0.1, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, step: 3 };
    backend.zero(v);
    backend.adamW(p, inputs.floats([64]), m, v, { ...rate, gradientScale });
    backend.muon(q, inputs.floats([8, 8]), momentum, { stepSize: 0.1, beta: 0.95, decay: 0, gradientScale });
    return [p, m, v, q, momentum];
  };
  assertEquals(await outputsOf(backend, update(true)), await outputsOf(backend, update(false)));
});
