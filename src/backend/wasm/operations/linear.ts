/** The three products of a linear layer: out = inp @ weight^T and its gradients. Large ones read a packed copy of the weight. */
import type { Tensor } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import type { WasmTensor } from "../tensor.ts";

/** out (T, N) = inp (T, K) @ weight (N, K)^T; overwrites. */
export function linearForward(wasm: WasmInstance, out: Tensor, inp: Tensor, weight: Tensor): void {
  const { o, x, w, T, N, K } = linearArguments(wasm, "linearForward", out, inp, weight);
  wasm.withStack(() => {
    const packed = wasm.packedWeights.get(w, "forward");
    wasm.kernels.linear_forward(o.address, x.address, packed, T, N, K);
  });
}

/** The same product for few rows. */
export function linearFewRows(wasm: WasmInstance, out: Tensor, inp: Tensor, weight: Tensor): void {
  const { o, x, w, T, N, K } = linearArguments(wasm, "linearFewRows", out, inp, weight);
  wasm.kernels.linear_few_rows(o.address, x.address, w.address, T, N, K);
}

/** dInp (T, K) = dOut (T, N) @ weight (N, K); overwrites. */
export function linearBackwardInput(wasm: WasmInstance, dInp: Tensor, dOut: Tensor, weight: Tensor): void {
  const check = wasm.check("linearBackwardInput");
  const [[T, N], [, K]] = [check.matrix(dOut, "dOut"), check.matrix(weight, "weight")];
  const [dx, g, w] = [
    check.floats(dInp, "dInp", T, K),
    check.floats(dOut, "dOut", T, N),
    check.floats(weight, "weight", N, K),
  ];
  check.apart(dx, g, w);
  wasm.withStack(() => {
    const packed = wasm.packedWeights.get(w, "backward");
    wasm.kernels.linear_backward_input(dx.address, g.address, packed, T, N, K);
  });
}

/** dWeight (N, K) += dOut (T, N)^T @ inp (T, K); accumulates. */
export function linearBackwardWeight(wasm: WasmInstance, dWeight: Tensor, dOut: Tensor, inp: Tensor): void {
  const check = wasm.check("linearBackwardWeight");
  const [[T, N], [, K]] = [check.matrix(dOut, "dOut"), check.matrix(inp, "inp")];
  const [dw, g, x] = [
    check.floats(dWeight, "dWeight", N, K),
    check.floats(dOut, "dOut", T, N),
    check.floats(inp, "inp", T, K),
  ];
  check.apart(dw, g, x);
  wasm.withScratch(wasm.kernels.unpacked_scratch_size(T, K), (scratch) => {
    wasm.kernels.linear_backward_weight(dw.address, g.address, x.address, T, N, K, scratch);
  });
}

/** What both forward products take. */
function linearArguments(
  wasm: WasmInstance,
  operation: string,
  out: Tensor,
  inp: Tensor,
  weight: Tensor,
): { o: WasmTensor; x: WasmTensor; w: WasmTensor; T: number; N: number; K: number } {
  const check = wasm.check(operation);
  const [[T, K], [N]] = [check.matrix(inp, "inp"), check.matrix(weight, "weight")];
  const [o, x, w] = [
    check.floats(out, "out", T, N),
    check.floats(inp, "inp", T, K),
    check.floats(weight, "weight", N, K),
  ];
  check.apart(o, x, w);
  return { o, x, w, T, N, K };
}
