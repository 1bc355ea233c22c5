/** The products of a linear layer and its gradients: one float64 sum an element, in index order. */
import type { Operations, Tensor } from "../mod.ts";
import { floats, matrix } from "./tensor.ts";

/** See {@linkcode Operations}. */
export const linear = {
  linearForward: product,
  linearFewRows: product,

  /** dInp (T, K) = dOut (T, N) @ weight (N, K); overwrites. */
  linearBackwardInput(dInp, dOut, weight) {
    const [[T, N], [, K]] = [matrix(dOut), matrix(weight)];
    const [dx, g, w] = [floats(dInp), floats(dOut), floats(weight)];
    const sum = new Float64Array(K);
    for (let t = 0; t < T; t++) {
      sum.fill(0);
      for (let n = 0; n < N; n++) {
        for (let k = 0; k < K; k++) sum[k]! += g[t * N + n]! * w[n * K + k]!;
      }
      for (let k = 0; k < K; k++) dx[t * K + k] = sum[k]!;
    }
  },

  /** dWeight (N, K) += dOut (T, N)^T @ inp (T, K); accumulates. */
  linearBackwardWeight(dWeight, dOut, inp) {
    const [[T, N], [, K]] = [matrix(dOut), matrix(inp)];
    const [dw, g, x] = [floats(dWeight), floats(dOut), floats(inp)];
    const sum = new Float64Array(K);
    for (let n = 0; n < N; n++) {
      sum.fill(0);
      for (let t = 0; t < T; t++) {
        for (let k = 0; k < K; k++) sum[k]! += g[t * N + n]! * x[t * K + k]!;
      }
      for (let k = 0; k < K; k++) dw[n * K + k]! += sum[k]!;
    }
  },
} satisfies Partial<Operations>;

/** out (T, N) = inp (T, K) @ weight (N, K)^T; overwrites. */
function product(out: Tensor, inp: Tensor, weight: Tensor): void {
  const [[T, K], [N]] = [matrix(inp), matrix(weight)];
  const [o, x, w] = [floats(out), floats(inp), floats(weight)];
  for (let t = 0; t < T; t++) {
    for (let n = 0; n < N; n++) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += x[t * K + k]! * w[n * K + k]!;
      o[t * N + n] = sum;
    }
  }
}
