// Matrix products, of one pair of matrices or of several of one shape. Their WGSL is in matmul_kernel.ts.
import type { Gpu } from "../gpu.ts";
import { elementType, type Kernel, kernel, widthOf } from "../kernel.ts";
import type { GpuTensor } from "../memory.ts";
import { type ContiguousAxis, type MatmulEpilogue, matmulKernel } from "./matmul_kernel.ts";
import { largestTile, MATMUL_TILES, type MatmulTile, partLength, partsOfK } from "./matmul_tiles.ts";
import type { MatmulTileName } from "./matmul_tiles.ts";

/** A matrix, or several of one shape. */
export interface MatmulMatrix {
  readonly tensor: GpuTensor;
  /** Elements from one row in memory to the next. */
  readonly row: number;
  /** Elements from one matrix to the next; 0 (the same for all) when left out. */
  readonly step?: number;
}

export interface MatmulCall {
  readonly sizes: readonly [M: number, N: number, K: number];
  /** Products of this size. Default: 1 */
  readonly batches?: number;
  readonly c: MatmulMatrix;
  /** Contiguous along "k" as stored (M, K), along "outer" as stored (K, M). */
  readonly a: MatmulMatrix & { readonly axis: ContiguousAxis };
  /** Contiguous along "k" as stored (N, K), along "outer" as stored (K, N). */
  readonly b: MatmulMatrix & { readonly axis: ContiguousAxis };
  /** c = ab when left out; "accumulate": c += ab; else c = alpha ab + beta addend, which lies as c does. */
  readonly epilogue?: "accumulate" | Readonly<{ alpha: number; beta: number; addend: GpuTensor }>;
  /** Instead of the tile and the number of parts of K that {@linkcode matmul} would choose. */
  readonly plan?: { readonly tile: MatmulTileName; readonly parts: number };
}

/** A tensor (rows, columns) as one matrix, or (B, rows, columns) as several. */
export function matrix(tensor: GpuTensor, axis: ContiguousAxis = "k"): MatmulCall["a"] {
  const [columns = 0, rows = 0, batches] = tensor.shape.toReversed();
  return { tensor, row: columns, step: batches === undefined ? 0 : rows * columns, axis };
}

/** c (M, N) = a (M, K) @ b (K, N). */
export function matmul(gpu: Gpu, call: MatmulCall): void {
  const [M, N, K] = call.sizes;
  const batches = call.batches ?? 1;
  const parts = call.plan?.parts ?? (batches > 1 ? 1 : partsOfK(call.sizes));
  const name = call.plan?.tile ?? gpu.matmulTiles[tileKey(call, parts)] ?? largestTile(M, N, parts * batches);
  const tile = MATMUL_TILES[name];
  if (parts === 1) return dispatch(gpu, call, tile, batches, 0);
  using _scope = gpu.memory.scope();
  const partial = gpu.memory.allocate([parts, M, N]);
  const { epilogue: _, ...product } = call;
  const c = { tensor: partial, row: N, step: M * N };
  const [a, b] = [{ ...call.a, step: 0 }, { ...call.b, step: 0 }]; // every part is of the same matrices
  dispatch(gpu, { ...product, a, b, c }, tile, parts, partLength(K, parts));
  addParts(gpu, call, partial, parts);
}

/** What a tile is chosen by: orientation, and the sums computed at once as a power of 4, from 4^8 to 4^11. */
export function tileKey({ sizes: [M, N], batches = 1, a, b }: MatmulCall, parts: number): string {
  const power = Math.round(Math.log2(M * N * batches * parts) / 2);
  return `a ${a.axis}, b ${b.axis}, 4^${Math.max(8, Math.min(power, 11))}`;
}

/** One dispatch: of all batches, or of all parts of K (`stepK` long). */
function dispatch(gpu: Gpu, call: MatmulCall, tile: MatmulTile, batches: number, stepK: number): void {
  const { sizes: [M, N, K], a, b, c } = call;
  const { epilogue, addends, factors } = blendOf(call);
  const typeOf = ({ tensor, row, step = 0 }: MatmulMatrix, others: readonly GpuTensor[] = []): string =>
    elementType(tensor, widthOf(row, step, ...[tensor, ...others].map(({ offset }) => offset)));
  const types = { a: typeOf(a), b: typeOf(b), c: typeOf(c, addends) };
  const isRolled = gpu.device.isSoftware;
  const name =
    `matmul ${tile.rows}x${tile.columns}x${tile.depth} a(${a.axis} ${types.a}) b(${b.axis} ${types.b})` +
    ` ${epilogue} ${types.c}${isRolled ? " rolled" : ""}`;
  gpu.queue.run(
    kernel(name, () => matmulKernel({ tile, a: a.axis, b: b.axis, epilogue, types, isRolled })),
    [c.tensor, a.tensor, b.tensor, ...addends],
    [M, N, K, a.row, b.row, c.row, a.step ?? 0, b.step ?? 0, c.step ?? 0, stepK, ...factors],
    [Math.ceil(N / tile.columns), Math.ceil(M / tile.rows), batches],
  );
}

/** What becomes of the product, as kernels need it: `factors` are alpha and beta. */
function blendOf({ epilogue }: MatmulCall) {
  if (typeof epilogue !== "object") {
    return { epilogue: epilogue ?? "store" as const, addends: [], factors: [1, 0] };
  }
  const { addend, alpha, beta } = epilogue;
  return { epilogue: "blend" as const, addends: [addend], factors: [alpha, beta] };
}

/** c gets, or is increased by, the sum of the parts, in order. */
function addParts(gpu: Gpu, call: MatmulCall, partial: GpuTensor, parts: number): void {
  const { sizes: [M, N], c } = call;
  const { epilogue, addends, factors } = blendOf(call);
  const added = addPartsKernel(epilogue, elementType(c.tensor));
  gpu.queue.run(added, [c.tensor, partial, ...addends], [M * N, N, c.row, parts, ...factors], M * N);
}

function addPartsKernel(epilogue: MatmulEpilogue, type: string): Kernel {
  const place = "p.offset_c + place";
  const result = {
    store: `c[${place}] = ${type}(sum);`,
    accumulate: `c[${place}] += sum;`,
    blend: `c[${place}] = p.alpha * sum + p.beta * addend[p.offset_addend + place];`,
  }[epilogue];
  return kernel(`add parts ${epilogue} ${type}`, {
    parameters: "count: u32, N: u32, rowC: u32, parts: u32, alpha: f32, beta: f32",
    bindings: `rw c: ${type}, partial: f32${epilogue === "blend" ? ", addend: f32" : ""}`,
    lanes: 1,
    main: `if (item >= p.count) { return; }
  var sum = 0.0;
  for (var part = 0u; part < p.parts; part++) { sum += partial[p.offset_partial + part * p.count + item]; }
  let place = item / p.N * p.rowC + item % p.N;
  ${result}`,
  });
}
