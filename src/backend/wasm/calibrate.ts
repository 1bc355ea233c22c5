/**
 * Which tile is faster here depends on whether V8 fuses pairs of 128-bit operations and leaves out bounds
 * checks (its flags, the processor). Both run on a small product, whose result is checked first, until V8 has
 * optimised them. Both give the same bits.
 */
import type { Kernels, TileName } from "./kernels.ts";
import type { Arena } from "./memory.ts";
import { ELEMENT_BYTES } from "./tensor.ts";

const TILES: readonly TileName[] = ["6x16", "4x8"];
/** T rows, N and K columns of the product: 6 and 16 do not divide T and N, so that edges are checked too. */
const [T, N, K] = [100, 250, 256];
/** Both tiles together. */
const BUDGET_MS = 140;

/** The faster tile. @throws {Error} when a result is wrong: this engine computes something else */
export function calibrateTile(kernels: Kernels, arena: Arena, now: () => number): TileName {
  const mark = arena.mark();
  try {
    const inp = arena.allocate(ELEMENT_BYTES * T * K);
    const weight = arena.allocate(ELEMENT_BYTES * N * K);
    const packed = arena.allocate(ELEMENT_BYTES * (kernels.packed_size(K, N) >>> 0));
    const out = arena.allocate(ELEMENT_BYTES * T * N);
    const [x, w, y] = [arena.floats(inp, T * K), arena.floats(weight, N * K), arena.floats(out, T * N)];
    fillEvenly(x);
    fillEvenly(w);
    const best = { "6x16": Infinity, "4x8": Infinity };
    const end = now() + BUDGET_MS;
    let checked = 0;
    while (now() < end) {
      for (const tile of TILES) {
        kernels.set_wide_tile(Number(tile === "6x16"));
        kernels.pack_weight(packed, weight, N, K, 0);
        // Several runs for one look at the clock, which browsers round.
        const start = now();
        for (let i = 0; i < 4; i++) kernels.linear_forward(out, inp, packed, T, N, K);
        best[tile] = Math.min(best[tile], now() - start);
        if (checked++ < TILES.length) checkProduct(tile, y, x, w);
      }
    }
    return best["6x16"] <= best["4x8"] ? "6x16" : "4x8";
  } finally {
    arena.release(mark);
  }
}

/** Values in [-1, 1) without a visible pattern. */
function fillEvenly(values: Float32Array): void {
  let state = 1;
  for (let i = 0; i < values.length; i++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    values[i] = state / 2 ** 31;
  }
}

/** Compare a part of y (T, N) = x (T, K) @ w (N, K)^T with plain sums. */
function checkProduct(tile: TileName, y: Float32Array, x: Float32Array, w: Float32Array): void {
  for (let t = 0; t < T; t += 9) {
    for (let n = t % 7; n < N; n += 7) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += x[t * K + k]! * w[n * K + k]!;
      const difference = Math.abs(y[t * N + n]! - sum);
      if (!(difference < 1e-4)) {
        const found = `element (${t}, ${n}) is ${y[t * N + n]}, expected ${sum}`;
        throw new Error(`internal: the ${tile} kernel is wrong on this machine: ${found}`);
      }
    }
  }
}
