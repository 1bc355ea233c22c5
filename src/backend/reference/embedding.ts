/** Embeddings: rows of a table, and their gradient. */
import type { Operations } from "../mod.ts";
import { floats, integers, matrix } from "./tensor.ts";

/** See {@linkcode Operations}. */
export const embedding = {
  /** out (T, C) = table (V, C)[tokens] + positionTable (P, C)[positions]; overwrites. */
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

  /** dTable (V, C) and dPositionTable (P, C) accumulate the rows of dOut (T, C). */
  embeddingBackward(dTable, dPositionTable, dOut, tokens, positions) {
    const [T, C] = matrix(dOut);
    const [g, e, t] = [floats(dOut), floats(dTable), integers(tokens)];
    for (let row = 0; row < T; row++) {
      for (let c = 0; c < C; c++) e[t[row]! * C + c]! += g[row * C + c]!;
      if (positions === null || dPositionTable === null) continue;
      const [p, pe] = [integers(positions), floats(dPositionTable)];
      for (let c = 0; c < C; c++) pe[p[row]! * C + c]! += g[row * C + c]!;
    }
  },
} satisfies Partial<Operations>;
