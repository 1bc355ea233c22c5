/**
 * RMSNorm: out (T, C) = inp * rstd (T) * weight (C). Forward and the gradient of the input work off a row with 64 threads; the gradient of the
 * weight is summed over runs of rows, a thread a column, and then over the runs.
 */
import type { Backend } from "../../mod.ts";
import {
  elementType,
  f32,
  type Gpu,
  kernelHeader,
  type KernelSource,
  kernelSource,
  THREADS,
  u32,
} from "../kernel.ts";
import { ShapeCheck } from "../shape_check.ts";
import { flatGroups, flatMain } from "./flat_kernel.ts";
import { laneSum } from "./lane_sum.ts";

/** Threads of a row. */
const LANES = 64;
const ROWS = THREADS / LANES;
/** Columns of a workgroup where a thread has a column. */
const COLUMNS = 64;
/** Runs of rows in the weight's gradient, at most; and rows of a run, at least. */
const MAX_RUNS = 128;
const MIN_RUN_ROWS = 16;

/** out and rstd are overwritten. */
export function rmsNormForward(
  gpu: Gpu,
  ...[out, rstd, inp, weight, eps]: Parameters<Backend["rmsNormForward"]>
): void {
  const check = new ShapeCheck("rmsNormForward", gpu);
  const [T, C] = check.matrix(inp, "inp");
  const result = check.activation(out, "out", T, C);
  gpu.queue.run(
    forwardKernel(elementType(result)),
    [
      result,
      check.elements(rstd, "rstd", T),
      check.floats(inp, "inp", T, C),
      check.elements(weight, "weight", C),
    ],
    [u32(T), u32(C), f32(eps)],
    flatGroups(gpu, Math.ceil(T / ROWS)),
  );
}

/** dInp (T, C) and dWeight (C) accumulate. */
export function rmsNormBackward(
  gpu: Gpu,
  ...[dInp, dWeight, dOut, inp, weight, rstd]: Parameters<Backend["rmsNormBackward"]>
): void {
  const check = new ShapeCheck("rmsNormBackward", gpu);
  const [T, C] = check.matrix(inp, "inp");
  const [g, x, r] = [
    check.floats(dOut, "dOut", T, C),
    check.floats(inp, "inp", T, C),
    check.elements(rstd, "rstd", T),
  ];
  gpu.queue.run(
    backwardInputKernel(),
    [check.floats(dInp, "dInp", T, C), g, x, check.elements(weight, "weight", C), r],
    [u32(T), u32(C)],
    flatGroups(gpu, Math.ceil(T / ROWS)),
  );
  using _scope = gpu.memory.scope();
  const runRows = Math.max(MIN_RUN_ROWS, Math.ceil(T / MAX_RUNS));
  const runs = Math.ceil(T / runRows);
  const partial = gpu.memory.allocate([runs, C]);
  const columnGroups = Math.ceil(C / COLUMNS);
  gpu.queue.run(weightRunsKernel(), [partial, g, x, r], [u32(T), u32(C), u32(runRows)], [
    columnGroups,
    runs,
    1,
  ]);
  gpu.queue.run(addRunsKernel(), [check.elements(dWeight, "dWeight", C), partial], [u32(runs), u32(C)], [
    columnGroups,
    1,
    1,
  ]);
}

function forwardKernel(type: string): KernelSource {
  return kernelSource(`rms norm forward ${type}`, () =>
    `${
      kernelHeader({
        parameters: "T: u32, C: u32, eps: f32",
        bindings: [
          ["out", "read_write", type],
          ["rstd", "read_write", "f32"],
          ["inp", "read", "f32"],
          ["weight", "read", "f32"],
        ],
      })
    }
${ROW_MAIN} {
  let t = rowOf(group, groups, thread);
  let lane = thread % ${LANES}u;
  let first = p.offset_inp + t * p.C;
  var sum = 0.0;
  if (t < p.T) {
    for (var c = lane; c < p.C; c += ${LANES}u) {
      let x = inp[first + c];
      sum += x * x;
    }
  }
  let factor = 1.0 / sqrt(laneSum(sum, thread) / f32(p.C) + p.eps);
  if (t >= p.T) { return; }
  for (var c = lane; c < p.C; c += ${LANES}u) {
    out[p.offset_out + t * p.C + c] = ${type}(inp[first + c] * factor * weight[p.offset_weight + c]);
  }
  if (lane == 0u) { rstd[p.offset_rstd + t] = factor; }
}
`);
}

