/** Attention over ragged documents on the GPU against the reference backend. */
import { assertEquals } from "@std/assert";
import type { Dropout } from "../../src/backend/mod.ts";
import { attentionPlan } from "../../src/backend/webgpu/kernels/attention_tiles.ts";
import { assertLikeReference, boundsOf, type Operation, outputsOf } from "./compare.ts";
import { gpuTest } from "./gpu_test_case.ts";

/** Of the root mean square: exponentials of sums in float32. */
const BOUND = 1e-5;
const DROPOUT: Dropout = { probability: 0.3, key: [0x9abcdef0, 0x12345678] };

/** Forward and backward of documents with these lengths. */
function attention(
  heads: number,
  headSize: number,
  lengths: readonly number[],
  dropout: Dropout | null,
): Operation {
  return (inputs) => {
    const bounds = boundsOf(lengths);
    const [T, C] = [bounds.at(-1)!, heads * headSize];
    const options = { heads, scale: 1 / Math.sqrt(headSize), dropout, dropoutStride: 77 };
    const [out, logSumExp] = [inputs.output(T, C), inputs.output(heads, T)];
    const dQkv = inputs.output(T, 3 * C);
    const [qkv, dOut] = [inputs.floats([T, 3 * C]), inputs.floats([T, C])];
    inputs.backend.attentionForward(out, logSumExp, qkv, { bounds }, options);
    inputs.backend.attentionBackward(dQkv, dOut, out, logSumExp, qkv, { bounds }, options);
    return [out, logSumExp, dQkv];
  };
}

gpuTest("webgpu: attention equals the reference's over empty, short and long documents", async (backend) => {
  await assertLikeReference(backend, "heads of 8", attention(2, 8, [5, 1, 0, 40, 33], null), BOUND);
});

gpuTest("webgpu: attention with dropout equals the reference's, the same bytes twice", async (backend) => {
  const operation = attention(2, 32, [64, 31, 70], DROPOUT);
  await assertLikeReference(backend, "heads of 32", operation, BOUND);
  assertEquals(await outputsOf(backend, operation), await outputsOf(backend, operation));
});

gpuTest("webgpu: attention of heads whose size is no multiple of four", async (backend) => {
  await assertLikeReference(backend, "heads of 5", attention(3, 5, [33, 2], null), BOUND);
});

gpuTest("webgpu: attention of heads that need two chunks of workgroup memory", async (backend) => {
  await assertLikeReference(backend, "heads of 36", attention(1, 36, [34, 40], null), BOUND);
});

Deno.test("attention's blocks cover every row once, none across documents, the longest walk first", () => {
  const documents = { bounds: boundsOf([40, 0, 3, 70]) };
  for (const walk of ["before", "after"] as const) {
    const plan = attentionPlan(documents, walk);
    const blocks = Array.from({ length: plan.length / 4 }, (_, i) => [...plan.subarray(4 * i, 4 * i + 4)]);
    const rows = blocks.flatMap(([begin, end]) =>
      Array.from({ length: end! - begin! }, (_, i) => begin! + i)
    );
    assertEquals(rows.toSorted((a, b) => a - b), Array.from({ length: 113 }, (_, row) => row));
    for (const [begin, end, first, last] of blocks) {
      assertEquals([begin! >= first! && end! <= last!, (begin! - first!) % 32], [true, 0]);
    }
    assertEquals(blocks[0], walk === "before" ? [107, 113, 43, 113] : [43, 75, 43, 113]);
  }
});
