// Muon (Jordan et al. 2024) for B matrices (N, K) of one shape at once: momentum, division by each matrix's
// Frobenius norm, five Newton-Schulz iterations X = a X + (b G + c G^2) X with G = X X^T (or, on the right,
// X^T X: the smaller), and the update.
import { type Gpu, type Inputs, ShapeCheck } from "../gpu.ts";
import { type Kernel, kernel, THREADS, widthOf } from "../kernel.ts";
import type { GpuTensor } from "../memory.ts";
import { matmul, matrix } from "./matmul.ts";

const ITERATIONS = 5;
const [A, B, C] = [3.4445, -4.775, 2.0315];
/** Workgroups of one matrix in its sum of squares, at most; one adds their sums. */
const PARTS = 64;
const PART_ELEMENTS = 4096;
/** WGSL's loop over every element `i` of matrix group.y. */
const EACH_ELEMENT = `for (var i = group.x * ${THREADS}u + thread; i < p.each; i += groups.x * ${THREADS}u)`;

/** One update of every matrix, which lie at the same places of parameters, gradients and momenta. */
export function muon(gpu: Gpu, ...inputs: Inputs<"muon">): void {
  const [parameters, gradients, momenta, { rows: N, columns: K, offsets }, options] = inputs;
  const check = new ShapeCheck("muon", gpu);
  const { stepSize, beta, decay, gradientScale } = options;
  const { size } = parameters;
  const [target, g, m] = check.allElements({ parameters, gradients, momenta }, size);
  const [each, batches] = [N * K, offsets.length];
  check.range(offsets, "offsets", [0, size - each + 1]);
  using _scope = gpu.memory.scope();
  const direction = gpu.memory.allocate([batches, N, K]);
  const width = widthOf(each, ...offsets, ...[target!, g!, m!].map(({ offset }) => offset));
  const groups = [Math.min(Math.ceil(each / width / THREADS), 1024), batches] as const;
  const scale = check.number(gradientScale, "gradientScale");
  const tensors = [direction, m!, g!, offsets, scale];
  gpu.queue.run(directionKernel(width), tensors, [each / width, beta, 1 - beta], groups);
  if (stepSize === 0) return;
  divideByNorm(gpu, direction, batches);
  const orthogonal = newtonSchulz(gpu, direction, [batches, N, K]);
  const numbers = [each / width, 1 - decay, stepSize];
  gpu.queue.run(updateKernel(width), [target!, orthogonal, offsets, scale], numbers, groups);
}

/** Nearly orthogonal matrices from x (B, N, K), of norm 1. */
function newtonSchulz(gpu: Gpu, start: GpuTensor, [batches, N, K]: [number, number, number]): GpuTensor {
  const isWide = N <= K;
  const S = Math.min(N, K);
  const [gram, polynomial] = [gpu.memory.allocate([batches, S, S]), gpu.memory.allocate([batches, S, S])];
  let [x, next] = [start, gpu.memory.allocate(start.shape)];
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const side = matrix(x, isWide ? "k" : "outer");
    matmul(gpu, { sizes: [S, S, isWide ? K : N], batches, c: matrix(gram), a: side, b: side });
    // G = X X^T, or X^T X; P = b G + c G G, as G is symmetric.
    const ofGram = { c: matrix(polynomial), a: matrix(gram), b: matrix(gram, "outer") };
    matmul(gpu, { sizes: [S, S, S], batches, ...ofGram, epilogue: { alpha: C, beta: B, addend: gram } });
    // X' = a X + P X, or a X + X P.
    const [left, right] = isWide ? [polynomial, x] : [x, polynomial];
    const ofX = { c: matrix(next), a: matrix(left), b: matrix(right, "outer") };
    matmul(gpu, { sizes: [N, K, S], batches, ...ofX, epilogue: { alpha: 1, beta: A, addend: x } });
    [x, next] = [next, x];
  }
  return x;
}

function divideByNorm(gpu: Gpu, values: GpuTensor, batches: number): void {
  const each = values.size / batches;
  const parts = Math.min(PARTS, Math.ceil(each / PART_ELEMENTS));
  const sums = gpu.memory.allocate([batches, parts]);
  gpu.queue.run(SQUARES, [sums, values], [each, parts], [parts, batches]);
  const groups = Math.min(Math.ceil(each / THREADS), 1024);
  gpu.queue.run(DIVIDE, [values, sums], [each, parts], [groups, batches]);
}

/** Momentum, in place, and its Nesterov direction (B, each), both in elements of WIDTH numbers. */
function directionKernel(width: 1 | 4): Kernel {
  const type = width === 4 ? "vec4<f32>" : "f32";
  return kernel(`muon direction x${width}`, () => ({
    parameters: "each: u32, beta: f32, rest: f32",
    bindings: `rw direction: ${type}, rw momenta: ${type}, gradients: ${type}, offsets: i32, scale: f32`,
    main: `if (scale[p.offset_scale] < 0.0) { return; }
  let place = u32(offsets[p.offset_offsets + group.y]);
  ${EACH_ELEMENT} {
    let g = p.rest * scale[p.offset_scale] * gradients[(p.offset_gradients + place) / ${width}u + i];
    let m = (p.offset_momenta + place) / ${width}u + i;
    let average = p.beta * momenta[m] + g;
    momenta[m] = average;
    direction[p.offset_direction / ${width}u + group.y * p.each + i] = g + p.beta * average;
  }`,
  }));
}

/** parameters = keep * parameters - stepSize * orthogonal (B, each). */
function updateKernel(width: 1 | 4): Kernel {
  const type = width === 4 ? "vec4<f32>" : "f32";
  return kernel(`muon update x${width}`, () => ({
    parameters: "each: u32, keep: f32, stepSize: f32",
    bindings: `rw parameters: ${type}, orthogonal: ${type}, offsets: i32, scale: f32`,
    main: `if (scale[p.offset_scale] < 0.0) { return; }
  let place = u32(offsets[p.offset_offsets + group.y]);
  ${EACH_ELEMENT} {
    let at = (p.offset_parameters + place) / ${width}u + i;
    let x = orthogonal[p.offset_orthogonal / ${width}u + group.y * p.each + i];
    parameters[at] = p.keep * parameters[at] - p.stepSize * x;
  }`,
  }));
}

/** sums (B, parts): squares of every parts-th run of THREADS elements. */
const SQUARES = kernel("muon squares", {
  parameters: "each: u32, parts: u32",
  bindings: "rw sums: f32, values: f32",
  lanes: THREADS,
  main: `var sum = 0.0;
  ${EACH_ELEMENT} {
    let value = values[p.offset_values + group.y * p.each + i];
    sum += value * value;
  }
  let total = laneSum(sum, thread);
  if (thread == 0u) { sums[p.offset_sums + item] = total; }`,
});

/** values (B, each) divided by the root of the sum of sums (B, parts), in order. */
const DIVIDE = kernel("muon divide by norm", {
  parameters: "each: u32, parts: u32",
  bindings: "rw values: f32, sums: f32",
  main: `var sum = 1e-14;
  for (var part = 0u; part < p.parts; part++) { sum += sums[p.offset_sums + group.y * p.parts + part]; }
  let factor = 1.0 / sqrt(sum);
  ${EACH_ELEMENT} { values[p.offset_values + group.y * p.each + i] *= factor; }`,
});
