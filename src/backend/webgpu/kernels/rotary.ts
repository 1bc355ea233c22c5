/**
 * Normalised queries and keys with rotary positions, in place: each head of q and k of qkv (T, 3C) is divided by its root mean square, then
 * turned by its row's position (half-split pairs: i with i + D / 2). A head is worked off by neighbouring threads, a pair each.
 */
import type { Backend, RotaryOptions, Tensor } from "../../mod.ts";
import {
  elementType,
  f32,
  type Gpu,
  kernelHeader,
  type KernelSource,
  kernelSource,
  type Parameter,
  THREADS,
  u32,
} from "../kernel.ts";
import type { GpuTensor } from "../memory.ts";
import type { RotaryTables } from "../rotary_tables.ts";
import { ShapeCheck } from "../shape_check.ts";
import { flatGroups, flatMain } from "./flat_kernel.ts";
import { laneSum } from "./lane_sum.ts";

/** What both directions need beside their tensors. */
export interface RotaryGpu extends Gpu {
  readonly rotaryTables: RotaryTables;
}

/** In place on q and k of qkv (T, 3C). rstd (T, 2H) keeps the factors, q's heads first. */
export function qkNormRotaryForward(
  gpu: RotaryGpu,
  ...[qkv, rstd, positions, options]: Parameters<Backend["qkNormRotaryForward"]>
): void {
  const call = prepare("qkNormRotaryForward", gpu, { qkv, rstd, positions, options });
  gpu.queue.run(
    forwardKernel(call.lanes, elementType(call.qkv)),
    [call.qkv, call.rstd, call.positions, call.table],
    [...call.sizes, f32(options.eps)],
    call.groups,
  );
}

/** In place on q and k of dQkv (T, 3C), given qkv as the forward pass left it. */
export function qkNormRotaryBackward(
  gpu: RotaryGpu,
  ...[dQkv, qkv, rstd, positions, options]: Parameters<Backend["qkNormRotaryBackward"]>
): void {
  const call = prepare("qkNormRotaryBackward", gpu, { qkv, rstd, positions, options });
  const check = new ShapeCheck("qkNormRotaryBackward", gpu);
  gpu.queue.run(
    backwardKernel(call.lanes, elementType(call.qkv)),
    [check.floats(dQkv, "dQkv", ...qkv.shape), call.qkv, call.rstd, call.positions, call.table],
    call.sizes,
    call.groups,
  );
}

interface RotaryCall {
  readonly qkv: GpuTensor;
  readonly rstd: GpuTensor;
  readonly positions: GpuTensor;
  readonly table: GpuTensor;
  /** Threads of a head. */
  readonly lanes: number;
  /** T, heads, D. */
  readonly sizes: Parameter[];
  readonly groups: [number, number, number];
}

function prepare(
  operation: string,
  gpu: RotaryGpu,
  { qkv, rstd, positions, options }: {
    readonly qkv: Tensor;
    readonly rstd: Tensor;
    readonly positions: Tensor;
    readonly options: RotaryOptions;
  },
): RotaryCall {
  const check = new ShapeCheck(operation, gpu);
  const [T, width] = check.matrix(qkv, "qkv");
  const { heads: H, base } = options;
  const D = check.headSize(width / 3, H);
  if (D % 2 !== 0) check.fail(`heads of ${D} columns have no pairs`);
  const places = check.integers(positions, "positions", T, [0, 2 ** 24]);
  const lanes = Math.min(64, 2 ** Math.ceil(Math.log2(D / 2)));
  const last = places.integers.reduce((a, b) => Math.max(a, b), 0);
  return {
    qkv: check.activation(qkv, "qkv", T, width),
    rstd: check.elements(rstd, "rstd", T * 2 * H),
    positions: places,
    table: gpu.rotaryTables.get(D, base, last + 1),
    lanes,
    sizes: [u32(T), u32(H), u32(D)],
    groups: flatGroups(gpu, Math.ceil(T * 2 * H / (THREADS / lanes))),
  };
}

