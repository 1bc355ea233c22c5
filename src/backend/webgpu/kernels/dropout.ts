/** Dropout and the residual connection. The mask has no state: an element's bits are a function of the stream's key and its index. */
import { dropoutArguments } from "../../kernel_arguments.ts";
import type { Backend, Dropout, Tensor } from "../../mod.ts";
import { f32, type Gpu, type Parameter, u32 } from "../kernel.ts";
import { ShapeCheck } from "../shape_check.ts";
import { elementwise, type ElementwiseKernel } from "./elementwise.ts";

/** Fields of the parameters of a kernel that drops: see {@linkcode dropoutParameters}. */
export const DROPOUT_FIELDS = "threshold: u32, factor: f32, key0: u32, key1: u32";

/** WGSL `counterBits(index, a, b)` of src/rng.ts, and `keep(index)`: what an element is multiplied by. Needs {@linkcode DROPOUT_FIELDS}. */
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

/** Values of {@linkcode DROPOUT_FIELDS}: null keeps everything. */
export function dropoutParameters(dropout: Dropout | null): Parameter[] {
  const [threshold, scale, keyA, keyB] = dropoutArguments(dropout);
  return [u32(threshold), f32(scale), u32(keyA), u32(keyB)];
}

function keepFunction(width: 1 | 4): string {
  const vector = width === 1
    ? "keep(i)"
    : "vec4(keep(4u * i), keep(4u * i + 1u), keep(4u * i + 2u), keep(4u * i + 3u))";
  return `${DROPOUT_FUNCTIONS}\nfn keepAt(i: u32) -> V { return ${vector}; }`;
}

const DROP: ElementwiseKernel = {
  name: "drop",
  parameters: DROPOUT_FIELDS,
  reads: ["branch"],
  writes: ["result"],
  functions: keepFunction,
  body: "result = branch * keepAt(i);",
};

const DROP_AND_ADD: ElementwiseKernel = {
  name: "drop and add",
  parameters: DROPOUT_FIELDS,
  reads: ["residual", "branch"],
  writes: ["result"],
  functions: keepFunction,
  body: "result = residual + branch * keepAt(i);",
};

const COPY: ElementwiseKernel = {
  name: "copy",
  parameters: "",
  reads: ["branch"],
  writes: ["result"],
  body: "result = branch;",
};

const SUM: ElementwiseKernel = {
  name: "sum",
  parameters: "",
  reads: ["residual", "branch"],
  writes: ["result"],
  body: "result = residual + branch;",
};

/** out = residual + dropout(branch); a null residual is 0. */
export function residualForward(
  gpu: Gpu,
  ...[out, residual, branch, dropout]: Parameters<Backend["residualForward"]>
): void {
  const check = new ShapeCheck("residualForward", gpu);
  const tensors = {
    result: check.activation(out, "out", ...branch.shape),
    branch: check.activation(branch, "branch", ...branch.shape),
    ...(residual === null ? {} : { residual: check.elements(residual, "residual", branch.size) }),
  };
  if (dropout === null) elementwise(gpu, residual === null ? COPY : SUM, tensors);
  else elementwise(gpu, residual === null ? DROP : DROP_AND_ADD, tensors, dropoutParameters(dropout));
}

/** dBranch = the mask applied to dOut. */
export function residualBackward(gpu: Gpu, dBranch: Tensor, dOut: Tensor, dropout: Dropout | null): void {
  const check = new ShapeCheck("residualBackward", gpu);
  const tensors = {
    result: check.elements(dBranch, "dBranch", dOut.size),
    branch: check.elements(dOut, "dOut", dOut.size),
  };
  if (dropout !== null) elementwise(gpu, DROP, tensors, dropoutParameters(dropout));
  else if (dBranch !== dOut) elementwise(gpu, COPY, tensors);
}
