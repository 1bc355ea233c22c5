/**
 * Memory of the wasm backend: scopes, views, growth and its end, packed copies that must not outlive their
 * weights, misuse.
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Tensor } from "../../src/backend/mod.ts";
import { compileKernels, WasmBackend } from "../../src/backend/wasm/mod.ts";

const module = await compileKernels();

function open(maxMemoryBytes?: number): Promise<WasmBackend> {
  return WasmBackend.create({ module, tile: "4x8", maxMemoryBytes });
}

/** out (1, 1) = 2 * weight. */
async function doubled(backend: WasmBackend, weight: Tensor): Promise<number> {
  const [out, inp] = [backend.allocate([1, 1]), backend.allocate([1, 1])];
  backend.write(inp, Float32Array.of(2));
  backend.linearForward(out, inp, weight);
  return (await backend.read(out))[0]!;
}

Deno.test("allocate() gives zeros, also where a closed scope had written", async () => {
  using backend = await open();
  {
    using _scope = backend.scope();
    backend.write(backend.allocate([1000]), new Float32Array(1000).fill(7));
  }
  assertEquals(await backend.read(backend.allocate([1000])), new Float32Array(1000));
});

Deno.test("a closed scope's memory is used again, so that steps do not grow it", async () => {
  using backend = await open();
  const step = (): void => {
    using _outer = backend.scope();
    backend.allocate([3_000_000]);
    using _inner = backend.scope();
    for (let i = 0; i < 20; i++) backend.allocate([500_000]);
  };
  step();
  const { memoryBytes } = backend;
  for (let i = 0; i < 5; i++) step();
  assertEquals(backend.memoryBytes, memoryBytes);
});

Deno.test("tensors keep their values while the memory grows and scopes come and go", async () => {
  using backend = await open();
  const first = backend.allocate([10]);
  backend.write(first, new Float32Array(10).fill(3));
  using _scope = backend.scope();
  const inside: Tensor[] = [];
  for (let i = 0; i < 30; i++) {
    const tensor = backend.allocate([100_000 + i]);
    backend.write(tensor, new Float32Array(tensor.size).fill(i));
    inside.push(tensor);
  }
  for (const [i, tensor] of inside.entries()) {
    assert((await backend.read(tensor)).every((value) => value === i));
  }
  assertEquals(await backend.read(first), new Float32Array(10).fill(3));
});

Deno.test("scopes that are closed in the wrong order are an error", async () => {
  using backend = await open();
  const [outer, inner] = [backend.scope(), backend.scope()];
  assertThrows(() => outer[Symbol.dispose](), Error, "reverse order");
  inner[Symbol.dispose]();
  outer[Symbol.dispose]();
});

Deno.test("memory that cannot grow is a RangeError with figures, and the backend lives on", async () => {
  using backend = await open(8 * 2 ** 20);
  const error = assertThrows(() => backend.allocate([3_000_000]), RangeError) as RangeError;
  assert(
    /Cannot allocate 1\d\.\d MB more of wasm memory: .* the limit is 8\.39 MB/.test(error.message),
    error.message,
  );
  const small = backend.allocate([4]);
  backend.write(small, Float32Array.of(1, 2, 3, 4));
  assertEquals(await backend.read(small), Float32Array.of(1, 2, 3, 4));
});

Deno.test("view() shares memory and stays inside its tensor", async () => {
  using backend = await open();
  const whole = backend.allocate([2, 3]);
  backend.write(backend.view(whole, 1, [2]), Float32Array.of(5, 6));
  assertEquals(await backend.read(whole), Float32Array.of(0, 5, 6, 0, 0, 0));
  assertThrows(() => backend.view(whole, 5, [2]), RangeError, "does not lie in");
  assertThrows(() => backend.view(whole, -1, [2]), RangeError, "does not lie in");
});

