/** Exact GELU (Hendrycks and Gimpel 2016): x * Phi(x), Phi the normal distribution function. */
import type { Operations } from "../mod.ts";
import { sameSize } from "./tensor.ts";

/** See {@linkcode Operations}. */
export const gelu = {
  /** out = inp * Phi(inp); overwrites. */
  geluForward(out, inp) {
    const [o, x] = sameSize("geluForward", out, inp);
    for (let i = 0; i < x.length; i++) o[i] = x[i]! * normalDistribution(x[i]!);
  },

  /** dInp = dOut * (Phi(inp) + inp * phi(inp)); overwrites. */
  geluBackward(dInp, dOut, inp) {
    const [dx, g, x] = sameSize("geluBackward", dInp, dOut, inp);
    for (let i = 0; i < x.length; i++) {
      const value = x[i]!;
      const density = Math.exp(-value * value / 2) / Math.sqrt(2 * Math.PI);
      dx[i] = g[i]! * (normalDistribution(value) + value * density);
    }
  },
} satisfies Partial<Operations>;

/** The distribution function of the standard normal distribution: (1 + erf(x / sqrt 2)) / 2. */
function normalDistribution(x: number): number {
  return 0.5 * complementaryErf(-x / Math.SQRT2);
}

/**
 * erfc(x) to about 1e-15: the Taylor series of erf near zero, the continued fraction of erfc (Lentz) further
 * out. Source: Abramowitz and Stegun, 7.1.6 and 7.1.14.
 */
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
