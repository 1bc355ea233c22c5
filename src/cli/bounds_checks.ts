/**
 * Training starts V8 without bounds checks in WebAssembly (v8.env), which doubles the speed of our own kernels.
 * ONNX Runtime is WebAssembly, too: somebody else's model.onnx is not run in such a process, where a fault of the
 * runtime's would no longer be caught.
 */
import { UsageError } from "../errors.ts";
import { findModel } from "../infer/open_model.ts";
import type { CommandContext } from "./command.ts";

/** In each of the ways in which V8 reads it. */
const UNCHECKED = /--no-?wasm[-_]bounds[-_]checks/;

/**
 * Refuse an exported folder in a process without bounds checks. A checkpoint runs on our own kernels.
 *
 * @throws {UsageError} with the task that has the checks
 */
export async function requireBoundsChecks(
  { env }: CommandContext,
  command: string,
  model: string,
): Promise<void> {
  if (!UNCHECKED.test(env("DENO_V8_FLAGS") ?? "")) return;
  if (command !== "verify" && (await findModel(model)).kind === "checkpoint") return;
  throw new UsageError(
    `"${model}" is not opened in ONNX Runtime here: DENO_V8_FLAGS switches WebAssembly's bounds checks off, which ` +
      "only our own kernels may do without",
    { hint: `start with \`deno task ${command}\`, which leaves them on, or without DENO_V8_FLAGS` },
  );
}
