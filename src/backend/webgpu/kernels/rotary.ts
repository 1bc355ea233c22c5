// Normalised queries and keys with rotary positions: each head of q and k is divided by its root mean square,
// then turned by its row's position (pairs i with i + D / 2). Neighbouring threads work off a head.
import { type Gpu, type Inputs, ShapeCheck } from "../gpu.ts";
import { elementType, type Kernel, kernel } from "../kernel.ts";

/** In place on q and k of qkv (T, 3C). rstd (T, 2H) keeps the factors, q's heads first. */
export function qkNormRotaryForward(gpu: Gpu, ...inputs: Inputs<"qkNormRotaryForward">): void {
  const { lanes, tensors, sizes, heads } = prepared("qkNormRotaryForward", gpu, inputs);
  gpu.queue.run(forwardKernel(lanes, elementType(tensors[0]!)), tensors, [...sizes, inputs[3].eps], heads);
}

/** In place on q and k of dQkv (T, 3C), given qkv as the forward pass left it. */
export function qkNormRotaryBackward(gpu: Gpu, ...[dQkv, ...inputs]: Inputs<"qkNormRotaryBackward">): void {
  const { lanes, tensors, sizes, heads } = prepared("qkNormRotaryBackward", gpu, inputs);
  const gradient = new ShapeCheck("qkNormRotaryBackward", gpu).floats(dQkv, "dQkv", ...inputs[0].shape);
  gpu.queue.run(backwardKernel(lanes, elementType(tensors[0]!)), [gradient, ...tensors], sizes, heads);
}

/** Threads of a head; qkv, rstd, positions and table; T, H and D; the number of heads of all rows. */
function prepared(operation: string, gpu: Gpu, inputs: Inputs<"qkNormRotaryForward">) {
  const [qkv, rstd, positions, { heads: H, base }] = inputs;
  const check = new ShapeCheck(operation, gpu);
  const [T, width] = check.matrix(qkv, "qkv");
  const D = check.headSize(width / 3, H);
  if (D % 2 !== 0) check.fail(`heads of ${D} columns have no pairs`);
  const places = check.integers(positions, "positions", T, [0, 2 ** 24]);
  const last = places.integers.reduce((a, b) => Math.max(a, b), 0);
  const table = gpu.rotaryTables.get(D, base, last + 1);
  const heads = T * 2 * H;
  const values = [check.activation(qkv, "qkv", T, width), check.elements(rstd, "rstd", heads)];
  const lanes = Math.min(64, 2 ** Math.ceil(Math.log2(D / 2)));
  return { lanes, tensors: [...values, places, table], sizes: [T, H, D], heads };
}

function forwardKernel(lanes: number, type: string): Kernel {
  return kernel(`rotary forward ${type}, ${lanes} threads a head`, () => ({
    parameters: "T: u32, H: u32, D: u32, eps: f32",
    bindings: `rw qkv: ${type}, rw rstd: f32, positions: i32, table: f32`,
    lanes,
    main: `${headOfThread("qkv")}
  var sum = 0.0;
  if (isHead) {
    for (var i = lane; i < p.D; i += ${lanes}u) {
      let x = f32(qkv[first + i]);
      sum += x * x;
    }
  }
  let factor = 1.0 / sqrt(laneSum(sum, thread) / f32(p.D) + p.eps);
  if (!isHead) { return; }
  if (lane == 0u) { rstd[p.offset_rstd + item] = factor; }
  for (var i = lane; i < half; i += ${lanes}u) {
    let a = f32(qkv[first + i]) * factor;
    let b = f32(qkv[first + half + i]) * factor;
    let cosine = table[turn + 2u * i];
    let sine = table[turn + 2u * i + 1u];
    qkv[first + i] = ${type}(a * cosine - b * sine);
    qkv[first + half + i] = ${type}(b * cosine + a * sine);
  }`,
  }));
}

// A turn keeps dot products, so mean(g y) is taken of the turned values y and their gradient g; the gradient
// of the unturned, unnormalised values is rstd * turnBack(g - y * mean(g y)).
function backwardKernel(lanes: number, type: string): Kernel {
  return kernel(`rotary backward ${type}, ${lanes} threads a head`, () => ({
    parameters: "T: u32, H: u32, D: u32",
    bindings: `rw dQkv: f32, qkv: ${type}, rstd: f32, positions: i32, table: f32`,
    lanes,
    main: `${headOfThread("dQkv")}
  let values = p.offset_qkv + first - p.offset_dQkv;
  var dot = 0.0;
  if (isHead) {
    for (var i = lane; i < p.D; i += ${lanes}u) { dot += dQkv[first + i] * f32(qkv[values + i]); }
  }
  let mean = laneSum(dot, thread) / f32(p.D);
  if (!isHead) { return; }
  let factor = rstd[p.offset_rstd + item];
  for (var i = lane; i < half; i += ${lanes}u) {
    let a = dQkv[first + i] - f32(qkv[values + i]) * mean;
    let b = dQkv[first + half + i] - f32(qkv[values + half + i]) * mean;
    let cosine = table[turn + 2u * i];
    let sine = table[turn + 2u * i + 1u];
    dQkv[first + i] = factor * (a * cosine + b * sine);
    dQkv[first + half + i] = factor * (b * cosine - a * sine);
  }`,
  }));
}

/** An item is a head among all rows' (T, 2H): its first element in `buffer`, its place in the table. */
function headOfThread(buffer: string): string {
  return `let isHead = item < p.T * 2u * p.H;
  let t = min(item / (2u * p.H), p.T - 1u);
  let half = p.D / 2u;
  let first = p.offset_${buffer} + t * 3u * p.H * p.D + item % (2u * p.H) * p.D;
  let turn = p.offset_table + u32(positions[p.offset_positions + t]) * p.D;`;
}
