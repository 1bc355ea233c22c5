/** Dropout and the residual connection. */
import { dropoutArguments } from "../../kernel_arguments.ts";
import type { Backend, Dropout } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import type { WasmTensor } from "../tensor.ts";

/** out = residual + dropout(branch); a null residual is 0. */
export function residualForward(
  wasm: WasmInstance,
  ...[out, residual, branch, dropout]: Parameters<Backend["residualForward"]>
): void {
  const check = wasm.check("residualForward");
  const [o, b] = [check.elements(out, "out", branch.size), check.elements(branch, "branch", branch.size)];
  if (residual === null) return drop(wasm, o, b, dropout);
  const r = check.elements(residual, "residual", branch.size);
  wasm.kernels.residual_forward(o.address, r.address, b.address, o.size, ...dropoutArguments(dropout));
}

/** dBranch = the mask applied to dOut. */
export function residualBackward(
  wasm: WasmInstance,
  ...[dBranch, dOut, dropout]: Parameters<Backend["residualBackward"]>
): void {
  const check = wasm.check("residualBackward");
  drop(wasm, check.elements(dBranch, "dBranch", dOut.size), check.elements(dOut, "dOut", dOut.size), dropout);
}

/** out = the mask applied to inp; a copy without dropout. */
function drop(wasm: WasmInstance, out: WasmTensor, inp: WasmTensor, dropout: Dropout | null): void {
  const [threshold, ...rest] = dropoutArguments(dropout);
  if (threshold !== 0) wasm.kernels.dropout_apply(out.address, inp.address, inp.size, threshold, ...rest);
  else if (out.address !== inp.address) {
    wasm.arena.floats(out.address, out.size).set(wasm.arena.floats(inp.address, inp.size));
  }
}
