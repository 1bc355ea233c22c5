/** Copies mixed into the output on the GPU against the reference backend. */
import { assert, assertEquals } from "@std/assert";
import { assertLikeReference, Inputs } from "./compare.ts";
import { gpuTest } from "./gpu_test_case.ts";
import { POINTER_BOUND, pointerOperation } from "./operations.ts";

gpuTest("webgpu: copies mixed into the output equal the reference's", async (backend) => {
  for (const D of [1, 3, 32, 100]) {
    for (const lengths of [[1], [1, 2, 7], [70, 1, 300]]) {
      for (const hasGradients of [true, false]) {
        const what = `${D} columns, documents of ${lengths}`;
        await assertLikeReference(
          backend,
          what,
          pointerOperation(lengths, D, { hasGradients }),
          POINTER_BOUND,
        );
      }
    }
  }
});

gpuTest("webgpu: the mixture's gradient has the same bytes twice", async (backend) => {
  const run = async (): Promise<Float32Array[]> => {
    using _scope = backend.scope();
    const outputs = pointerOperation([90, 5], 32)(new Inputs(backend, 1));
    return await Promise.all(outputs.map((tensor) => backend.read(tensor)));
  };
  assertEquals(await run(), await run());
});

gpuTest("webgpu: large own scores and losses neither overflow nor lose the loss", async (backend) => {
  using _scope = backend.scope();
  const projected = backend.allocate([3, 3]);
  backend.write(projected, Float32Array.of(1, -1, 500, 1, 1, -500, -1, 1, 90));
  const [tokens, targets] = [backend.allocate([3], "i32"), backend.allocate([3], "i32")];
  backend.write(tokens, Int32Array.of(1, 2, 1));
  backend.write(targets, Int32Array.of(2, 2, 2));
  const losses = backend.allocate([3]);
  backend.write(losses, Float32Array.of(200, 200, 0.5));
  const rows = { tokens, targets, documents: { bounds: Int32Array.of(0, 3) } };
  backend.pointerMixture(losses, projected, rows, { scale: 8, ownScore: 6, floor: 1e-30 }, null);
  const [first, second, third] = await backend.read(losses);
  assert(Math.abs(first! + Math.log(1e-30)) < 1e-3, `${first}`);
  assert(Math.abs(second!) < 1e-5, `${second}`); // all of it is a copy
  assert(Math.abs(third! - 0.5) < 1e-5, `${third}`); // all of it is the vocabulary
});
