// Which tile is faster here: depends on whether V8 fuses pairs of 128-bit operations (its flags, the
// processor). Both are run in turns on a small product whose result is checked first, until V8 has optimised
// both. Both give the same bits, so the choice changes nothing but time.
import type { Kernels, TileName } from "./kernels.ts";
import type { Arena } from "./memory.ts";
import { ELEMENT_BYTES } from "./tensor.ts";

const TILES: readonly TileName[] = ["6x16", "4x8"];
/** T rows, N and K columns of the product: 6 and 16 do not divide T and N, so that edges are checked too. */
const [T, N, K] = [100, 250, 256];
/** Rounds that are compared, and must agree: under load, some run undisturbed. */
const RECENT = 20;
/** Rounds after which V8 has optimised whatever it will, and those after which any answer is taken. */
const [ENOUGH, TOO_MANY] = [60, 120];

/** The faster tile, and how fast it is. */
export interface Calibration {
  readonly tile: TileName;
  /** That one thread reached, edges that a tile computes and throws away among them. */
  readonly gigaflops: number;
}

/** Rows and columns that a tile computes at once. */
const SIZES: Record<TileName, readonly [number, number]> = { "6x16": [6, 16], "4x8": [4, 8] };
/** Runs for one look at the clock, which browsers round. */
const RUNS = 4;

/** The faster tile. @throws {Error} when a result is wrong: this engine computes something else */
export function calibrateTile(kernels: Kernels, arena: Arena, now: () => number): Calibration {
  const mark = arena.mark();
  try {
    const inp = arena.allocate(ELEMENT_BYTES * T * K);
    const weight = arena.allocate(ELEMENT_BYTES * N * K);
    const packed = arena.allocate(ELEMENT_BYTES * (kernels.packed_size(K, N) >>> 0));
    const out = arena.allocate(ELEMENT_BYTES * T * N);
    const [x, w, y] = [arena.floats(inp, T * K), arena.floats(weight, N * K), arena.floats(out, T * N)];
    fillEvenly(x);
    fillEvenly(w);
    const unchecked = new Set(TILES);
    const { tile, ms } = fasterTile((tile) => {
      kernels.set_wide_tile(Number(tile === "6x16"));
      kernels.pack_weight(packed, weight, N, K, 0);
      const start = now();
      for (let i = 0; i < RUNS; i++) kernels.linear_forward(out, inp, packed, T, N, K);
      const ms = now() - start;
      if (unchecked.delete(tile)) checkProduct(tile, y, x, w);
      return ms;
    });
    const [rows, columns] = SIZES[tile];
    const multiplied = Math.ceil(T / rows) * rows * Math.ceil(N / columns) * columns * K;
    return { tile, gigaflops: 2 * RUNS * multiplied / ms / 1e6 };
  } finally {
    arena.release(mark);
  }
}

/**
 * The tile with the shorter times of the last rounds, and its shortest; `measure` runs one. How 4x8 compares tells V8's state:
 * 1.4 to 2.6 times as long where pairs are fused, 0.7 times where not, 1.2 times while neither is optimised.
 */
export function fasterTile(measure: (tile: TileName) => number): { tile: TileName; ms: number } {
  const times: Record<TileName, number[]> = { "6x16": [], "4x8": [] };
  let clear = 0;
  for (let round = 1;; round++) {
    const [wide, narrow] = TILES.map((tile) => {
      times[tile].push(measure(tile));
      return Math.min(...times[tile].slice(-RECENT));
    }) as [number, number];
    const isOptimised = narrow <= wide || narrow > 1.38 * wide || round > ENOUGH;
    clear = isOptimised && narrow < 3 * wide && wide < 2.2 * narrow ? clear + 1 : 0;
    if (clear < RECENT && round < TOO_MANY) continue;
    return wide <= narrow ? { tile: "6x16", ms: wide } : { tile: "4x8", ms: narrow };
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