Deno.test("a changed weight is packed again, however it was changed", async () => {
  using backend = await open();
  const flat = backend.allocate([3]);
  const weight = backend.view(flat, 1, [1, 1]);
  const one = backend.allocate([3]);
  backend.write(one, new Float32Array(3).fill(1));
  backend.write(flat, Float32Array.of(9, 4, 9));
  assertEquals(await doubled(backend, weight), 8);
  backend.write(flat, Float32Array.of(9, 5, 9));
  assertEquals(await doubled(backend, weight), 10);
  backend.add(flat, one);
  assertEquals(await doubled(backend, weight), 12);
  const [m, v] = [backend.allocate([3]), backend.allocate([3])];
  const rates = { learningRate: 1, beta1: 0, beta2: 0, eps: 0, weightDecay: 0 };
  backend.adamW(flat, one, m, v, { ...rates, step: 1, gradientScale: 1 });
  assertEquals(await doubled(backend, weight), 10);
  backend.zero(flat);
  assertEquals(await doubled(backend, weight), 0);
  // Changed behind the backend's back, as a product's output.
  backend.linearForward(weight, backend.view(one, 0, [1, 1]), backend.view(one, 1, [1, 1]));
  backend.parametersChanged();
  assertEquals(await doubled(backend, weight), 2);
});

Deno.test("weights in a scope are never taken for those that lay there before", async () => {
  using backend = await open();
  for (const value of [3, 4, 5]) {
    using _scope = backend.scope();
    const [ones, weight] = [backend.allocate([1, 1]), backend.allocate([1, 1])];
    backend.write(ones, Float32Array.of(value));
    // The weight comes to its value without write(): a copy would go unnoticed.
    backend.residualForward(weight, null, ones, null);
    assertEquals(await doubled(backend, weight), 2 * value);
  }
});

Deno.test("wrong shapes, types, indices and foreign tensors are refused before a kernel runs", async () => {
  using backend = await open();
  using other = await open();
  const [a, b, ids] = [backend.allocate([2, 3]), backend.allocate([4, 5]), backend.allocate([2], "i32")];
  const out = backend.allocate([2, 4]);
  assertThrows(
    () => backend.linearForward(out, a, b),
    RangeError,
    "linearForward: weight is [4, 5], expected",
  );
  assertThrows(() => backend.geluForward(a, b), RangeError, "geluForward: out has 6 elements, expected 20");
  assertThrows(
    () => backend.geluForward(a, other.allocate([2, 3])),
    RangeError,
    "not a tensor of this backend",
  );
  assertThrows(() => backend.linearForward(a, a, backend.allocate([3, 3])), RangeError, "overlaps");
  backend.write(ids, Int32Array.of(0, 4));
  assertThrows(
    () => backend.embeddingForward(backend.allocate([2, 5]), ids, b, null, null),
    RangeError,
    "tokens has 4, expected 0 to 3",
  );
  assertThrows(
    () => backend.embeddingForward(backend.allocate([2, 5]), a, b, null, null),
    RangeError,
    "tokens is f32, expected i32",
  );
  assertThrows(() => backend.allocate([2, -1]), RangeError, "not a shape");
  const [qkv, lse] = [backend.allocate([2, 9]), backend.allocate([1, 2])];
  const options = { heads: 1, scale: 1, dropout: null, dropoutStride: 2 };
  assertThrows(
    () => backend.attentionForward(a, lse, qkv, { bounds: Int32Array.of(0, 3) }, options),
    RangeError,
    "bounds go from 0 to 3, expected 0 to 2",
  );
});

Deno.test("calibration ends with one of the tiles, and a given tile is kept", async () => {
  let milliseconds = 0;
  using found = await WasmBackend.create({ module, now: () => milliseconds++ });
  assert(["6x16", "4x8"].includes(found.tile));
  assertEquals(found.description, `wasm, ${found.tile} kernel`);
  using given = await WasmBackend.create({ module, tile: "6x16" });
  assertEquals(given.tile, "6x16");
});

Deno.test("a module without the kernels is refused", async () => {
  const empty = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  await assertRejects(() => WasmBackend.create({ module: empty, tile: "4x8" }), TypeError);
});
