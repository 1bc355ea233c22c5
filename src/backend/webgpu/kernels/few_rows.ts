/**
 * The product of a linear layer for few rows, at inference: what takes time is reading the weight, so each
 * workgroup reads some of its rows once for up to {@linkcode ROWS} rows of inp. A row's sums have one order,
 * however many rows there are.
 */
import type { Tensor } from "../../mod.ts";
import type { Gpu } from "../gpu.ts";
import { kernel, type KernelText, widthOf } from "../kernel.ts";
import { ShapeCheck } from "../shape_check.ts";

/** Rows of inp that a workgroup handles: the four parts of a vec4. */
const ROWS = 4;
/** Rows of the weight that a workgroup handles. */
const COLUMNS = 4;
/** Threads that share a row of the weight: neighbours read neighbouring vec4. */
const LANES = 16;

/** out (T, N) = inp (T, K) @ weight (N, K)^T; overwrites. */
export function linearFewRows(gpu: Gpu, out: Tensor, inp: Tensor, weight: Tensor): void {
  const check = new ShapeCheck("linearFewRows", gpu);
  const [[T, K], [N]] = [check.matrix(inp, "inp"), check.matrix(weight, "weight")];
  const [x, w] = [check.floats(inp, "inp", T, K), check.floats(weight, "weight", N, K)];
  const isVector = widthOf(K, x.offset, w.offset) === 4;
  gpu.queue.run(
    kernel(`few rows${isVector ? " vec4" : ""}`, () => fewRowsKernel(isVector)),
    [check.floats(out, "out", T, N), x, w],
    [T, N, K],
    [Math.ceil(N / COLUMNS), Math.ceil(T / ROWS)],
  );
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
