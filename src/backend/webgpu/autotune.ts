// Which tile of the matrix product is fastest on this GPU: each is timed once on a few sizes in each
// orientation; a store keeps the choice by the adapter's name. Only time changes: a tile that does not give
// the same bits as the others is left out.
import type { Gpu } from "./gpu.ts";
import { matmul, type MatmulCall, tileKey } from "./kernels/matmul.ts";
import { MATMUL_TILES, type MatmulTileName, type MatmulTiles } from "./kernels/matmul_tiles.ts";

/** Where choices are kept between runs: one text. */
export interface TileStore {
  /** Null when there is none yet. */
  read(): Promise<string | null>;
  /** Replaces what was there. */
  write(text: string): Promise<void>;
}

/** Length of the products' sums: a typical width of a layer. */
const K = 256;
/** Time for each tile and size, of several repeats the best. */
const [ROW_MS, REPEATS, MOST_CALLS] = [2, 2, 64];
const ORIENTATIONS = [["k", "k"], ["k", "outer"], ["outer", "outer"]] as const;

/** An adapter's tiles: measured and stored where the store has none, or was made of other candidates. */
export async function tunedTiles(
  adapter: string,
  store: TileStore,
  measure: () => Promise<MatmulTiles>,
): Promise<MatmulTiles> {
  const candidates = JSON.stringify(MATMUL_TILES);
  const stored = parseStore(await store.read());
  const known = (stored[adapter] ?? {}) as { readonly candidates?: unknown; readonly tiles?: unknown };
  if (known.candidates === candidates && areTiles(known.tiles)) return known.tiles;
  const tiles = await measure();
  await store.write(`${JSON.stringify({ ...stored, [adapter]: { candidates, tiles } }, null, 2)}\n`);
  return tiles;
}

/** Times the candidates on products of 2^power rows and columns: about a second. `now`: milliseconds. */
export async function measureTiles(
  gpu: Gpu,
  { now, candidates = Object.keys(MATMUL_TILES) as MatmulTileName[], powers = [8, 9, 10, 11] }: {
    readonly now: () => number;
    readonly candidates?: readonly MatmulTileName[];
    readonly powers?: readonly number[];
  },
): Promise<MatmulTiles> {
  const tiles: Record<string, MatmulTileName> = {};
  using _scope = gpu.memory.scope();
  const longest = 2 ** Math.max(...powers);
  const [inputs, c] = [gpu.memory.allocate([longest * K]), gpu.memory.allocate([longest * longest])];
  gpu.queue.write(inputs, Float32Array.from({ length: longest * K }, (_, i) => Math.sin(i * i)));
  for (const [axisA, axisB] of ORIENTATIONS) {
    const callOf = (power: number): MatmulCall => {
      const size = 2 ** power;
      const a = { tensor: inputs, row: axisA === "k" ? K : size, axis: axisA };
      const b = { tensor: inputs, row: axisB === "k" ? K : size, axis: axisB };
      return { sizes: [size, size, K], c: { tensor: c, row: size }, a, b };
    };
    const right = await tilesOfSameBits(gpu, callOf(Math.min(...powers)), candidates);
    for (const call of powers.map(callOf)) {
      let best = Infinity;
      for (const tile of right) {
        const ms = await timeOf(gpu, { ...call, plan: { tile, parts: 1 } }, now);
        if (ms < best) [best, tiles[tileKey(call, 1)]] = [ms, tile];
      }
    }
  }
  return tiles;
}

/** The tiles that give the first one's result. Each is compiled by this. */
async function tilesOfSameBits(gpu: Gpu, call: MatmulCall, names: readonly MatmulTileName[]) {
  const [M, N] = call.sizes;
  const result = gpu.memory.view(call.c.tensor, 0, [M * N]);
  const right: MatmulTileName[] = [];
  let expected: Float32Array | null = null;
  for (const tile of names) {
    gpu.queue.clear(result);
    matmul(gpu, { ...call, plan: { tile, parts: 1 } });
    const values = await gpu.queue.read(result);
    expected ??= values;
    if (values.every((value, i) => value === expected![i])) right.push(tile);
  }
  return right;
}

/** Milliseconds of one call on the device. */
async function timeOf(gpu: Gpu, call: MatmulCall, now: () => number): Promise<number> {
  const first = gpu.memory.view(call.c.tensor, 0, [1]);
  const row = async (calls: number): Promise<number> => {
    const started = now();
    for (let i = 0; i < calls; i++) matmul(gpu, call);
    await gpu.queue.read(first);
    return now() - started;
  };
  const once = await row(1) - await row(0);
  const calls = Math.ceil(Math.min(ROW_MS / Math.max(once, 0), MOST_CALLS));
  let [best, waiting] = [Infinity, Infinity];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    waiting = Math.min(waiting, await row(0));
    best = Math.min(best, await row(calls));
  }
  return (best - waiting) / calls;
}

/** What a store holds by adapter; nothing where it cannot be read. */
function parseStore(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch {
    return {};
  }
}

function areTiles(value: unknown): value is MatmulTiles {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((name) => Object.hasOwn(MATMUL_TILES, name));
}
