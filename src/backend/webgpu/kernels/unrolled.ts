/** Code that is written out for each of some numbers: compilers of WGSL put a counter into every loop. */

/** `code(0)` to `code(count - 1)`, a line each. */
export function unrolled(count: number, code: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => `${code(i)}\n`).join("");
}

/** The parts of a vec4. */
export const XYZW = ["x", "y", "z", "w"] as const;
