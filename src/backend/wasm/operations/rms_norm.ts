/** RMSNorm and its gradients. */
import type { Backend } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";

/** out (T, C) = inp (T, C) * rstd (T) * weight (C); overwrites out and rstd. */
export function rmsNormForward(
  wasm: WasmInstance,
  ...[out, rstd, inp, weight, eps]: Parameters<Backend["rmsNormForward"]>
): void {
  const check = wasm.check("rmsNormForward");
  const [T, C] = check.matrix(inp, "inp");
  wasm.kernels.rms_norm_forward(
    check.floats(out, "out", T, C).address,
    check.elements(rstd, "rstd", T).address,
    check.floats(inp, "inp", T, C).address,
    check.elements(weight, "weight", C).address,
    T,
    C,
    eps,
  );
}

/** dInp (T, C) and dWeight (C) accumulate. */
export function rmsNormBackward(
  wasm: WasmInstance,
  ...[dInp, dWeight, dOut, inp, weight, rstd]: Parameters<Backend["rmsNormBackward"]>
): void {
  const check = wasm.check("rmsNormBackward");
  const [T, C] = check.matrix(inp, "inp");
  wasm.kernels.rms_norm_backward(
    check.floats(dInp, "dInp", T, C).address,
    check.elements(dWeight, "dWeight", C).address,
    check.floats(dOut, "dOut", T, C).address,
    check.floats(inp, "inp", T, C).address,
    check.elements(weight, "weight", C).address,
    check.elements(rstd, "rstd", T).address,
    T,
    C,
  );
}
