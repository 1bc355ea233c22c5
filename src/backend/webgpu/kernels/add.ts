// Sums: of tensors, and of some of their columns (value residuals, the pointer's head, and their gradients).
import type { Columns, Tensor } from "../../mod.ts";
import { type Gpu, ShapeCheck } from "../gpu.ts";
import { elementType, type Kernel, kernel } from "../kernel.ts";
import { elementwise } from "./elementwise.ts";

/** target += source. */
export function add(gpu: Gpu, target: Tensor, source: Tensor): void {
  const tensors = new ShapeCheck("add", gpu).allElements({ target, source }, source.size);
  elementwise(gpu, { name: "add", tensors: "rw result, source", body: "result += source;" }, tensors);
}

/** Columns of target (T, N) += as many of source (T, M). */
export function addColumns(gpu: Gpu, target: Tensor, source: Tensor, columns: Columns): void {
  const check = new ShapeCheck("addColumns", gpu);
  const { T, N, M } = check.columns(target, source, columns);
  const result = check.activation(target, "target", T, N);
  const added = check.activation(source, "source", T, M);
  const { to, from, count } = columns;
  const sum = addKernel(elementType(result), elementType(added));
  gpu.queue.run(sum, [result, added], [T, N, M, to, from, count], T * count);
}

function addKernel(target: string, source: string): Kernel {
  return kernel(`add columns, ${source} to ${target}`, () => ({
    parameters: "T: u32, N: u32, M: u32, to: u32, first: u32, count: u32",
    bindings: `rw result: ${target}, source: ${source}`,
    lanes: 1,
    main: `if (item >= p.T * p.count) { return; }
  let row = item / p.count;
  let column = item % p.count;
  let place = p.offset_result + row * p.N + p.to + column;
  let sum = f32(result[place]) + f32(source[p.offset_source + row * p.M + p.first + column]);
  result[place] = ${target}(sum);`,
  }));
}
