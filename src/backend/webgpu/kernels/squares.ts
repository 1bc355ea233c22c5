/** Sums of squares over blocks, and the factor that clips a gradient, which stays on the device. */
import type { Tensor } from "../../mod.ts";
import { f32, type Gpu, kernelHeader, type KernelSource, kernelSource, THREADS, u32 } from "../kernel.ts";
import { ShapeCheck } from "../shape_check.ts";
import { flatGroups, flatMain } from "./flat_kernel.ts";
import { laneSum } from "./lane_sum.ts";

/** sums (ceil(size / block)): squares summed over each run of `block` elements; a workgroup for each. */
export function sumSquares(gpu: Gpu, sums: Tensor, values: Tensor, block: number): void {
  const check = new ShapeCheck("sumSquares", gpu);
  if (!Number.isSafeInteger(block) || block < 1) check.fail(`block is ${block}`);
  const count = Math.ceil(values.size / block);
  gpu.queue.run(
    sumSquaresKernel(),
    [check.elements(sums, "sums", count), check.elements(values, "values", values.size)],
    [u32(values.size), u32(block)],
    flatGroups(gpu, count),
  );
}

/** out (2) = [norm, min(1, maxNorm / (norm + 1e-6))] with norm = sqrt(sum of squares); one workgroup. */
export function clipScale(gpu: Gpu, out: Tensor, squares: Tensor, maxNorm: number): void {
  const check = new ShapeCheck("clipScale", gpu);
  gpu.queue.run(
    clipScaleKernel(),
    [check.elements(out, "out", 2), check.elements(squares, "squares", squares.size)],
    [u32(squares.size), f32(maxNorm)],
    [1, 1, 1],
  );
}

function sumSquaresKernel(): KernelSource {
  return kernelSource("sum of squares", () =>
    `${
      kernelHeader({
        parameters: "size: u32, block: u32",
        bindings: [["sums", "read_write", "f32"], ["values", "read", "f32"]],
      })
    }
${laneSum(THREADS, THREADS)}
${flatMain(THREADS)} {
  let index = flatGroup(group, groups);
  let begin = min(index * p.block, p.size);
  let end = min(begin + p.block, p.size);
  var sum = 0.0;
  for (var i = begin + thread; i < end; i += ${THREADS}u) {
    let value = values[p.offset_values + i];
    sum += value * value;
  }
  let total = laneSum(sum, thread);
  if (thread == 0u && begin < end) { sums[p.offset_sums + index] = total; }
}
`);
}

function clipScaleKernel(): KernelSource {
  return kernelSource("clip scale", () =>
    `${
      kernelHeader({
        parameters: "count: u32, maxNorm: f32",
        bindings: [["out", "read_write", "f32"], ["squares", "read", "f32"]],
      })
    }
${laneSum(THREADS, THREADS)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var i = thread; i < p.count; i += ${THREADS}u) { sum += squares[p.offset_squares + i]; }
  let norm = sqrt(laneSum(sum, thread));
  if (thread == 0u) {
    out[p.offset_out] = norm;
    out[p.offset_out + 1u] = min(1.0, p.maxNorm / (norm + 1e-6));
  }
}
`);
}
