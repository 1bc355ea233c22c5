/** AdamW (Loshchilov and Hutter), as torch.optim.AdamW: eps is added after the square root. */
import { adamWArguments } from "../../kernel_arguments.ts";
import type { Gpu, Inputs } from "../gpu.ts";
import { ShapeCheck } from "../shape_check.ts";
import { elementwise, type ElementwiseKernel } from "./elementwise.ts";

/** The first eight are those of adamWArguments. */
const FIELDS = ["keep", "rate", "beta1", "beta2", "rest1", "rest2", "correction", "eps", "factor"];

/** One update of all elements. */
export function adamW(gpu: Gpu, ...[parameters, gradients, m, v, options]: Inputs<"adamW">): void {
  const check = new ShapeCheck("adamW", gpu);
  const { size } = parameters;
  const { gradientScale } = options;
  const isNumber = typeof gradientScale === "number";
  const tensors = [
    check.elements(parameters, "parameters", size),
    check.elements(gradients, "gradients", size),
    check.elements(m, "m", size),
    check.elements(v, "v", size),
    ...isNumber ? [] : [check.elements(gradientScale, "gradientScale", 1)],
  ];
  const numbers = [...adamWArguments(options), isNumber ? gradientScale : 1];
  elementwise(gpu, isNumber ? WITH_NUMBER : WITH_TENSOR, tensors, numbers);
}

const WITH_NUMBER = adamWKernel("p.factor");
const WITH_TENSOR = adamWKernel("scale");

/** @param factor of the gradient */
function adamWKernel(factor: "p.factor" | "scale"): ElementwiseKernel {
  return {
    name: `adamW, gradient times ${factor}`,
    tensors: `rw value, gradient, rw m, rw v${factor === "scale" ? ", one scale" : ""}`,
    parameters: FIELDS.map((name) => `${name}: f32`).join(", "),
    body: `let g = gradient * ${factor};
  m = p.beta1 * m + p.rest1 * g;
  v = p.beta2 * v + p.rest2 * g * g;
  value = p.keep * value - p.rate * m / (sqrt(v) * p.correction + V(p.eps));`,
  };
}
