/** Sums and running averages, element by element. */
import type { Tensor } from "../../mod.ts";
import { f32, type Gpu } from "../kernel.ts";
import { ShapeCheck } from "../shape_check.ts";
import { elementwise, type ElementwiseKernel } from "./elementwise.ts";

const ADD: ElementwiseKernel = {
  name: "add",
  parameters: "",
  reads: ["result", "source"],
  writes: ["result"],
  body: "result += source;",
};

const LERP: ElementwiseKernel = {
  name: "lerp",
  parameters: "weight: f32",
  reads: ["result", "source"],
  writes: ["result"],
  body: "result += p.weight * (source - result);",
};

/** target += source. */
export function add(gpu: Gpu, target: Tensor, source: Tensor): void {
  const check = new ShapeCheck("add", gpu);
  const result = check.elements(target, "target", source.size);
  elementwise(gpu, ADD, { result, source: check.elements(source, "source", source.size) });
}

/** target += weight * (source - target). */
export function lerp(gpu: Gpu, target: Tensor, source: Tensor, weight: number): void {
  const check = new ShapeCheck("lerp", gpu);
  const result = check.elements(target, "target", source.size);
  elementwise(gpu, LERP, { result, source: check.elements(source, "source", source.size) }, [f32(weight)]);
}
