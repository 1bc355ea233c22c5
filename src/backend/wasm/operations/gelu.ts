/** Exact GELU and its gradient. */
import type { OperationTable } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import { addresses } from "../tensor.ts";

/** See {@linkcode Operations}. */
export const gelu = {
  geluForward(wasm, out, inp) {
    const tensors = wasm.check("geluForward").alike([out, "out"], [inp, "inp"]);
    wasm.kernels.gelu_forward(...addresses(...tensors), inp.size);
  },

  geluBackward(wasm, dInp, dOut, inp) {
    const tensors = wasm.check("geluBackward").alike([dInp, "dInp"], [dOut, "dOut"], [inp, "inp"]);
    wasm.kernels.gelu_backward(...addresses(...tensors), inp.size);
  },
} satisfies Partial<OperationTable<WasmInstance>>;
