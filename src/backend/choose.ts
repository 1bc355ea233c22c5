/** Which backend runs: chosen once on the main thread, opened in every worker. */
import type { BackendName } from "../config.ts";
import type { Backend } from "./mod.ts";
import { ReferenceBackend } from "./reference.ts";

/** A choice that can be posted to a worker. */
export type BackendChoice = { readonly kind: "reference" };

/** Decide what `--backend NAME` means on this machine. */
export function chooseBackend(_name: BackendName): Promise<BackendChoice> {
  return Promise.resolve({ kind: "reference" });
}

/** Open the chosen backend in this thread. */
export function openBackend(choice: BackendChoice): Promise<Backend> {
  switch (choice.kind) {
    case "reference":
      return Promise.resolve(new ReferenceBackend());
    default:
      return choice.kind satisfies never;
  }
}