function forwardKernel(lanes: number, type: string): KernelSource {
  return kernelSource(`rotary forward ${type}, ${lanes} threads a head`, () =>
    `${
      kernelHeader({
        parameters: "T: u32, H: u32, D: u32, eps: f32",
        bindings: [
          ["qkv", "read_write", type],
          ["rstd", "read_write", "f32"],
          ["positions", "read", "i32"],
          ["table", "read", "f32"],
        ],
      })
    }
${main(lanes)} {
  ${headOfThread("qkv", lanes)}
  var sum = 0.0;
  if (isHead) {
    for (var i = lane; i < p.D; i += ${lanes}u) {
      let x = f32(qkv[first + i]);
      sum += x * x;
    }
  }
  let factor = 1.0 / sqrt(laneSum(sum, thread) / f32(p.D) + p.eps);
  if (!isHead) { return; }
  if (lane == 0u) { rstd[p.offset_rstd + head] = factor; }
  for (var i = lane; i < half; i += ${lanes}u) {
    let a = f32(qkv[first + i]) * factor;
    let b = f32(qkv[first + half + i]) * factor;
    let cosine = table[turn + 2u * i];
    let sine = table[turn + 2u * i + 1u];
    qkv[first + i] = ${type}(a * cosine - b * sine);
    qkv[first + half + i] = ${type}(b * cosine + a * sine);
  }
}
`);
}

/**
 * A turn keeps dot products, so mean(g y) is taken of the turned values y and their gradient g; the gradient of the unturned, unnormalised
 * values is rstd * turnBack(g - y * mean(g y)).
 */
function backwardKernel(lanes: number, type: string): KernelSource {
  return kernelSource(`rotary backward ${type}, ${lanes} threads a head`, () =>
    `${
      kernelHeader({
        parameters: "T: u32, H: u32, D: u32",
        bindings: [
          ["dQkv", "read_write", "f32"],
          ["qkv", "read", type],
          ["rstd", "read", "f32"],
          ["positions", "read", "i32"],
          ["table", "read", "f32"],
        ],
      })
    }
${main(lanes)} {
  ${headOfThread("dQkv", lanes)}
  let values = p.offset_qkv + first - p.offset_dQkv;
  var dot = 0.0;
  if (isHead) {
    for (var i = lane; i < p.D; i += ${lanes}u) { dot += dQkv[first + i] * f32(qkv[values + i]); }
  }
  let mean = laneSum(dot, thread) / f32(p.D);
  if (!isHead) { return; }
  let factor = rstd[p.offset_rstd + head];
  for (var i = lane; i < half; i += ${lanes}u) {
    let a = dQkv[first + i] - f32(qkv[values + i]) * mean;
    let b = dQkv[first + half + i] - f32(qkv[values + half + i]) * mean;
    let cosine = table[turn + 2u * i];
    let sine = table[turn + 2u * i + 1u];
    dQkv[first + i] = factor * (a * cosine + b * sine);
    dQkv[first + half + i] = factor * (b * cosine - a * sine);
  }
}
`);
}

function main(lanes: number): string {
  return `
${laneSum(THREADS, lanes)}
${flatMain(THREADS)}`;
}

/** The thread's head among all rows' (T, 2H), its first element in `buffer`, its place in the table. */
function headOfThread(buffer: string, lanes: number): string {
  return `let lane = thread % ${lanes}u;
  let head = flatGroup(group, groups) * ${THREADS / lanes}u + thread / ${lanes}u;
  let isHead = head < p.T * 2u * p.H;
  let t = min(head / (2u * p.H), p.T - 1u);
  let half = p.D / 2u;
  let first = p.offset_${buffer} + t * 3u * p.H * p.D + head % (2u * p.H) * p.D;
  let turn = p.offset_table + u32(positions[p.offset_positions + t]) * p.D;`;
}
