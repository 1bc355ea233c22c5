/** AdamW (Loshchilov and Hutter), as torch.optim.AdamW: eps is added after the square root. Element by element. */
import { adamWArguments } from "../../kernel_arguments.ts";
import type { Backend } from "../../mod.ts";
import { f32, type Gpu } from "../kernel.ts";
import { ShapeCheck } from "../shape_check.ts";
import { elementwise, type ElementwiseKernel } from "./elementwise.ts";

const FIELDS = [
  "keep", // 1 - learningRate * weightDecay
  "rate", // learningRate / (1 - beta1^step)
  "beta1",
  "beta2",
  "rest1", // 1 - beta1
  "rest2",
  "correction", // 1 / sqrt(1 - beta2^step)
  "eps",
  "factor", // of the gradient, where it is a number
];

/** One update of all elements. */
export function adamW(
  gpu: Gpu,
  ...[parameters, gradients, m, v, options]: Parameters<Backend["adamW"]>
): void {
  const check = new ShapeCheck("adamW", gpu);
  const { size } = parameters;
  const { gradientScale } = options;
  const isNumber = typeof gradientScale === "number";
  elementwise(
    gpu,
    isNumber ? WITH_NUMBER : WITH_TENSOR,
    {
      value: check.elements(parameters, "parameters", size),
      gradient: check.elements(gradients, "gradients", size),
      m: check.elements(m, "m", size),
      v: check.elements(v, "v", size),
    },
    [
      ...adamWArguments(options),
      isNumber ? gradientScale : 1,
    ].map(f32),
    isNumber ? [] : [check.elements(gradientScale, "gradientScale", 1)],
  );
}

const WITH_NUMBER = adamWKernel("p.factor");
const WITH_TENSOR = adamWKernel("scale");

function adamWKernel(factor: "p.factor" | "scale"): ElementwiseKernel {
  return {
    name: `adamW, gradient times ${factor}`,
    parameters: FIELDS.map((name) => `${name}: f32`).join(", "),
    reads: ["value", "gradient", "m", "v"],
    writes: ["value", "m", "v"],
    scalars: factor === "scale" ? ["scale"] : [],
    body: `let g = gradient * ${factor};
  m = p.beta1 * m + p.rest1 * g;
  v = p.beta2 * v + p.rest2 * g * g;
  value = p.keep * value - p.rate * m / (sqrt(v) * p.correction + V(p.eps));`,
  };
}
