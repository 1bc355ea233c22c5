/**
 * Causal attention inside each document, a row of scores at a time. The backward pass computes the
 * probabilities again instead of using what the forward pass kept, so that it is an oracle for the backends
 * which do.
 */
import type { Documents, Operations } from "../mod.ts";
import { keepFactor } from "./residual.ts";
import { softmax } from "./softmax.ts";
import { floats, matrix } from "./tensor.ts";

/** See {@linkcode Operations}. */
export const attention = {
  /** out (T, C) and logSumExp (H, T) from qkv (T, 3C); overwrites both. */
  attentionForward(out, logSumExp, qkv, documents, options) {
    const [T, C] = matrix(out);
    const [o, lse, x] = [floats(out), floats(logSumExp), floats(qkv)];
    const D = C / options.heads;
    forEachQuery(documents, options.heads, (h, t, first) => {
      const { probabilities, logSum } = attentionRow(x, C, h, D, t, first, options.scale);
      lse[h * T + t] = logSum;
      const mixed = new Float64Array(D);
      for (const [j, probability] of probabilities.entries()) {
        const kept = probability * keepFactor(options.dropout, (h * T + t) * options.dropoutStride + j);
        const value = (first + j) * 3 * C + 2 * C + h * D;
        for (let d = 0; d < D; d++) mixed[d]! += kept * x[value + d]!;
      }
      for (let d = 0; d < D; d++) o[t * C + h * D + d] = mixed[d]!;
    });
  },

  /** dQkv (T, 3C); overwrites. */
  attentionBackward(dQkv, dOut, _out, _logSumExp, qkv, documents, options) {
    const [T, C] = matrix(dOut);
    const [g, x] = [floats(dOut), floats(qkv)];
    const sums = new Float64Array(dQkv.size);
    const D = C / options.heads;
    forEachQuery(documents, options.heads, (h, t, first) => {
      const { probabilities } = attentionRow(x, C, h, D, t, first, options.scale);
      const query = t * 3 * C + h * D;
      // dP = mask * (dOut · v); dS = P * (dP - sum(P * dP)); dq += scale dS k; dk += scale dS q; dv += mask P dOut
      const dProbabilities = new Float64Array(probabilities.length);
      let dot = 0;
      for (const [j, probability] of probabilities.entries()) {
        const factor = keepFactor(options.dropout, (h * T + t) * options.dropoutStride + j);
        const value = (first + j) * 3 * C + 2 * C + h * D;
        let sum = 0;
        for (let d = 0; d < D; d++) {
          sum += g[t * C + h * D + d]! * x[value + d]!;
          sums[value + d]! += factor * probability * g[t * C + h * D + d]!;
        }
        dProbabilities[j] = factor * sum;
        dot += probability * dProbabilities[j]!;
      }
      for (const [j, probability] of probabilities.entries()) {
        const dScore = options.scale * probability * (dProbabilities[j]! - dot);
        const key = (first + j) * 3 * C + C + h * D;
        for (let d = 0; d < D; d++) {
          sums[query + d]! += dScore * x[key + d]!;
          sums[key + d]! += dScore * x[query + d]!;
        }
      }
    });
    floats(dQkv).set(sums);
  },
} satisfies Partial<Operations>;

/** Softmax of row t's scores over its document's keys up to t. */
function attentionRow(
  qkv: Float32Array,
  C: number,
  h: number,
  D: number,
  t: number,
  first: number,
  scale: number,
): { probabilities: number[]; logSum: number } {
  const query = t * 3 * C + h * D;
  const scores: number[] = [];
  for (let j = first; j <= t; j++) {
    const key = j * 3 * C + C + h * D;
    let dot = 0;
    for (let d = 0; d < D; d++) dot += qkv[query + d]! * qkv[key + d]!;
    scores.push(scale * dot);
  }
  return softmax(scores);
}

/** Visit every head h and row t, with the first row of t's document. */
function forEachQuery(
  documents: Documents,
  heads: number,
  visit: (h: number, t: number, first: number) => void,
): void {
  for (let h = 0; h < heads; h++) {
    for (let d = 0; d + 1 < documents.bounds.length; d++) {
      const first = documents.bounds[d]!;
      for (let t = first; t < documents.bounds[d + 1]!; t++) visit(h, t, first);
    }
  }
}
