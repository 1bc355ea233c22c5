/** Which backend runs: chosen once on the main thread, opened in every worker. */
import type { BackendName } from "../config.ts";
import type { Backend } from "./mod.ts";
import { ReferenceBackend } from "./reference.ts";
import { compileKernels, type TileName, WasmBackend } from "./wasm/mod.ts";

/** A choice that can be posted to a worker. */
export type BackendChoice =
  | { readonly kind: "reference" }
  | { readonly kind: "wasm"; readonly module: WebAssembly.Module; readonly tile: TileName };

/**
 * Decide what a backend's name means on this machine: `auto` is wasm. Finding the faster kernel takes 0.15 s.
 *
 * @param name `auto`, `wasm` or `reference`
 * @returns plain data that can be posted to a worker; {@linkcode openBackend} makes the backend
 */
export async function chooseBackend(name: BackendName): Promise<BackendChoice> {
  switch (name) {
    case "reference":
      return { kind: "reference" };
    case "auto":
    case "wasm": {
      const module = await compileKernels();
      using backend = await WasmBackend.create({ module });
      return { kind: "wasm", module, tile: backend.tile };
    }
    default:
      return name satisfies never;
  }
}

/**
 * Open the chosen backend in this thread.
 *
 * @param choice made by {@linkcode chooseBackend}
 * @returns a backend to dispose of
 */
export async function openBackend(choice: BackendChoice): Promise<Backend> {
  switch (choice.kind) {
    case "reference":
      return new ReferenceBackend();
    case "wasm":
      return await WasmBackend.create(choice);
    default:
      return choice satisfies never;
  }
}
