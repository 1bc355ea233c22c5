// Exact GELU: x Phi(x), with Phi the normal distribution function (erf, not the tanh approximation).
//
// Phi(-|x|) = erfc(z) / 2 with z = |x| / sqrt(2), and e^(z^2) erfc(z) = t P(t) with t = 1 / (1 + 0.3 z): P as
// in kernels/src/math.rs, a minimax fit with a relative error of 2e-8 up to where e^(-z^2) underflows.
import type { Tensor } from "../../mod.ts";
import { type Gpu, ShapeCheck } from "../gpu.ts";
import { elementwise } from "./elementwise.ts";

/** Half of the coefficients of P, from the highest power down. */
// deno-fmt-ignore
const COEFFICIENTS = [
  -0.06472893, 0.24261074, -0.25575417, 0.2733753, -0.04695256,
  0.10728401, 0.07422192, 0.08534911, 0.08459459,
];

/** WGSL `gauss(x)` = e^(-x^2 / 2), and `phi(x, gauss(x))`, Phi. */
function normalFunctions(): string {
  const [first, ...rest] = COEFFICIENTS;
  return `
fn gauss(x: V) -> V { return exp(-0.5 * x * x); }
fn phi(x: V, gauss: V) -> V {
  let t = V(1.0) / (abs(x) * ${0.3 / Math.SQRT2} + V(1.0));
  var s = V(${first});
  ${rest.map((coefficient) => `s = fma(s, t, V(${coefficient}));`).join("\n  ")}
  let tail = s * t * gauss;
  return select(V(1.0) - tail, tail, x < V(0.0));
}
`;
}

/** out = inp * Phi(inp). */
export function geluForward(gpu: Gpu, out: Tensor, inp: Tensor): void {
  const check = new ShapeCheck("geluForward", gpu);
  const result = check.activation(out, "out", ...inp.shape);
  const body = "result = inp * phi(inp, gauss(inp));";
  const forward = { name: "gelu forward", tensors: "w result, inp", functions: normalFunctions, body };
  elementwise(gpu, forward, [result, check.activation(inp, "inp", ...inp.shape)]);
}

/** dInp = dOut * (Phi(inp) + inp * phi(inp)). */
export function geluBackward(gpu: Gpu, dInp: Tensor, dOut: Tensor, inp: Tensor): void {
  const check = new ShapeCheck("geluBackward", gpu);
  const gradients = check.allElements({ dInp, dOut }, inp.size);
  const body = `let g = gauss(inp);
  result = dOut * (phi(inp, g) + inp * g * ${1 / Math.sqrt(2 * Math.PI)});`;
  const backward = {
    name: "gelu backward",
    tensors: "w result, dOut, inp",
    functions: normalFunctions,
    body,
  };
  elementwise(gpu, backward, [...gradients, check.activation(inp, "inp", ...inp.shape)]);
}
