// A block without its attention: embeddings, RMSNorm (Zhang and Sennrich 2019), linear layers, exact GELU
// (Hendrycks and Gimpel 2016), residuals, rotary positions (Su et al. 2021). Shapes: Operations in ../mod.ts.
import { counterBits } from "../../rng.ts";
import type { Dropout, Operations, RotaryOptions, Tensor } from "../mod.ts";
import { floats, integers, matrix, sameSize } from "./tensor.ts";

export const layers = {
  embeddingForward(out, tokens, table, positions, positionTable) {
    const [T, C] = matrix(out);
    const [o, e, t] = [floats(out), floats(table), integers(tokens)];
    for (let row = 0; row < T; row++) {
      for (let c = 0; c < C; c++) o[row * C + c] = e[t[row]! * C + c]!;
      if (positions === null || positionTable === null) continue;
      const [p, pe] = [integers(positions), floats(positionTable)];
      for (let c = 0; c < C; c++) o[row * C + c]! += pe[p[row]! * C + c]!;
    }
  },

  embeddingBackward(dTable, dPositionTable, dOut, tokens, positions) {
    const [[T, C], g] = [matrix(dOut), floats(dOut)];
    for (const [table, places] of [[dTable, tokens], [dPositionTable, positions]] as const) {
      if (table === null || places === null) continue;
      const [e, p] = [floats(table), integers(places)];
      for (let row = 0; row < T; row++) {
        for (let c = 0; c < C; c++) e[p[row]! * C + c]! += g[row * C + c]!;
      }
    }
  },

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

  linearForward: product,
  linearFewRows: product,

  linearBackwardInput(dInp, dOut, weight) {
    const [[T, N], [, K]] = [matrix(dOut), matrix(weight)];
    const [dx, g, w] = [floats(dInp), floats(dOut), floats(weight)];
    for (let t = 0; t < T; t++) {
      for (let k = 0; k < K; k++) {
        let sum = 0;
        for (let n = 0; n < N; n++) sum += g[t * N + n]! * w[n * K + k]!;
        dx[t * K + k] = sum;
      }
    }
  },

  linearBackwardWeight(dWeight, dOut, inp) {
    const [[T, N], [, K]] = [matrix(dOut), matrix(inp)];
    const [dw, g, x] = [floats(dWeight), floats(dOut), floats(inp)];
    for (let n = 0; n < N; n++) {
      for (let k = 0; k < K; k++) {
        let sum = 0;
        for (let t = 0; t < T; t++) sum += g[t * N + n]! * x[t * K + k]!;
        dw[n * K + k]! += sum;
      }
    }
  },

  geluForward(out, inp) {
    const [o, x] = sameSize("geluForward", out, inp);
    for (let i = 0; i < x.length; i++) o[i] = x[i]! * normalDistribution(x[i]!);
  },

  geluBackward(dInp, dOut, inp) {
    const [dx, g, x] = sameSize("geluBackward", dInp, dOut, inp);
    for (let i = 0; i < x.length; i++) {
      const value = x[i]!;
      const density = Math.exp(-value * value / 2) / Math.sqrt(2 * Math.PI);
      dx[i] = g[i]! * (normalDistribution(value) + value * density);
    }
  },

  residualForward(out, residual, branch, dropout) {
    const [o, b] = sameSize("residualForward", out, branch, residual ?? out);
    for (let i = 0; i < o.length; i++) {
      o[i] = (residual === null ? 0 : floats(residual)[i]!) + b[i]! * keepFactor(dropout, i);
    }
  },

  residualBackward(dBranch, dOut, dropout) {
    const [db, g] = sameSize("residualBackward", dBranch, dOut);
    for (let i = 0; i < g.length; i++) db[i] = g[i]! * keepFactor(dropout, i);
  },

  addColumns(target, source, { to, from, count }) {
    const [[T, N], [, M]] = [matrix(target), matrix(source)];
    for (let t = 0; t < T; t++) {
      for (let i = 0; i < count; i++) floats(target)[t * N + to + i]! += floats(source)[t * M + from + i]!;
    }
  },

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

/** 1 without dropout; else 0 for a dropped element and 1 / (1 - probability) for a kept one. */
export function keepFactor(dropout: Dropout | null, element: number): number {
  if (dropout === null) return 1;
  const kept = counterBits(element, dropout.key[0], dropout.key[1]) >= dropout.probability * 4294967296;
  return kept ? 1 / (1 - dropout.probability) : 0;
}

/** out (T, N) = inp (T, K) @ weight (N, K)^T. */
function product(out: Tensor, inp: Tensor, weight: Tensor): void {
  const [[T, K], [N]] = [matrix(inp), matrix(weight)];
  const [o, x, w] = [floats(out), floats(inp), floats(weight)];
  for (let t = 0; t < T; t++) {
    for (let n = 0; n < N; n++) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += x[t * K + k]! * w[n * K + k]!;
      o[t * N + n] = sum;
    }
  }
}

/** The distribution function of the standard normal distribution: (1 + erf(x / sqrt 2)) / 2. */
function normalDistribution(x: number): number {
  return 0.5 * complementaryErf(-x / Math.SQRT2);
}

/** erfc(x) to about 1e-15, by Taylor series or continued fraction (Abramowitz and Stegun, 7.1.6, 7.1.14). */
function complementaryErf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 2) {
    let term = magnitude;
    let sum = magnitude;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= 2 * magnitude * magnitude / (2 * n + 1);
      sum += term;
    }
    const erf = 2 / Math.sqrt(Math.PI) * Math.exp(-magnitude * magnitude) * sum;
    return x < 0 ? 1 + erf : 1 - erf;
  }
  let fraction = magnitude;
  for (let k = 60; k >= 1; k--) fraction = magnitude + (k / 2) / fraction;
  const tail = Math.exp(-magnitude * magnitude) / (Math.sqrt(Math.PI) * fraction);
  return x < 0 ? 2 - tail : tail;
}

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
