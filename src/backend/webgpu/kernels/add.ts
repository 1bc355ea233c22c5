/** Sums, element by element. */
import type { Tensor } from "../../mod.ts";
import type { Gpu } from "../gpu.ts";
import { ShapeCheck } from "../shape_check.ts";
import { elementwise, type ElementwiseKernel } from "./elementwise.ts";

const ADD: ElementwiseKernel = { name: "add", tensors: "rw result, source", body: "result += source;" };

/** target += source. */
export function add(gpu: Gpu, target: Tensor, source: Tensor): void {
  elementwise(gpu, ADD, new ShapeCheck("add", gpu).allElements({ target, source }, source.size));
}
