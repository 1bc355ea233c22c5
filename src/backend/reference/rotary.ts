/** Normalised queries and keys with rotary positions (Su et al. 2021), in place: pairs i, i + D / 2. */
import type { Operations, RotaryOptions, Tensor } from "../mod.ts";
import { floats, integers, matrix } from "./tensor.ts";

/** See {@linkcode Operations}. */
export const rotary = {
  /** In place on q and k of qkv (T, 3C). rstd (T, 2H) keeps the factors, q's heads first. */
  qkNormRotaryForward(qkv, rstd, positions, options) {
    forEachQkHead(qkv, options, (start, t, slot, D) => {
      const [x, r, position] = [floats(qkv), floats(rstd), integers(positions)[t]!];
      let sum = 0;
      for (let d = 0; d < D; d++) sum += x[start + d]! ** 2;
      const factor = 1 / Math.sqrt(sum / D + options.eps);
      r[slot] = factor;
      for (let i = 0; i < D / 2; i++) {
        const angle = position * options.base ** (-2 * i / D);
        const [a, b] = [x[start + i]! * factor, x[start + i + D / 2]! * factor];
        x[start + i] = a * Math.cos(angle) - b * Math.sin(angle);
        x[start + i + D / 2] = b * Math.cos(angle) + a * Math.sin(angle);
      }
    });
  },

  /** In place on q and k of dQkv (T, 3C), given qkv as the forward pass left it. */
  qkNormRotaryBackward(dQkv, qkv, rstd, positions, options) {
    // A turn keeps dot products: with y the turned values and g their gradient, the gradient of the unturned,
    // unnormalised values is rstd * turnBack(g - y * mean(g * y)).
    forEachQkHead(qkv, options, (start, t, slot, D) => {
      const [g, y, factor] = [floats(dQkv), floats(qkv), floats(rstd)[slot]!];
      const position = integers(positions)[t]!;
      let dot = 0;
      for (let d = 0; d < D; d++) dot += g[start + d]! * y[start + d]!;
      for (let i = 0; i < D / 2; i++) {
        const angle = position * options.base ** (-2 * i / D);
        const [j, k] = [start + i, start + i + D / 2];
        const [a, b] = [g[j]! - y[j]! * dot / D, g[k]! - y[k]! * dot / D];
        g[j] = factor * (a * Math.cos(angle) + b * Math.sin(angle));
        g[k] = factor * (b * Math.cos(angle) - a * Math.sin(angle));
      }
    });
  },
} satisfies Partial<Operations>;

/** Visit the heads of q and k in every row: first element, row, place in rstd (T, 2H), D. */
function forEachQkHead(
  qkv: Tensor,
  options: RotaryOptions,
  visit: (start: number, t: number, slot: number, D: number) => void,
): void {
  const [T, width] = matrix(qkv);
  const H = options.heads;
  const D = width / 3 / H;
  for (let t = 0; t < T; t++) {
    for (let slot = 0; slot < 2 * H; slot++) visit(t * width + slot * D, t, t * 2 * H + slot, D);
  }
}
