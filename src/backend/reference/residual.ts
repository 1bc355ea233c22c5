/**
 * Residual connections: of the stream, with dropout, and of the first block's values (Zhou et al. 2024). A
 * dropout mask has no state: an element's bits are a function of the stream's key and its index.
 */
import { counterBits } from "../../rng.ts";
import type { Dropout, Operations } from "../mod.ts";
import { floats, matrix, sameSize } from "./tensor.ts";

/** See {@linkcode Operations}. */
export const residual = {
  /** out = residual + dropout(branch); a null residual is 0. */
  residualForward(out, residual, branch, dropout) {
    const [o, b] = sameSize("residualForward", out, branch, residual ?? out);
    for (let i = 0; i < o.length; i++) {
      o[i] = (residual === null ? 0 : floats(residual)[i]!) + b[i]! * keepFactor(dropout, i);
    }
  },

  /** dBranch = the mask applied to dOut. */
  residualBackward(dBranch, dOut, dropout) {
    const [db, g] = sameSize("residualBackward", dBranch, dOut);
    for (let i = 0; i < g.length; i++) db[i] = g[i]! * keepFactor(dropout, i);
  },

  /** The values of target (T, 3C), its last C columns, += those of source (T, 3C). */
  addValues(target, source) {
    const [t, s] = sameSize("addValues", target, source);
    const [, width] = matrix(target);
    for (let i = 0; i < t.length; i++) {
      if (i % width >= width / 3 * 2) t[i]! += s[i]!;
    }
  },
} satisfies Partial<Operations>;

/** 1 without dropout; else 0 for a dropped element and 1 / (1 - probability) for a kept one. */
export function keepFactor(dropout: Dropout | null, element: number): number {
  if (dropout === null) return 1;
  const kept = counterBits(element, dropout.key[0], dropout.key[1]) >= dropout.probability * 4294967296;
  return kept ? 1 / (1 - dropout.probability) : 0;
}
