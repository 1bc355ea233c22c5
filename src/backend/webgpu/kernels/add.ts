// Sums: of tensors, and of their values (value residuals: forward one way, gradients the other).
import type { Tensor } from "../../mod.ts";
import { type Gpu, ShapeCheck } from "../gpu.ts";
import { elementType, type Kernel, kernel } from "../kernel.ts";
import { elementwise } from "./elementwise.ts";

/** target += source. */
export function add(gpu: Gpu, target: Tensor, source: Tensor): void {
  const tensors = new ShapeCheck("add", gpu).allElements({ target, source }, source.size);
  elementwise(gpu, { name: "add", tensors: "rw result, source", body: "result += source;" }, tensors);
}

/** The values of target (T, 3C), its last C columns, += those of source (T, 3C). */
export function addValues(gpu: Gpu, target: Tensor, source: Tensor): void {
  const check = new ShapeCheck("addValues", gpu);
  const [T, width] = check.matrix(source, "source");
  const C = check.headSize(width, 3);
  const result = check.activation(target, "target", T, width);
  const values = check.activation(source, "source", T, width);
  gpu.queue.run(addKernel(elementType(result), elementType(values)), [result, values], [T, C], T * C);
}

function addKernel(target: string, source: string): Kernel {
  return kernel(`add values, ${source} to ${target}`, () => ({
    parameters: "T: u32, C: u32",
    bindings: `rw result: ${target}, source: ${source}`,
    lanes: 1,
    main: `if (item >= p.T * p.C) { return; }
  let place = item / p.C * 3u * p.C + 2u * p.C + item % p.C;
  let sum = f32(result[p.offset_result + place]) + f32(source[p.offset_source + place]);
  result[p.offset_result + place] = ${target}(sum);`,
  }));
}
