/**
 * Matrix products on the GPU: which tile, whether K is cut into parts, and the dispatch.
 *
 * A GPU is only busy when there are more workgroups than it has cores, and the matrices here are small: a weight's gradient of 256 by 256 is 64
 * workgroups of the smallest tile. Then K is cut: each part's product goes to memory of its own and a second kernel adds the parts in order. The
 * number of parts depends on the sizes alone, so that the choice of a tile (which may be measured) never changes a bit of the result.
 */
import {
  elementType,
  f32,
  type Gpu,
  kernelHeader,
  type KernelSource,
  kernelSource,
  THREADS,
  u32,
} from "../kernel.ts";
import type { GpuTensor } from "../memory.ts";
import { flatGroups, flatMain } from "./flat_kernel.ts";
import {
  type ContiguousAxis,
  type MatmulEpilogue,
  matmulKernel,
  type MatmulTile,
  type MatmulVariant,
} from "./matmul_kernel.ts";

/** A matrix, or several of one shape. */
export interface MatmulMatrix {
  readonly tensor: GpuTensor;
  /** Elements from one row in memory to the next. */
  readonly row: number;
  /** Elements from one matrix to the next; 0 (the same for all) when left out. */
  readonly step?: number;
}

/** What {@linkcode matmul} is asked for: c (M, N) = a (M, K) @ b (K, N). */
export interface MatmulCall {
  /** [M, N, K]. */
  readonly sizes: readonly [number, number, number];
  /** Products of this size; 1 when left out. */
  readonly batches?: number;
  readonly c: MatmulMatrix;
  /** Contiguous along "k" as stored (M, K), along "outer" as stored (K, M). */
  readonly a: MatmulMatrix & { readonly axis: ContiguousAxis };
  /** Contiguous along "k" as stored (N, K), along "outer" as stored (K, N). */
  readonly b: MatmulMatrix & { readonly axis: ContiguousAxis };
  /** c = ab when left out; "accumulate": c += ab; else c = alpha ab + beta addend, the addend lying in memory as c does. */
  readonly epilogue?: "accumulate" | {
    readonly alpha: number;
    readonly beta: number;
    readonly addend: GpuTensor;
  };
  /** Instead of the tile and the number of parts of K that {@linkcode matmul} would choose. */
  readonly plan?: MatmulPlan;
}

/** How a product is computed. */
export interface MatmulPlan {
  readonly tile: MatmulTileName;
  /** Of K. */
  readonly parts: number;
}

/** Name of a tile: rows and columns of a workgroup. */
export type MatmulTileName = "32x32" | "64x32" | "64x64" | "128x64" | "128x128";

/** The tiles to choose from, small to large: larger ones read less memory, smaller ones keep more cores busy. */
export const MATMUL_TILES: Readonly<Record<MatmulTileName, MatmulTile>> = {
  "32x32": { rows: 32, columns: 32, depth: 16, threadRows: 4, threadColumns: 4 },
  "64x32": { rows: 64, columns: 32, depth: 16, threadRows: 8, threadColumns: 4 },
  "64x64": { rows: 64, columns: 64, depth: 16, threadRows: 8, threadColumns: 8 },
  "128x64": { rows: 128, columns: 64, depth: 16, threadRows: 8, threadColumns: 8 },
  "128x128": { rows: 128, columns: 128, depth: 8, threadRows: 8, threadColumns: 8 },
};

/** Workgroups of the smallest tile below which K is cut, into parts of at least this length: enough for a small GPU. */
const FEW_GROUPS = { wanted: 256, leastPart: 128 };
/** For a large GPU, where parts are so long that writing and adding them costs little. */
const MANY_GROUPS = { wanted: 2048, leastPart: 1024 };
/** Workgroups of a large tile from which on it is taken, where nothing was measured. */
const LEAST_GROUPS = 128;
/** Parts begin at multiples of every tile's depth. */
const PART_MULTIPLE = 32;

/** Tiles for products of some size and orientation, where they were measured (see autotune.ts): keys are {@linkcode tileKey}'s. */
export type MatmulTiles = Readonly<Record<string, MatmulTileName>>;

/** c (M, N) = a (M, K) @ b (K, N). */
export function matmul(gpu: Gpu, call: MatmulCall): void {
  const [M, N, K] = call.sizes;
  const batches = call.batches ?? 1;
  const parts = call.plan?.parts ?? (batches > 1 ? 1 : partsOfK(call.sizes));
  const name = call.plan?.tile ?? gpu.matmulTiles[tileKey(call, parts)] ??
    largestTile([M, N, parts * batches]);
  const tile = MATMUL_TILES[name];
  if (parts === 1) return dispatch(gpu, call, tile, { batches, stepK: 0 });
  using _scope = gpu.memory.scope();
  const stepK = partLength(K, parts);
  const partial = gpu.memory.allocate([parts, M, N]);
  const { epilogue: _, ...product } = call;
  const c = { tensor: partial, row: N, step: M * N };
  const [left, right] = [{ ...call.a, step: 0 }, { ...call.b, step: 0 }]; // every part is of the same matrices
  dispatch(gpu, { ...product, a: left, b: right, c }, tile, { batches: parts, stepK });
  addParts(gpu, call, partial, parts);
}

