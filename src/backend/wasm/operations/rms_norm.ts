/** RMSNorm and its gradients. */
import type { OperationTable } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import { addresses } from "../tensor.ts";

/** See {@linkcode Operations}. */
export const rmsNorm = {
  rmsNormForward(wasm, out, rstd, inp, weight, eps) {
    const check = wasm.check("rmsNormForward");
    const [T, C] = check.matrix(inp, "inp");
    const [o, x] = check.all([out, "out", T, C], [inp, "inp", T, C]);
    const [r, w] = [check.elements(rstd, "rstd", T), check.elements(weight, "weight", C)];
    wasm.kernels.rms_norm_forward(...addresses(o, r, x, w), T, C, eps);
  },

  rmsNormBackward(wasm, dInp, dWeight, dOut, inp, weight, rstd) {
    const check = wasm.check("rmsNormBackward");
    const [T, C] = check.matrix(inp, "inp");
    const [dx, g, x] = check.all([dInp, "dInp", T, C], [dOut, "dOut", T, C], [inp, "inp", T, C]);
    const [dw, w] = [check.elements(dWeight, "dWeight", C), check.elements(weight, "weight", C)];
    wasm.kernels.rms_norm_backward(...addresses(dx, dw, g, x, w, check.elements(rstd, "rstd", T)), T, C);
  },
} satisfies Partial<OperationTable<WasmInstance>>;
