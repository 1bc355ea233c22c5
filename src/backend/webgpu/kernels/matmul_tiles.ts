// Which tile computes a matrix product, and into how many parts K is cut. A GPU is only busy when there are
// more workgroups than cores, and a weight's gradient of 256 by 256 is 64 workgroups of the smallest tile.
// Then K is cut: each part's product goes to memory of its own and a second kernel adds the parts in order.
// Their number depends on the sizes alone, so that the choice of a tile never changes a bit of the result.

/** Rows and columns of c that a workgroup owns, and a thread; depth: values of k between two barriers. */
export type MatmulTile = Record<"rows" | "columns" | "depth" | "threadRows" | "threadColumns", number>;

/** Name of a tile: rows and columns of a workgroup. */
export type MatmulTileName = "32x32" | "64x32" | "64x64" | "128x64" | "128x128";

/** From small to large: larger ones read less memory, smaller ones keep more cores busy. */
export const MATMUL_TILES: Readonly<Record<MatmulTileName, MatmulTile>> = {
  "32x32": { rows: 32, columns: 32, depth: 16, threadRows: 4, threadColumns: 4 },
  "64x32": { rows: 64, columns: 32, depth: 16, threadRows: 8, threadColumns: 4 },
  "64x64": { rows: 64, columns: 64, depth: 16, threadRows: 8, threadColumns: 8 },
  "128x64": { rows: 128, columns: 64, depth: 16, threadRows: 8, threadColumns: 8 },
  "128x128": { rows: 128, columns: 128, depth: 8, threadRows: 8, threadColumns: 8 },
};

/** Tiles as measured (autotune.ts); keys are those of `tileKey` in matmul.ts. */
export type MatmulTiles = Readonly<Record<string, MatmulTileName>>;
/** Workgroups of the smallest tile below which K is cut, a part's least length: of a small, a large GPU. */
const CUTS = [{ wanted: 256, leastPart: 128 }, { wanted: 2048, leastPart: 1024 }];
/** Workgroups of a large tile from which on it is taken, where nothing was measured. */
const LEAST_GROUPS = 128;
/** Parts begin at multiples of every tile's depth. */
const PART_MULTIPLE = 32;

/** Parts that K is cut into, by the sizes alone. */
export function partsOfK([M, N, K]: readonly [number, number, number]): number {
  const groups = Math.ceil(M / 32) * Math.ceil(N / 32);
  if (groups === 0) return 1;
  const most = CUTS.map(({ wanted, leastPart }) =>
    Math.min(Math.ceil(wanted / groups), Math.floor(K / leastPart))
  );
  const parts = Math.max(1, ...most);
  return parts === 1 ? 1 : Math.ceil(K / partLength(K, parts));
}

/** Of each of the parts but the last. */
export function partLength(K: number, parts: number): number {
  return Math.ceil(K / parts / PART_MULTIPLE) * PART_MULTIPLE;
}

/** The largest tile that makes enough workgroups for so many products. */
export function largestTile(M: number, N: number, products: number): MatmulTileName {
  for (const name of ["128x128", "64x64", "64x32"] as const) {
    const { rows, columns } = MATMUL_TILES[name];
    if (Math.ceil(M / rows) * Math.ceil(N / columns) * products >= LEAST_GROUPS) return name;
  }
  return "32x32";
}
