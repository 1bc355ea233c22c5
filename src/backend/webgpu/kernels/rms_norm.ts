// RMSNorm: out (T, C) = inp * rstd (T) * weight (C). 64 threads work off a row, forward and for the gradient
// of the input; the gradient of the weight is summed over runs of rows, and then over the runs.
import { type Gpu, type Inputs, ShapeCheck } from "../gpu.ts";
import { elementType, type Kernel, kernel, THREADS } from "../kernel.ts";

/** Threads of a row; and columns of a workgroup where a thread has a column. */
const [LANES, COLUMNS] = [64, 64];
/** Runs of rows in the weight's gradient, at most; and rows of a run, at least. */
const [MAX_RUNS, MIN_RUN_ROWS] = [128, 16];

/** out and rstd are overwritten. */
export function rmsNormForward(gpu: Gpu, ...[out, rstd, inp, weight, eps]: Inputs<"rmsNormForward">): void {
  const check = new ShapeCheck("rmsNormForward", gpu);
  const [T, C] = check.matrix(inp, "inp");
  const result = check.activation(out, "out", T, C);
  const others = [check.floats(inp, "inp", T, C), check.elements(weight, "weight", C)];
  const tensors = [result, check.elements(rstd, "rstd", T), ...others];
  gpu.queue.run(forwardKernel(elementType(result)), tensors, [T, C, eps], T);
}

/** dInp (T, C) and dWeight (C) accumulate. */
export function rmsNormBackward(gpu: Gpu, ...inputs: Inputs<"rmsNormBackward">): void {
  const [dInp, dWeight, dOut, inp, weight, rstd] = inputs;
  const check = new ShapeCheck("rmsNormBackward", gpu);
  const [T, C] = check.matrix(inp, "inp");
  const [g, x] = [check.floats(dOut, "dOut", T, C), check.floats(inp, "inp", T, C)];
  const [r, w] = [check.elements(rstd, "rstd", T), check.elements(weight, "weight", C)];
  gpu.queue.run(BACKWARD_INPUT, [check.floats(dInp, "dInp", T, C), g, x, w, r], [T, C], T);
  using _scope = gpu.memory.scope();
  const runRows = Math.max(MIN_RUN_ROWS, Math.ceil(T / MAX_RUNS));
  const runs = Math.ceil(T / runRows);
  const partial = gpu.memory.allocate([runs, C]);
  const columnGroups = Math.ceil(C / COLUMNS);
  gpu.queue.run(WEIGHT_RUNS, [partial, g, x, r], [T, C, runRows], [columnGroups, runs]);
  const target = check.elements(dWeight, "dWeight", C);
  gpu.queue.run(ADD_RUNS, [target, partial], [runs, C], [columnGroups, 1]);
}

function forwardKernel(type: string): Kernel {
  return kernel(`rms norm forward ${type}`, () => ({
    parameters: "T: u32, C: u32, eps: f32",
    bindings: `rw out: ${type}, rw rstd: f32, inp: f32, weight: f32`,
    lanes: LANES,
    main: `let first = p.offset_inp + item * p.C;
  var sum = 0.0;
  if (item < p.T) {
    for (var c = lane; c < p.C; c += ${LANES}u) {
      let x = inp[first + c];
      sum += x * x;
    }
  }
  let factor = 1.0 / sqrt(laneSum(sum, thread) / f32(p.C) + p.eps);
  if (item >= p.T) { return; }
  for (var c = lane; c < p.C; c += ${LANES}u) {
    out[p.offset_out + item * p.C + c] = ${type}(inp[first + c] * factor * weight[p.offset_weight + c]);
  }
  if (lane == 0u) { rstd[p.offset_rstd + item] = factor; }`,
  }));
}

/** With y = inp * rstd and g = dOut * weight: dInp += rstd * (g - y * mean(g * y)). */
const BACKWARD_INPUT = kernel("rms norm backward", {
  parameters: "T: u32, C: u32",
  bindings: "rw dInp: f32, dOut: f32, inp: f32, weight: f32, rstd: f32",
  lanes: LANES,
  main: `var factor = 0.0;
  var dot = 0.0;
  if (item < p.T) {
    factor = rstd[p.offset_rstd + item];
    for (var c = lane; c < p.C; c += ${LANES}u) {
      let i = item * p.C + c;
      dot += dOut[p.offset_dOut + i] * weight[p.offset_weight + c] * inp[p.offset_inp + i] * factor;
    }
  }
  let mean = laneSum(dot, thread) / f32(p.C);
  if (item >= p.T) { return; }
  for (var c = lane; c < p.C; c += ${LANES}u) {
    let i = item * p.C + c;
    let y = inp[p.offset_inp + i] * factor;
    dInp[p.offset_dInp + i] += factor * (dOut[p.offset_dOut + i] * weight[p.offset_weight + c] - y * mean);
  }`,
});

const COLUMN_SUMS = `var<workgroup> sums: array<f32, ${THREADS}>;`;

/** partial (runs, C) = sum of dOut * inp * rstd over each run's rows. */
const WEIGHT_RUNS = kernel("rms norm backward weight", {
  parameters: "T: u32, C: u32, runRows: u32",
  bindings: "rw partial: f32, dOut: f32, inp: f32, rstd: f32",
  declarations: COLUMN_SUMS,
  main: columnSum(
    "group.y * p.runRows",
    "min(p.T, (group.y + 1u) * p.runRows)",
    `let i = t * p.C + c;
      sum += dOut[p.offset_dOut + i] * inp[p.offset_inp + i] * rstd[p.offset_rstd + t];`,
    "partial[p.offset_partial + group.y * p.C + c] = total;",
  ),
});

/** dWeight (C) += the sum of partial (runs, C) over its rows. */
const ADD_RUNS = kernel("add runs of rows", {
  parameters: "runs: u32, C: u32",
  bindings: "rw dWeight: f32, partial: f32",
  declarations: COLUMN_SUMS,
  main: columnSum(
    "0u",
    "p.runs",
    "sum += partial[p.offset_partial + t * p.C + c];",
    "dWeight[p.offset_dWeight + c] += total;",
  ),
});

/** Four threads sum a column's rows, every fourth each (t, by `addRow` to `sum`); one stores the `total`. */
function columnSum(begin: string, end: string, addRow: string, store: string): string {
  const parts = THREADS / COLUMNS;
  return `let c = group.x * ${COLUMNS}u + thread % ${COLUMNS}u;
  var sum = 0.0;
  if (c < p.C) {
    for (var t = ${begin} + thread / ${COLUMNS}u; t < ${end}; t += ${parts}u) {
      ${addRow}
    }
  }
  sums[thread] = sum;
  workgroupBarrier();
  if (thread >= ${COLUMNS}u || c >= p.C) { return; }
  let total = ${Array.from({ length: parts }, (_, k) => `sums[thread + ${k * COLUMNS}u]`).join(" + ")};
  ${store}`;
}
