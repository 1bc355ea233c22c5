/** The products of a linear layer and its gradients. Large ones read a packed copy of the weight. */
import type { OperationTable, Tensor } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import { addresses, type WasmTensor } from "../tensor.ts";

/** See {@linkcode Operations}. */
export const linear = {
  linearForward(wasm, out, inp, weight) {
    const { o, x, w, sizes } = forwardArguments(wasm, "linearForward", out, inp, weight);
    wasm.withStack(() => {
      wasm.kernels.linear_forward(...addresses(o, x), wasm.packedWeights.get(w, "forward"), ...sizes);
    });
  },

  linearFewRows(wasm, out, inp, weight) {
    const { o, x, w, sizes } = forwardArguments(wasm, "linearFewRows", out, inp, weight);
    wasm.kernels.linear_few_rows(...addresses(o, x, w), ...sizes);
  },

  linearBackwardInput(wasm, dInp, dOut, weight) {
    const check = wasm.check("linearBackwardInput");
    const [[T, N], [, K]] = [check.matrix(dOut, "dOut"), check.matrix(weight, "weight")];
    const [dx, g, w] = check.all([dInp, "dInp", T, K], [dOut, "dOut", T, N], [weight, "weight", N, K]);
    check.apart(dx, g, w);
    wasm.withStack(() => {
      const packed = wasm.packedWeights.get(w, "backward");
      wasm.kernels.linear_backward_input(...addresses(dx, g), packed, T, N, K);
    });
  },

  linearBackwardWeight(wasm, dWeight, dOut, inp) {
    const check = wasm.check("linearBackwardWeight");
    const [[T, N], [, K]] = [check.matrix(dOut, "dOut"), check.matrix(inp, "inp")];
    const [dw, g, x] = check.all([dWeight, "dWeight", N, K], [dOut, "dOut", T, N], [inp, "inp", T, K]);
    check.apart(dw, g, x);
    wasm.withScratch(wasm.kernels.unpacked_scratch_size(T, K), (scratch) => {
      wasm.kernels.linear_backward_weight(...addresses(dw, g, x), T, N, K, scratch);
    });
  },
} satisfies Partial<OperationTable<WasmInstance>>;

/** What both forward products take. */
function forwardArguments(
  wasm: WasmInstance,
  operation: string,
  out: Tensor,
  inp: Tensor,
  weight: Tensor,
): { o: WasmTensor; x: WasmTensor; w: WasmTensor; sizes: [T: number, N: number, K: number] } {
  const check = wasm.check(operation);
  const [[T, K], [N]] = [check.matrix(inp, "inp"), check.matrix(weight, "weight")];
  const [o, x, w] = check.all([out, "out", T, N], [inp, "inp", T, K], [weight, "weight", N, K]);
  check.apart(o, x, w);
  return { o, x, w, sizes: [T, N, K] };
}
