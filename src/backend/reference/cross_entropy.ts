// Cross-entropy with the output projection, forward and backward, a row at a time.
import type { Operations } from "../mod.ts";
import { floats, integers, matrix } from "./tensor.ts";

export const crossEntropy = {
  crossEntropyHead(losses, hidden, table, targets, gradients) {
    const [[T, C], [V]] = [matrix(hidden), matrix(table)];
    const [x, e, target, loss] = [floats(hidden), floats(table), integers(targets), floats(losses)];
    for (let t = 0; t < T; t++) {
      const scores = new Array<number>(V);
      for (let v = 0; v < V; v++) {
        let dot = 0;
        for (let c = 0; c < C; c++) dot += x[t * C + c]! * e[v * C + c]!;
        scores[v] = dot;
      }
      const { probabilities, logSum } = softmax(scores);
      const ignored = target[t]! < 0;
      loss[t] = ignored ? 0 : logSum - scores[target[t]!]!;
      if (gradients === null) continue;
      const [dHidden, scale] = [new Float64Array(C), floats(gradients.rowScales)[t]!];
      for (let v = 0; v < V; v++) {
        const dScore = ignored ? 0 : scale * (probabilities[v]! - (v === target[t] ? 1 : 0));
        for (let c = 0; c < C; c++) {
          dHidden[c]! += dScore * e[v * C + c]!;
          floats(gradients.dTable)[v * C + c]! += dScore * x[t * C + c]!;
        }
      }
      floats(gradients.dHidden).set(dHidden, t * C);
    }
  },
} satisfies Partial<Operations>;

/** Softmax of scores, and the logarithm of the sum of their exponentials. */
export function softmax(scores: number[]): { probabilities: number[]; logSum: number } {
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = scores.map((score) => Math.exp(score - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return { probabilities: exponentials.map((value) => value / sum), logSum: largest + Math.log(sum) };
}
