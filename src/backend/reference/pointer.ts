// The mixture of the vocabulary's distribution and of copies of earlier tokens, and its gradient.
import type { Operations } from "../mod.ts";
import { softmax } from "./cross_entropy.ts";
import { floats, integers, matrix } from "./tensor.ts";

export const pointer = {
  pointerMixture(losses, projected, rows, options, gradients) {
    const [T, width] = matrix(projected);
    const D = (width - 1) / 2;
    const [loss, x] = [floats(losses), floats(projected)];
    const [tokens, targets] = [integers(rows.tokens), integers(rows.targets)];
    const { bounds } = rows.documents;
    const queries = Array.from({ length: T }, (_, t) => x.subarray(t * width, t * width + D));
    const keys = Array.from({ length: T }, (_, t) => x.subarray(t * width + D, t * width + 2 * D));
    const dQueries = queries.map(() => new Float64Array(D));
    const dKeys = keys.map(() => new Float64Array(D));
    const dOwn = new Float64Array(T);
    for (let d = 0; d + 1 < bounds.length; d++) {
      const first = bounds[d]!;
      for (let t = first; t < bounds[d + 1]!; t++) {
        const target = targets[t]!;
        if (target < 0) {
          loss[t] = 0;
          if (gradients !== null) floats(gradients.rowScales)[t] = 0;
          continue;
        }
        const scores = [x[t * width + 2 * D]! + options.ownScore];
        for (let j = first; j < t; j++) scores.push(options.scale * dot(queries[t]!, keys[j]!));
        const { probabilities: a } = softmax(scores);
        // The target's probability in this row's vocabulary, and in each copy.
        const hits = [Math.exp(-loss[t]!)];
        for (let j = first; j < t; j++) hits.push(tokens[j + 1] === target ? 1 : 0);
        const p = a.reduce((sum, weight, i) => sum + weight * hits[i]!, 0);
        loss[t] = -Math.log(p + options.floor);
        if (gradients === null) continue;
        const rowScale = floats(gradients.rowScales)[t]!;
        floats(gradients.rowScales)[t] = rowScale * a[0]! * hits[0]! / (p + options.floor);
        const dScores = a.map((weight, i) => rowScale * weight * (p - hits[i]!) / (p + options.floor));
        dOwn[t] = dScores[0]!;
        for (let j = first; j < t; j++) {
          const dScore = options.scale * dScores[j - first + 1]!;
          for (let c = 0; c < D; c++) {
            dQueries[t]![c]! += dScore * keys[j]![c]!;
            dKeys[j]![c]! += dScore * queries[t]![c]!;
          }
        }
      }
    }
    if (gradients === null) return;
    for (let t = 0; t < T; t++) {
      const out = floats(gradients.dProjected).subarray(t * width, (t + 1) * width);
      out.set(dQueries[t]!);
      out.set(dKeys[t]!, D);
      out[2 * D] = dOwn[t]!;
    }
  },
} satisfies Partial<Operations>;

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
