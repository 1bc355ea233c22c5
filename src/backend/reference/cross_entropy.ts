/** Cross-entropy with the output projection, forward and backward, a row at a time. */
import type { Operations } from "../mod.ts";
import { softmax } from "./softmax.ts";
import { floats, integers, matrix } from "./tensor.ts";

/** See {@linkcode Operations}. */
export const crossEntropy = {
  /** losses (T) = -log softmax(hidden (T, C) @ table (V, C)^T)[targets], or 0; with their gradients. */
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
