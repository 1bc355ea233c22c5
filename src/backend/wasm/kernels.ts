// The compiled kernels and their instances. generated/ is what wasm-pack writes (`deno task kernels`). Its
// glue keeps one instance a thread, but every backend needs a memory of its own: so only its types are used,
// and its one import, which fills a table that nothing reads, is an empty function.
import type { InitOutput } from "./generated/kernels.d.ts";

/** The exported kernels: addresses and sizes in, results in memory. */
export type Kernels = Omit<InitOutput, "__wbindgen_externrefs" | "__wbindgen_start">;

/** Part of a product that stays in registers: "6x16" where V8 fuses 128-bit pairs, "4x8" elsewhere. */
export type TileName = "6x16" | "4x8";

/** The module can be posted to workers, which then share its optimised code. */
export async function compileKernels(): Promise<WebAssembly.Module> {
  const url = new URL("./generated/kernels_bg.wasm", import.meta.url);
  if (url.protocol === "file:" && typeof Deno !== "undefined") {
    return await WebAssembly.compile(await Deno.readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`Cannot load the kernels from ${url}: ${response.status} ${response.statusText}`);
  }
  return await WebAssembly.compile(await response.arrayBuffer());
}

/** A new instance with a memory of its own. */
export async function instantiateKernels(module: WebAssembly.Module): Promise<Kernels> {
  const glue = { __wbindgen_init_externref_table(): void {} };
  const instance = await WebAssembly.instantiate(module, { "./kernels_bg.js": glue });
  return instance.exports as unknown as Kernels;
}
