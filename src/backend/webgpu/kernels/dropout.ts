// Dropout and the residual connection. An element's bits are a function of stream's key and index.
import { dropoutArguments } from "../../kernel_arguments.ts";
import type { Dropout, Tensor } from "../../mod.ts";
import { type Gpu, type Inputs, ShapeCheck } from "../gpu.ts";
import type { GpuTensor } from "../memory.ts";
import { elementwise } from "./elementwise.ts";

/** Parameters of a kernel that drops: `dropoutArguments` gives their values. */
export const DROPOUT_FIELDS = "threshold: u32, factor: f32, key0: u32, key1: u32";

/** WGSL `counterBits(index, a, b)` of src/rng.ts, and `keep(index)`, an element's factor. */
export const DROPOUT_FUNCTIONS = `
fn mix32(word: u32) -> u32 {
  var x = word ^ (word >> 16u);
  x *= 0x7feb352du;
  x ^= x >> 15u;
  x *= 0x846ca68bu;
  return x ^ (x >> 16u);
}
fn counterBits(index: u32, a: u32, b: u32) -> u32 {
  var x = mix32(index ^ a) ^ b;
  x *= 0x9e3779b1u;
  x ^= x >> 15u;
  x *= 0x85ebca77u;
  return x ^ (x >> 16u);
}
fn keep(index: u32) -> f32 {
  return select(0.0, p.factor, counterBits(index, p.key0, p.key1) >= p.threshold);
}
`;

/** out = residual + dropout(branch); a null residual is 0. */
export function residualForward(gpu: Gpu, ...inputs: Inputs<"residualForward">): void {
  const [out, residual, branch, dropout] = inputs;
  const check = new ShapeCheck("residualForward", gpu);
  const tensors = [
    check.activation(out, "out", ...branch.shape),
    check.activation(branch, "branch", ...branch.shape),
    ...residual === null ? [] : [check.elements(residual, "residual", branch.size)],
  ];
  runResidual(gpu, tensors, dropout);
}

/** dBranch = the mask applied to dOut. */
export function residualBackward(gpu: Gpu, dBranch: Tensor, dOut: Tensor, dropout: Dropout | null): void {
  const check = new ShapeCheck("residualBackward", gpu);
  const tensors = check.allElements({ dBranch, dOut }, dOut.size);
  if (dropout !== null || dBranch !== dOut) runResidual(gpu, tensors, dropout);
}

/** tensors: result, branch, and maybe the residual. */
function runResidual(gpu: Gpu, tensors: readonly GpuTensor[], dropout: Dropout | null): void {
  const [names, sum] = tensors.length === 2 ? ["", ""] : [", residual", "residual + "];
  const declared = { name: `dropout${names}`, tensors: `w result, branch${names}` };
  if (dropout === null) {
    return elementwise(gpu, { ...declared, name: `copy${names}`, body: `result = ${sum}branch;` }, tensors);
  }
  const body = `result = ${sum}branch * keepAt(item);`;
  const dropping = { ...declared, parameters: DROPOUT_FIELDS, functions: keepAt, body };
  elementwise(gpu, dropping, tensors, dropoutArguments(dropout));
}

function keepAt(width: 1 | 4): string {
  const quads = [0, 1, 2, 3].map((i) => `keep(4u * i + ${i}u)`);
  const factor = width === 1 ? "keep(i)" : `vec4(${quads.join(", ")})`;
  return `${DROPOUT_FUNCTIONS}fn keepAt(i: u32) -> V { return ${factor}; }`;
}
