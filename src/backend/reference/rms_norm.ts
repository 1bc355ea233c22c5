/** RMSNorm (Zhang and Sennrich 2019), a row at a time. */
import type { Operations } from "../mod.ts";
import { floats, matrix } from "./tensor.ts";

/** See {@linkcode Operations}. */
export const rmsNorm = {
  /** out (T, C) = inp (T, C) * rstd (T) * weight (C); overwrites out and rstd. */
  rmsNormForward(out, rstd, inp, weight, eps) {
    const [T, C] = matrix(inp);
    const [o, r, x, w] = [floats(out), floats(rstd), floats(inp), floats(weight)];
    for (let t = 0; t < T; t++) {
      let sum = 0;
      for (let c = 0; c < C; c++) sum += x[t * C + c]! ** 2;
      const factor = 1 / Math.sqrt(sum / C + eps);
      r[t] = factor;
      for (let c = 0; c < C; c++) o[t * C + c] = x[t * C + c]! * factor * w[c]!;
    }
  },

  /** dInp (T, C) and dWeight (C) accumulate. */
  rmsNormBackward(dInp, dWeight, dOut, inp, weight, rstd) {
    // with y = inp * rstd and g = dOut * weight:
    // dInp += rstd * (g - y * mean(g * y)), dWeight += sum over t of dOut * y
    const [T, C] = matrix(inp);
    const [dx, dw, g, x, w, r] = [dInp, dWeight, dOut, inp, weight, rstd].map(floats) as Float32Array[];
    const weightSum = new Float64Array(C);
    for (let t = 0; t < T; t++) {
      const factor = r![t]!;
      let dot = 0;
      for (let c = 0; c < C; c++) dot += g![t * C + c]! * w![c]! * x![t * C + c]! * factor;
      for (let c = 0; c < C; c++) {
        const i = t * C + c;
        const y = x![i]! * factor;
        dx![i]! += factor * (g![i]! * w![c]! - y * dot / C);
        weightSum[c]! += g![i]! * y;
      }
    }
    for (let c = 0; c < C; c++) dw![c]! += weightSum[c]!;
  },
} satisfies Partial<Operations>;
