/** Value residuals (Zhou et al. 2024): the first block's values are added to the other blocks', and the gradients the other way. */
import { checkSameSize, type Tensor } from "../mod.ts";
import { floats, matrix } from "./tensor.ts";

/** The values of target (T, 3C), its last C columns, += those of source (T, 3C). */
export function addValues(target: Tensor, source: Tensor): void {
  checkSameSize("addValues", target, source);
  const [t, s] = [floats(target), floats(source)];
  const [, width] = matrix(target);
  for (let i = 0; i < t.length; i++) {
    if (i % width >= width / 3 * 2) t[i]! += s[i]!;
  }
}