/** With y = inp * rstd and g = dOut * weight: dInp += rstd * (g - y * mean(g * y)). */
function backwardInputKernel(): KernelSource {
  return kernelSource("rms norm backward", () =>
    `${
      kernelHeader({
        parameters: "T: u32, C: u32",
        bindings: [
          ["dInp", "read_write", "f32"],
          ["dOut", "read", "f32"],
          ["inp", "read", "f32"],
          ["weight", "read", "f32"],
          ["rstd", "read", "f32"],
        ],
      })
    }
${ROW_MAIN} {
  let t = rowOf(group, groups, thread);
  let lane = thread % ${LANES}u;
  var factor = 0.0;
  var dot = 0.0;
  if (t < p.T) {
    factor = rstd[p.offset_rstd + t];
    for (var c = lane; c < p.C; c += ${LANES}u) {
      let i = t * p.C + c;
      dot += dOut[p.offset_dOut + i] * weight[p.offset_weight + c] * inp[p.offset_inp + i] * factor;
    }
  }
  let mean = laneSum(dot, thread) / f32(p.C);
  if (t >= p.T) { return; }
  for (var c = lane; c < p.C; c += ${LANES}u) {
    let i = t * p.C + c;
    let y = inp[p.offset_inp + i] * factor;
    dInp[p.offset_dInp + i] += factor * (dOut[p.offset_dOut + i] * weight[p.offset_weight + c] - y * mean);
  }
}
`);
}

/** partial (runs, C) = sum of dOut * inp * rstd over each run's rows, a tree of four threads a column. */
function weightRunsKernel(): KernelSource {
  return kernelSource("rms norm backward weight", () =>
    `${
      kernelHeader({
        parameters: "T: u32, C: u32, runRows: u32",
        bindings: [
          ["partial", "read_write", "f32"],
          ["dOut", "read", "f32"],
          ["inp", "read", "f32"],
          ["rstd", "read", "f32"],
        ],
      })
    }
${
      columnSum(
        "group.x",
        "group.y * p.runRows",
        "min(p.T, (group.y + 1u) * p.runRows)",
        (t) =>
          `let i = ${t} * p.C + c;
      sum += dOut[p.offset_dOut + i] * inp[p.offset_inp + i] * rstd[p.offset_rstd + ${t}];`,
        "partial[p.offset_partial + group.y * p.C + c] = total;",
      )
    }
`);
}

/** dWeight (C) += the sum of partial (runs, C) over its rows. */
function addRunsKernel(): KernelSource {
  return kernelSource("add runs of rows", () =>
    `${
      kernelHeader({
        parameters: "runs: u32, C: u32",
        bindings: [["dWeight", "read_write", "f32"], ["partial", "read", "f32"]],
      })
    }
${
      columnSum(
        "group.x",
        "0u",
        "p.runs",
        (t) => `sum += partial[p.offset_partial + ${t} * p.C + c];`,
        "dWeight[p.offset_dWeight + c] += total;",
      )
    }
`);
}

/** A main function in which four threads sum a column's rows, every fourth each, and one of them stores the total. */
function columnSum(
  columnGroup: string,
  begin: string,
  end: string,
  addRow: (t: string) => string,
  store: string,
): string {
  const parts = THREADS / COLUMNS;
  return `
var<workgroup> sums: array<f32, ${THREADS}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let c = ${columnGroup} * ${COLUMNS}u + thread % ${COLUMNS}u;
  var sum = 0.0;
  if (c < p.C) {
    for (var t = ${begin} + thread / ${COLUMNS}u; t < ${end}; t += ${parts}u) {
      ${addRow("t")}
    }
  }
  sums[thread] = sum;
  workgroupBarrier();
  if (thread >= ${COLUMNS}u || c >= p.C) { return; }
  let total = ${Array.from({ length: parts }, (_, k) => `sums[thread + ${k * COLUMNS}u]`).join(" + ")};
  ${store}
}
`;
}

const ROW_MAIN = `
${laneSum(THREADS, LANES)}
fn rowOf(group: vec3<u32>, groups: vec3<u32>, thread: u32) -> u32 {
  return flatGroup(group, groups) * ${ROWS}u + thread / ${LANES}u;
}
${flatMain(THREADS)}`;
