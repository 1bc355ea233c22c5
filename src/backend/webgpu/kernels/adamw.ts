/** AdamW (Loshchilov and Hutter), as torch.optim.AdamW: eps is added after the square root. */
import { adamWArguments } from "../../kernel_arguments.ts";
import type { Gpu, Inputs } from "../gpu.ts";
import { ShapeCheck } from "../shape_check.ts";
import { elementwise, type ElementwiseKernel } from "./elementwise.ts";

/** Those of adamWArguments. */
const FIELDS = ["keep", "rate", "beta1", "beta2", "rest1", "rest2", "correction", "eps"];

const UPDATE: ElementwiseKernel = {
  name: "adamW",
  tensors: "rw value, gradient, rw m, rw v, one scale",
  parameters: FIELDS.map((name) => `${name}: f32`).join(", "),
  body: `let g = gradient * scale;
  m = p.beta1 * m + p.rest1 * g;
  v = p.beta2 * v + p.rest2 * g * g;
  value = p.keep * value - p.rate * m / (sqrt(v) * p.correction + V(p.eps));`,
};

/** One update of all elements. */
export function adamW(gpu: Gpu, ...[parameters, gradients, m, v, options]: Inputs<"adamW">): void {
  const check = new ShapeCheck("adamW", gpu);
  using _scope = gpu.memory.scope();
  const tensors = check.allElements({ parameters, gradients, m, v }, parameters.size);
  const scale = check.number(options.gradientScale, "gradientScale");
  elementwise(gpu, UPDATE, [...tensors, scale], adamWArguments(options));
}
