/** Value residuals: the first block's values are added to the other blocks', and the gradients the other way. */
import type { Tensor } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import { ELEMENT_BYTES } from "../tensor.ts";

/** The values of target (T, 3C), its last C columns, += those of source (T, 3C). */
export function addValues(wasm: WasmInstance, target: Tensor, source: Tensor): void {
  const check = wasm.check("addValues");
  const [T, width] = check.matrix(source, "source");
  const C = check.headSize(width, 3);
  const [t, s] = [check.floats(target, "target", T, width), check.floats(source, "source", T, width)];
  for (let row = 0; row < T; row++) {
    const values = (row * width + 2 * C) * ELEMENT_BYTES;
    wasm.kernels.add(t.address + values, s.address + values, C);
  }
}