/** What the choice of a tile depends on: the orientation, and the sums that are computed at once, as a power of 4 from 4^8 to 4^11. */
export function tileKey({ sizes: [M, N], batches = 1, a, b }: MatmulCall, parts: number): string {
  const power = Math.round(Math.log2(M * N * batches * parts) / 2);
  return `a ${a.axis}, b ${b.axis}, 4^${Math.max(8, Math.min(power, 11))}`;
}

/** Parts that K is cut into, by the sizes alone. */
export function partsOfK([M, N, K]: readonly [number, number, number]): number {
  const groups = Math.ceil(M / 32) * Math.ceil(N / 32);
  if (groups === 0) return 1;
  const most = [FEW_GROUPS, MANY_GROUPS].map(({ wanted, leastPart }) =>
    Math.min(Math.ceil(wanted / groups), Math.floor(K / leastPart))
  );
  const parts = Math.max(1, ...most);
  return parts === 1 ? 1 : Math.ceil(K / partLength(K, parts));
}

function partLength(K: number, parts: number): number {
  return Math.ceil(K / parts / PART_MULTIPLE) * PART_MULTIPLE;
}

/** The largest tile that makes enough workgroups: the choice where nothing was measured. */
function largestTile([M, N, products]: readonly [number, number, number]): MatmulTileName {
  for (const name of ["128x128", "64x64", "64x32"] as const) {
    const { rows, columns } = MATMUL_TILES[name];
    if (Math.ceil(M / rows) * Math.ceil(N / columns) * products >= LEAST_GROUPS) return name;
  }
  return "32x32";
}

/** One dispatch: of all batches, or of all parts of K (`stepK` long). */
function dispatch(
  gpu: Gpu,
  call: MatmulCall,
  tile: MatmulTile,
  { batches, stepK }: { readonly batches: number; readonly stepK: number },
): void {
  const { sizes: [M, N, K], a, b, c } = call;
  const blend = typeof call.epilogue === "object" ? call.epilogue : null;
  const epilogue = epilogueKind(call.epilogue);
  const typeOf = ({ tensor, row, step = 0 }: MatmulMatrix, addend = tensor): string =>
    elementType(tensor, [tensor.offset, row, step, addend.offset].every((n) => n % 4 === 0) ? 4 : 1);
  const types = { a: typeOf(a), b: typeOf(b), c: typeOf(c, blend?.addend) };
  const isRolled = gpu.device.isSoftware;
  const kernel = kernelOf({ tile, a: a.axis, b: b.axis, epilogue, types, isRolled });
  const numbers = [M, N, K, a.row, b.row, c.row, a.step ?? 0, b.step ?? 0, c.step ?? 0, stepK];
  gpu.queue.run(
    kernel,
    [c.tensor, a.tensor, b.tensor, ...blend === null ? [] : [blend.addend]],
    [...numbers.map(u32), f32(blend?.alpha ?? 1), f32(blend?.beta ?? 0)],
    [Math.ceil(N / tile.columns), Math.ceil(M / tile.rows), batches],
  );
}

function epilogueKind(epilogue: MatmulCall["epilogue"]): MatmulEpilogue {
  return typeof epilogue === "object" ? "blend" : epilogue ?? "store";
}

function kernelOf(variant: MatmulVariant): KernelSource {
  const { tile, types } = variant;
  const name = [
    `matmul ${tile.rows}x${tile.columns}x${tile.depth}`,
    `a(${variant.a} ${types.a})`,
    `b(${variant.b} ${types.b})`,
    `${variant.epilogue} ${types.c}${variant.isRolled ? " rolled" : ""}`,
  ].join(" ");
  return kernelSource(name, () => matmulKernel(variant));
}

/** c gets, or is increased by, the sum of the parts, in order. */
function addParts(
  gpu: Gpu,
  { sizes: [M, N], c, epilogue }: MatmulCall,
  partial: GpuTensor,
  parts: number,
): void {
  const blend = typeof epilogue === "object" ? epilogue : null;
  const kind = epilogueKind(epilogue);
  const type = elementType(c.tensor);
  const kernel = kernelSource(`add parts ${kind} ${type}`, () => addPartsKernel(kind, type));
  gpu.queue.run(
    kernel,
    [c.tensor, partial, ...blend === null ? [] : [blend.addend]],
    [u32(M * N), u32(N), u32(c.row), u32(parts), f32(blend?.alpha ?? 1), f32(blend?.beta ?? 0)],
    flatGroups(gpu, Math.ceil(M * N / THREADS)),
  );
}

function addPartsKernel(kind: MatmulEpilogue, type: string): string {
  const header = kernelHeader({
    parameters: "count: u32, N: u32, rowC: u32, parts: u32, alpha: f32, beta: f32",
    bindings: [
      ["c", "read_write", type],
      ["partial", "read", "f32"],
      ...kind === "blend" ? [["addend", "read", "f32"] as const] : [],
    ],
  });
  const place = "p.offset_c + place";
  const result = {
    store: `c[${place}] = ${type}(sum);`,
    accumulate: `c[${place}] += sum;`,
    blend: `c[${place}] = p.alpha * sum + p.beta * addend[p.offset_addend + place];`,
  }[kind];
  return `${header}${flatMain(THREADS)} {
  let i = flatGroup(group, groups) * ${THREADS}u + thread;
  if (i >= p.count) { return; }
  var sum = 0.0;
  for (var part = 0u; part < p.parts; part++) { sum += partial[p.offset_partial + part * p.count + i]; }
  let place = i / p.N * p.rowC + i % p.N;
  ${result}
}
`;
}
