/**
 * The WebGPU backend's operations against the reference backend over odd shapes. Products, attention and
 * cross-entropy have files of their own.
 */
import { assert, assertEquals } from "@std/assert";
import { assertLikeReference, matricesIn, outputsOf } from "./compare.ts";
import { assertDropoutBits } from "./dropout_bits.ts";
import { gpuTest } from "./gpu_test_case.ts";
import {
  adamWOperation,
  attentionOperation,
  cachedAttentionOperation,
  DROPOUT,
  elementwiseOperation,
  embeddingOperation,
  geluOperation,
  headOperation,
  inPlaceOperation,
  linearOperation,
  MUON_BOUND,
  muonOperation,
  muonPlacesOperation,
  rmsNormOperation,
  rotaryOperation,
  scaledUpdatesOperation,
} from "./operations.ts";

gpuTest("webgpu: embeddings equal the reference's, with and without positions", async (backend) => {
  for (const sizes of [[1, 1, 1], [30, 13, 9], [170, 70, 3]] as const) {
    for (const hasPositions of [false, true]) {
      await assertLikeReference(backend, `embeddings ${sizes}`, embeddingOperation(sizes, { hasPositions }));
    }
  }
});

gpuTest("webgpu: RMSNorm equals the reference's", async (backend) => {
  for (const sizes of [[1, 1], [3, 7], [5, 8], [19, 61], [4, 256], [300, 130]] as const) {
    await assertLikeReference(backend, `RMSNorm ${sizes}`, rmsNormOperation(sizes));
  }
});

gpuTest("webgpu: GELU is the exact one to float32 accuracy from -12 to 12", async (backend) => {
  await assertLikeReference(backend, "GELU", geluOperation(), 1e-6); // 5e-6 and 7e-7 absolute
});

gpuTest("webgpu: element-wise operations equal the reference's at every length", async (backend) => {
  for (const size of [1, 7, 8, 257, 1024, 5003]) {
    for (const dropout of [null, DROPOUT]) {
      await assertLikeReference(backend, `${size} elements`, elementwiseOperation(size, dropout));
    }
  }
});

gpuTest("webgpu: element-wise operations in place, and between parts of one tensor", async (backend) => {
  for (const [size, skipped] of [[64, 0], [64, 3], [61, 4]] as const) {
    await assertLikeReference(backend, `${size} from ${skipped}`, inPlaceOperation(size, skipped));
  }
});

gpuTest("webgpu: dropout keeps exactly the elements that counterBits names", async (backend) => {
  await assertDropoutBits(backend);
});

gpuTest("webgpu: normalised rotary queries and keys equal the reference's", async (backend) => {
  for (const sizes of [[1, 1, 2], [7, 3, 6], [9, 2, 32], [5, 1, 18], [3, 1, 160]] as const) {
    await assertLikeReference(backend, `rotary ${sizes}`, rotaryOperation(sizes));
  }
});

gpuTest(
  "webgpu: attention over a cache equals the reference's, for any entries in any order",
  async (backend) => {
    for (
      const sizes of [[1, 1, 1, 1], [9, 9, 2, 5], [64, 2, 3, 32], [150, 7, 1, 70], [9, 1, 1, 300]] as const
    ) {
      await assertLikeReference(backend, `cached attention ${sizes}`, cachedAttentionOperation(sizes), 1e-5);
    }
  },
);

gpuTest("webgpu: AdamW equals the reference's over several steps", async (backend) => {
  for (const size of [1, 8, 2101]) {
    await assertLikeReference(backend, `AdamW ${size}`, adamWOperation(size), 1e-5);
  }
});

gpuTest(
  "webgpu: Muon equals the reference's, for matrices of all proportions and several at once",
  async (backend) => {
    for (const shape of [[1, 1], [2, 5, 17], [3, 31, 9], [2, 32, 96], [40, 300], [300, 40]]) {
      await assertLikeReference(backend, `Muon ${shape}`, muonOperation(shape), MUON_BOUND);
    }
    for (const first of [0, 3]) {
      await assertLikeReference(backend, `Muon from ${first}`, muonPlacesOperation(first), MUON_BOUND);
    }
    const [matrix, zeros, momentum] = [0, 1, 2].map(() => backend.allocate([4, 6]));
    const ones = new Float32Array(24).fill(1);
    backend.write(matrix!, ones);
    const options = { stepSize: 1, beta: 0.9, decay: 0, gradientScale: 1 };
    backend.muon(matrix!, zeros!, momentum!, matricesIn([4, 6]), options);
    assertEquals(await backend.read(matrix!), ones);
  },
);

gpuTest("webgpu: the gradient's factor may lie in a tensor: the same bits", async (backend) => {
  const number = await outputsOf(backend, scaledUpdatesOperation({ inTensor: false }));
  assertEquals(await outputsOf(backend, scaledUpdatesOperation({ inTensor: true })), number);
});

gpuTest("webgpu: the same calls give the same bytes twice", async (backend) => {
  const operations = [
    linearOperation([70, 33, 300]),
    embeddingOperation([170, 70, 3], { hasPositions: true }),
    rmsNormOperation([300, 130]),
    attentionOperation([70, 1, 30], 3, 20),
    headOperation([60, 90, 20]),
    elementwiseOperation(5003, DROPOUT),
    muonOperation([2, 32, 96]),
  ];
  for (const operation of operations) {
    assertEquals(await outputsOf(backend, operation), await outputsOf(backend, operation));
  }
});

gpuTest("webgpu: NaN and infinity are not swallowed", async (backend) => {
  for (const bad of [NaN, Infinity]) {
    const data = new Float32Array(9).fill(1).with(4, bad);
    const [out, inp, hidden] = [backend.allocate([9]), backend.allocate([9]), backend.allocate([1, 9])];
    const [rstd, weight, clip] = [backend.allocate([1]), backend.allocate([9]), backend.allocate([2])];
    backend.write(inp, data);
    backend.write(hidden, data);
    backend.write(weight, new Float32Array(9).fill(1));
    backend.geluForward(out, inp);
    assert(!Number.isFinite((await backend.read(out))[4]));
    backend.rmsNormForward(backend.view(out, 0, [1, 9]), rstd, hidden, weight, 1e-6);
    assert(Number.isNaN((await backend.read(out))[4]));
    backend.sumSquares(rstd, inp, 9);
    const alarm = backend.allocate([1]);
    backend.clipScale(clip, rstd, 1, alarm);
    const [norm, factor] = await backend.read(clip);
    assert(!Number.isFinite(norm) && factor === -1 && !Number.isFinite((await backend.read(alarm))[0]));
    backend.zero(rstd);
    backend.clipScale(clip, rstd, 1, alarm);
    assertEquals([...await backend.read(clip)], [0, -1]);
    const [table, targets] = [backend.allocate([20, 9]), backend.allocate([1], "i32")];
    backend.write(table, new Float32Array(180).fill(1));
    backend.write(targets, Int32Array.of(3));
    backend.crossEntropyHead(rstd, hidden, table, targets, null);
    assert(!Number.isFinite((await backend.read(rstd))[0]));
  }
});
