/** Dropout and the residual connection. The mask has no state: an element's bits are a function of the stream's key and its index. */
import { counterBits } from "../../rng.ts";
import { type Backend, checkSameSize, type Dropout, type Tensor } from "../mod.ts";
import { floats } from "./tensor.ts";

/** out = residual + dropout(branch); a null residual is 0. */
export function residualForward(
  ...[out, residual, branch, dropout]: Parameters<Backend["residualForward"]>
): void {
  checkSameSize("residualForward", out, residual ?? out, branch);
  const [o, b] = [floats(out), floats(branch)];
  for (let i = 0; i < o.length; i++) {
    o[i] = (residual === null ? 0 : floats(residual)[i]!) + b[i]! * keepFactor(dropout, i);
  }
}

/** dBranch = the mask applied to dOut. */
export function residualBackward(dBranch: Tensor, dOut: Tensor, dropout: Dropout | null): void {
  checkSameSize("residualBackward", dBranch, dOut);
  const [db, g] = [floats(dBranch), floats(dOut)];
  for (let i = 0; i < g.length; i++) db[i] = g[i]! * keepFactor(dropout, i);
}

/** 1 without dropout; else 0 for a dropped element and 1 / (1 - probability) for a kept one. */
export function keepFactor(dropout: Dropout | null, element: number): number {
  if (dropout === null) return 1;
  const kept = counterBits(element, dropout.key[0], dropout.key[1]) >= dropout.probability * 4294967296;
  return kept ? 1 / (1 - dropout.probability) : 0;
}
