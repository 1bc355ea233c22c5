/** The three products of a linear layer: out = inp @ weight^T and its gradients. */
import type { Tensor } from "../../mod.ts";
import type { Gpu } from "../gpu.ts";
import { ShapeCheck } from "../shape_check.ts";
import { matmul } from "./matmul.ts";

/** out (T, N) = inp (T, K) @ weight (N, K)^T; overwrites. */
export function linearForward(gpu: Gpu, out: Tensor, inp: Tensor, weight: Tensor): void {
  const check = new ShapeCheck("linearForward", gpu);
  const [[T, K], [N]] = [check.matrix(inp, "inp"), check.matrix(weight, "weight")];
  matmul(gpu, {
    sizes: [T, N, K],
    c: { tensor: check.activation(out, "out", T, N), row: N },
    a: { tensor: check.activation(inp, "inp", T, K), row: K, axis: "k" },
    b: { tensor: check.floats(weight, "weight", N, K), row: K, axis: "k" },
  });
}

/** dInp (T, K) = dOut (T, N) @ weight (N, K); overwrites. */
export function linearBackwardInput(gpu: Gpu, dInp: Tensor, dOut: Tensor, weight: Tensor): void {
  const check = new ShapeCheck("linearBackwardInput", gpu);
  const [[T, N], [, K]] = [check.matrix(dOut, "dOut"), check.matrix(weight, "weight")];
  matmul(gpu, {
    sizes: [T, K, N],
    c: { tensor: check.floats(dInp, "dInp", T, K), row: K },
    a: { tensor: check.floats(dOut, "dOut", T, N), row: N, axis: "k" },
    b: { tensor: check.floats(weight, "weight", N, K), row: K, axis: "outer" },
  });
}

/** dWeight (N, K) += dOut (T, N)^T @ inp (T, K); accumulates. */
export function linearBackwardWeight(gpu: Gpu, dWeight: Tensor, dOut: Tensor, inp: Tensor): void {
  const check = new ShapeCheck("linearBackwardWeight", gpu);
  const [[T, N], [, K]] = [check.matrix(dOut, "dOut"), check.matrix(inp, "inp")];
  matmul(gpu, {
    sizes: [N, K, T],
    c: { tensor: check.floats(dWeight, "dWeight", N, K), row: K },
    a: { tensor: check.floats(dOut, "dOut", T, N), row: N, axis: "outer" },
    b: { tensor: check.activation(inp, "inp", T, K), row: K, axis: "outer" },
    epilogue: "accumulate",
  });
}
