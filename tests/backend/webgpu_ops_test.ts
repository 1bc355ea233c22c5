/** The WebGPU backend's operations against the reference backend over odd shapes. Products, attention and cross-entropy have files of their own. */
import { assertEquals } from "@std/assert";
import type { Dropout, Tensor } from "../../src/backend/mod.ts";
import { counterBits } from "../../src/rng.ts";
import { assertLikeReference, type Operation } from "./compare.ts";
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
