/** Value residuals: the first block's values are added to the other blocks', and the gradients the other way. A thread a value. */
import type { Tensor } from "../../mod.ts";
import {
  elementType,
  type Gpu,
  kernelHeader,
  type KernelSource,
  kernelSource,
  THREADS,
  u32,
} from "../kernel.ts";
import { ShapeCheck } from "../shape_check.ts";
import { flatGroups, flatMain } from "./flat_kernel.ts";

/** The values of target (T, 3C), its last C columns, += those of source (T, 3C). */
export function addValues(gpu: Gpu, target: Tensor, source: Tensor): void {
  const check = new ShapeCheck("addValues", gpu);
  const [T, width] = check.matrix(source, "source");
  const C = check.headSize(width, 3);
  const [result, values] = [
    check.activation(target, "target", T, width),
    check.activation(source, "source", T, width),
  ];
  gpu.queue.run(
    kernel(elementType(result), elementType(values)),
    [result, values],
    [u32(T), u32(C)],
    flatGroups(gpu, Math.ceil(T * C / THREADS)),
  );
}

function kernel(target: string, source: string): KernelSource {
  return kernelSource(`add values, ${source} to ${target}`, () =>
    `${
      kernelHeader({
        parameters: "T: u32, C: u32",
        bindings: [["result", "read_write", target], ["source", "read", source]],
      })
    }
${flatMain(THREADS)} {
  let i = flatGroup(group, groups) * ${THREADS}u + thread;
  if (i >= p.T * p.C) { return; }
  let place = i / p.C * 3u * p.C + 2u * p.C + i % p.C;
  let sum = f32(result[p.offset_result + place]) + f32(source[p.offset_source + place]);
  result[p.offset_result + place] = ${target}(sum);
}
`);
}
