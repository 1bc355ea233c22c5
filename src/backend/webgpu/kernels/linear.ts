/** The three products of a linear layer: out = inp @ weight^T and its gradients. */
import type { Tensor } from "../../mod.ts";
import type { Gpu } from "../gpu.ts";
import { ShapeCheck } from "../shape_check.ts";
import { matmul, matrix } from "./matmul.ts";

/** out (T, N) = inp (T, K) @ weight (N, K)^T; overwrites. */
export function linearForward(gpu: Gpu, out: Tensor, inp: Tensor, weight: Tensor): void {
  const check = new ShapeCheck("linearForward", gpu);
  const [[T, K], [N]] = [check.matrix(inp, "inp"), check.matrix(weight, "weight")];
  const c = matrix(check.activation(out, "out", T, N));
  const a = matrix(check.activation(inp, "inp", T, K));
  const b = matrix(check.floats(weight, "weight", N, K));
  matmul(gpu, { sizes: [T, N, K], c, a, b });
}

/** dInp (T, K) = dOut (T, N) @ weight (N, K); overwrites. */
export function linearBackwardInput(gpu: Gpu, dInp: Tensor, dOut: Tensor, weight: Tensor): void {
  const check = new ShapeCheck("linearBackwardInput", gpu);
  const [[T, N], [, K]] = [check.matrix(dOut, "dOut"), check.matrix(weight, "weight")];
  const c = matrix(check.floats(dInp, "dInp", T, K));
  const a = matrix(check.floats(dOut, "dOut", T, N));
  const b = matrix(check.floats(weight, "weight", N, K), "outer");
  matmul(gpu, { sizes: [T, K, N], c, a, b });
}

/** dWeight (N, K) += dOut (T, N)^T @ inp (T, K); accumulates. */
export function linearBackwardWeight(gpu: Gpu, dWeight: Tensor, dOut: Tensor, inp: Tensor): void {
  const check = new ShapeCheck("linearBackwardWeight", gpu);
  const [[T, N], [, K]] = [check.matrix(dOut, "dOut"), check.matrix(inp, "inp")];
  const c = matrix(check.floats(dWeight, "dWeight", N, K));
  const a = matrix(check.floats(dOut, "dOut", T, N), "outer");
  const b = matrix(check.activation(inp, "inp", T, K), "outer");
  matmul(gpu, { sizes: [N, K, T], c, a, b, epilogue: "accumulate" });
}
