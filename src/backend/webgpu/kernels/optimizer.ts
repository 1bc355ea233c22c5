// What the optimizers need besides Muon: sums of squares, the factor that clips a gradient (which stays on
// the device), and AdamW (Loshchilov and Hutter) as torch.optim.AdamW: eps is added after the square root.
import { adamWArguments } from "../../kernel_arguments.ts";
import type { Tensor } from "../../mod.ts";
import { type Gpu, type Inputs, ShapeCheck } from "../gpu.ts";
import { kernel, THREADS } from "../kernel.ts";
import { elementwise, type ElementwiseKernel } from "./elementwise.ts";

/** sums (ceil(size / block)): squares summed over each run of `block` elements; a workgroup for each. */
export function sumSquares(gpu: Gpu, sums: Tensor, values: Tensor, block: number): void {
  const check = new ShapeCheck("sumSquares", gpu);
  if (!Number.isSafeInteger(block) || block < 1) check.fail(`block is ${block}`);
  const count = Math.ceil(values.size / block);
  const tensors = [check.elements(sums, "sums", count), check.elements(values, "values", values.size)];
  gpu.queue.run(SUM_SQUARES, tensors, [values.size, block], count);
}

/** out (2) = [norm, min(1, maxNorm / (norm + 1e-6))] with norm = sqrt(sum of squares); one workgroup. */
export function clipScale(gpu: Gpu, ...[out, squares, maxNorm, alarm]: Inputs<"clipScale">): void {
  const check = new ShapeCheck("clipScale", gpu);
  const written = [check.elements(out, "out", 2), check.elements(alarm, "alarm", 1)];
  const tensors = [...written, check.elements(squares, "squares", squares.size)];
  gpu.queue.run(CLIP_SCALE, tensors, [squares.size, maxNorm], 1);
}

const SUM_SQUARES = kernel("sum of squares", {
  parameters: "size: u32, block: u32",
  bindings: "rw sums: f32, values: f32",
  lanes: THREADS,
  main: `let begin = min(item * p.block, p.size);
  let end = min(begin + p.block, p.size);
  var sum = 0.0;
  for (var i = begin + thread; i < end; i += ${THREADS}u) {
    let value = values[p.offset_values + i];
    sum += value * value;
  }
  let total = laneSum(sum, thread);
  if (thread == 0u && begin < end) { sums[p.offset_sums + item] = total; }`,
});

const CLIP_SCALE = kernel("clip scale", {
  parameters: "count: u32, maxNorm: f32",
  bindings: "rw out: f32, rw alarm: f32, squares: f32",
  lanes: THREADS,
  // By its bits: a compiler of WGSL may take every number for a finite one.
  declarations: "fn isFinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }",
  main: `var sum = 0.0;
  for (var i = thread; i < p.count; i += ${THREADS}u) { sum += squares[p.offset_squares + i]; }
  let norm = sqrt(laneSum(sum, thread));
  if (thread == 0u) {
    out[p.offset_out] = norm;
    if (!isFinite(norm)) { alarm[p.offset_alarm] = norm; }
    let clipped = min(1.0, p.maxNorm / (norm + 1e-6));
    out[p.offset_out + 1u] = select(-1.0, clipped, isFinite(alarm[p.offset_alarm]));
  }`,
});

const UPDATE: ElementwiseKernel = {
  name: "adamW",
  tensors: "rw value, gradient, rw m, rw v, one scale",
  parameters:
    "keep: f32, rate: f32, beta1: f32, beta2: f32, rest1: f32, rest2: f32, correction: f32, eps: f32",
  body: `if (scale < 0.0) { return; }
  let g = gradient * scale;
  m = p.beta1 * m + p.rest1 * g;
  v = p.beta2 * v + p.rest2 * g * g;
  value = p.keep * value - p.rate * m / (sqrt(v) * p.correction + V(p.eps));`,
};

export function adamW(gpu: Gpu, ...[parameters, gradients, m, v, options]: Inputs<"adamW">): void {
  const check = new ShapeCheck("adamW", gpu);
  using _scope = gpu.memory.scope();
  const tensors = check.allElements({ parameters, gradients, m, v }, parameters.size);
  const scale = check.number(options.gradientScale, "gradientScale");
  elementwise(gpu, UPDATE, [...tensors, scale], adamWArguments(options));
}
