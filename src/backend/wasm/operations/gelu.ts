/** Exact GELU and its gradient. */
import type { Tensor } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";

/** out = inp * Phi(inp); overwrites. */
export function geluForward(wasm: WasmInstance, out: Tensor, inp: Tensor): void {
  const check = wasm.check("geluForward");
  const [o, x] = [check.elements(out, "out", inp.size), check.elements(inp, "inp", inp.size)];
  wasm.kernels.gelu_forward(o.address, x.address, x.size);
}

/** dInp = dOut * (Phi(inp) + inp * phi(inp)); overwrites. */
export function geluBackward(wasm: WasmInstance, dInp: Tensor, dOut: Tensor, inp: Tensor): void {
  const check = wasm.check("geluBackward");
  const [dx, g, x] = [
    check.elements(dInp, "dInp", inp.size),
    check.elements(dOut, "dOut", inp.size),
    check.elements(inp, "inp", inp.size),
  ];
  wasm.kernels.gelu_backward(dx.address, g.address, x.address, x.size);
}
