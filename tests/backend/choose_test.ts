/** Which backend a name means, with forged adapters where the machine at hand cannot show it. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { chooseBackend, recordedBackend } from "../../src/backend/choose.ts";
import { findAdapter, isSoftwareAdapter } from "../../src/backend/webgpu/mod.ts";
import { DeviceError, UsageError } from "../../src/errors.ts";
import { gpuTestName, HAS_GPU } from "./gpu_test_case.ts";

/** navigator.gpu with an adapter that is another one's but for its name and limits. */
function forgedGpu(
  adapter: GPUAdapter | null,
  { info, limits }: { readonly info?: object; readonly limits?: object } = {},
): GPU {
  const forged = adapter === null ? null : {
    info: { description: "", vendor: "acme", architecture: "rocket", device: "", ...info },
    limits: new Proxy(adapter.limits, {
      get: (own, name) => (limits as never)?.[name] ?? Reflect.get(own, name, own),
    }),
    features: adapter.features,
    requestDevice: (descriptor: GPUDeviceDescriptor) => adapter.requestDevice(descriptor),
  };
  return { requestAdapter: () => Promise.resolve(forged) } as unknown as GPU;
}

Deno.test("auto takes wasm where there is no adapter, and says why", async () => {
  for (const gpu of [null, forgedGpu(null)]) {
    const choice = await chooseBackend("auto", { gpu });
    assertEquals([choice.kind, choice.reason], ["wasm", "no GPU adapter found"]);
    // A core of 2026 reaches 20 to 120.
    assert(choice.kind === "wasm" && choice.gigaflops! > 0.5 && choice.gigaflops! < 1000);
  }
});

Deno.test("webgpu without an adapter is an error with a hint", async () => {
  const error = await assertRejects(() => chooseBackend("webgpu", { gpu: null }), DeviceError);
  assertStringIncludes(error.message, "No GPU adapter");
  assertStringIncludes(error.hint!, "--backend wasm");
});

Deno.test("f16 is an error where another backend than webgpu computes, which says why", async () => {
  for (const name of ["auto", "wasm", "reference"] as const) {
    const choosing = chooseBackend(name, { gpu: null, storage: "f16" });
    const error = await assertRejects(() => choosing, UsageError, "f16");
    assertStringIncludes(error.message, name === "auto" ? "wasm (no GPU adapter found)" : name);
    assertStringIncludes(error.hint!, "--gpu-storage");
  }
  assertEquals((await chooseBackend("auto", { gpu: null, storage: "f32" })).kind, "wasm");
});

Deno.test("a checkpoint tells f16 from f32", () => {
  const gpu = { kind: "webgpu", adapter: "a GPU" } as const;
  assertEquals(recordedBackend({ kind: "reference" }), "reference");
  assertEquals(recordedBackend(gpu), "webgpu");
  assertEquals(recordedBackend({ ...gpu, storage: "f32" }), "webgpu");
  assertEquals(recordedBackend({ ...gpu, storage: "f16" }), "webgpu f16");
});

Deno.test({
  name: gpuTestName("auto takes a real adapter"),
  ignore: !HAS_GPU,
  fn: async () => {
    const choice = await chooseBackend("auto", { gpu: forgedGpu(await findAdapter()) });
    assertEquals(choice, { kind: "webgpu", adapter: "acme rocket", reason: "a GPU was found" });
  },
});

Deno.test({
  name: gpuTestName("auto never takes a software adapter, which webgpu takes and says so"),
  ignore: !HAS_GPU,
  fn: async () => {
    for (const info of [{ isFallbackAdapter: true }, { description: "llvmpipe (LLVM 19.1)" }]) {
      const adapter = await findAdapter();
      const automatic = await chooseBackend("auto", { gpu: forgedGpu(adapter, { info }) });
      assertEquals(automatic.kind, "wasm");
      assertStringIncludes(automatic.reason!, "software");
      const asked = await chooseBackend("webgpu", { gpu: forgedGpu(adapter, { info }) });
      assertEquals(asked.kind, "webgpu");
      assertStringIncludes(asked.reason!, "software");
    }
  },
});

Deno.test({
  name: gpuTestName(
    "an adapter below WebGPU's own limits is refused by name, limit and value; auto goes on with wasm",
  ),
  ignore: !HAS_GPU,
  fn: async () => {
    const gpu = forgedGpu(await findAdapter(), { limits: { maxStorageBuffersPerShaderStage: 4 } });
    const error = await assertRejects(() => chooseBackend("webgpu", { gpu }), DeviceError);
    assertEquals(
      error.message,
      'The GPU "acme rocket" has maxStorageBuffersPerShaderStage 4, at least 8 is needed',
    );
    assert(error.hint !== undefined);
    const choice = await chooseBackend("auto", { gpu });
    assertEquals([choice.kind, choice.reason], ["wasm", error.message]);
  },
});

Deno.test({
  name: gpuTestName("lavapipe and SwiftShader count as software"),
  ignore: !HAS_GPU,
  fn: async () => {
    const adapter = (await findAdapter())!;
    if (!/llvmpipe|swiftshader/i.test(adapter.info.description)) return;
    assert(isSoftwareAdapter(adapter));
  },
});
