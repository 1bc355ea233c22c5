// The products of a linear layer: out = inp @ weight^T and its gradients.
import type { Tensor } from "../../mod.ts";
import { type Gpu, ShapeCheck } from "../gpu.ts";
import { kernel, type KernelText, widthOf } from "../kernel.ts";
import { matmul, matrix } from "./matmul.ts";

/** Rows of inp (the parts of a vec4), and of the weight, that a workgroup handles. */
const [ROWS, COLUMNS] = [4, 4];
/** Threads that share a row of the weight: neighbours read neighbouring vec4. */
const LANES = 16;

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

// linearForward for few rows, at inference: reading the weight takes the time, so a workgroup reads some of
// it once for ROWS rows of inp. A row's sums have one order, however many rows there are.
export function linearFewRows(gpu: Gpu, out: Tensor, inp: Tensor, weight: Tensor): void {
  const check = new ShapeCheck("linearFewRows", gpu);
  const [[T, K], [N]] = [check.matrix(inp, "inp"), check.matrix(weight, "weight")];
  const [x, w] = [check.floats(inp, "inp", T, K), check.floats(weight, "weight", N, K)];
  const isVector = widthOf(K, x.offset, w.offset) === 4;
  const fewRows = kernel(`few rows${isVector ? " vec4" : ""}`, () => fewRowsKernel(isVector));
  const groups = [Math.ceil(N / COLUMNS), Math.ceil(T / ROWS)] as const;
  gpu.queue.run(fewRows, [check.floats(out, "out", T, N), x, w], [T, N, K], groups);
}

function fewRowsKernel(isVector: boolean): KernelText {
  const type = isVector ? "vec4<f32>" : "f32";
  // NAME4: four elements of a row from k on, zeros from K on.
  const load = (name: string): string =>
    isVector
      ? `
fn ${name}4(row: u32, k: u32) -> vec4<f32> { return ${name}[(p.offset_${name} + row * p.K + k) / 4u]; }`
      : `
fn ${name}1(row: u32, k: u32) -> f32 {
  if (k >= p.K) { return 0.0; }
  return ${name}[p.offset_${name} + row * p.K + k];
}
fn ${name}4(row: u32, k: u32) -> vec4<f32> {
  return vec4<f32>(${name}1(row, k), ${name}1(row, k + 1u), ${name}1(row, k + 2u), ${name}1(row, k + 3u));
}`;
  const rows = Array.from({ length: ROWS }, (_, r) => `dot(w, inp4(min(row + ${r}u, p.T - 1u), k))`);
  return {
    parameters: "T: u32, N: u32, K: u32",
    bindings: `rw out: f32, inp: ${type}, weight: ${type}`,
    threads: COLUMNS * LANES,
    declarations: `${load("inp")}${load("weight")}
var<workgroup> sums: array<vec4<f32>, ${COLUMNS * LANES}>;`,
    main: `let row = group.y * ${ROWS}u;
  let column = group.x * ${COLUMNS}u + thread / ${LANES}u;
  let lane = thread % ${LANES}u;
  var sum = vec4<f32>(); // of ${ROWS} rows
  for (var k = 4u * lane; k < p.K; k += ${4 * LANES}u) {
    let w = weight4(min(column, p.N - 1u), k);
    sum += vec4<f32>(${rows.join(", ")});
  }
  sums[thread] = sum;
  for (var step = ${LANES / 2}u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (lane < step) { sums[thread] += sums[thread + step]; }
  }
  workgroupBarrier();
  if (lane < ${ROWS}u && row + lane < p.T && column < p.N) {
    out[p.offset_out + (row + lane) * p.N + column] = sums[thread - lane][lane];
  }`,
  };
}
