// Causal attention. The backward pass computes the probabilities again, as an oracle for those that don't.
import type { AttentionOptions, Documents, Operations } from "../mod.ts";
import { softmax } from "./cross_entropy.ts";
import { keepFactor } from "./layers.ts";
import { floats, integers, matrix } from "./tensor.ts";

export const attention = {
  attentionForward(out, logSumExp, qkv, documents, options) {
    const [T, C] = matrix(out);
    const [o, lse, x] = [floats(out), floats(logSumExp), floats(qkv)];
    const D = C / options.heads;
    forEachQuery(x, C, documents, options, (h, t, first, { probabilities, logSum }) => {
      lse[h * T + t] = logSum;
      const mixed = new Float64Array(D);
      for (const [j, probability] of probabilities.entries()) {
        const kept = probability * keepFactor(options.dropout, (h * T + t) * options.dropoutStride + j);
        const value = (first + j) * 3 * C + 2 * C + h * D;
        for (let d = 0; d < D; d++) mixed[d]! += kept * x[value + d]!;
      }
      o.set(mixed, t * C + h * D);
    });
  },

  attentionBackward(dQkv, dOut, _out, _logSumExp, qkv, documents, options) {
    const [T, C] = matrix(dOut);
    const [g, x] = [floats(dOut), floats(qkv)];
    const sums = new Float64Array(dQkv.size);
    const D = C / options.heads;
    forEachQuery(x, C, documents, options, (h, t, first, { probabilities }) => {
      const query = t * 3 * C + h * D;
      // dP = mask * (dOut · v); dS = P * (dP - sum(P * dP));
      // dq += scale dS k; dk += scale dS q; dv += mask P dOut
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

  storeKeysValues(keys, values, qkv, slots) {
    const [H, L, D] = keys.shape as [number, number, number];
    const [x, C] = [floats(qkv), H * D];
    for (const [t, slot] of integers(slots).entries()) {
      for (let h = 0; h < H; h++) {
        const key = t * 3 * C + C + h * D;
        floats(keys).set(x.subarray(key, key + D), (h * L + slot) * D);
        floats(values).set(x.subarray(key + C, key + C + D), (h * L + slot) * D);
      }
    }
  },

  attentionCached(out, qkv, keys, values, entries, options) {
    const [T, C] = matrix(out);
    const [H, L, D] = keys.shape as [number, number, number];
    const [o, x, k, v] = [floats(out), floats(qkv), floats(keys), floats(values)];
    const [slots, ranges] = [integers(entries.slots), integers(entries.ranges)];
    for (let t = 0; t < T; t++) {
      const seen = slots.subarray(ranges[2 * t]!, ranges[2 * t + 1]!);
      for (let h = 0; h < H; h++) {
        const scores = Array.from(seen, (slot) => {
          let dot = 0;
          for (let d = 0; d < D; d++) dot += x[t * 3 * C + h * D + d]! * k[(h * L + slot) * D + d]!;
          return options.scale * dot;
        });
        const { probabilities } = softmax(scores);
        for (let d = 0; d < D; d++) {
          let mixed = 0;
          for (const [j, slot] of seen.entries()) mixed += probabilities[j]! * v[(h * L + slot) * D + d]!;
          o[t * C + h * D + d] = mixed;
        }
      }
    }
  },
} satisfies Partial<Operations>;

/** Visit every head h and row t, with its document's first row and its softmax from there on. */
function forEachQuery(
  qkv: Float32Array,
  C: number,
  { bounds }: Documents,
  { heads, scale }: AttentionOptions,
  visit: (h: number, t: number, first: number, row: ReturnType<typeof softmax>) => void,
): void {
  const D = C / heads;
  for (let h = 0; h < heads; h++) {
    for (let document = 0; document + 1 < bounds.length; document++) {
      const first = bounds[document]!;
      for (let t = first; t < bounds[document + 1]!; t++) {
        const scores: number[] = [];
        for (let j = first; j <= t; j++) {
          let dot = 0;
          for (let d = h * D; d < (h + 1) * D; d++) dot += qkv[t * 3 * C + d]! * qkv[j * 3 * C + C + d]!;
          scores.push(scale * dot);
        }
        visit(h, t, first, softmax(scores));
      }
    }
  }
}
