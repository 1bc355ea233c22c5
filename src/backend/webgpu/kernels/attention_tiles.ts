// What the attention kernels share: tiles of 32 rows by 32 columns. A workgroup of 64 threads owns up to 32
// rows of one document and head and walks over its columns, so every output has one owner and one order.
// Thread (tx, ty) has rows 4 ty to 4 ty + 3 (a vec4): scores s0 to s3 of columns tx, tx + 8, …, and sums of
// columns 4 tx to 4 tx + 3 of each chunk of 32 of D values, which go through workgroup memory one by one.
//
// Places in workgroup memory are XORed by the row's number: neighbouring threads then use different banks.
// Sums are plain variables and loops go over large pieces: WGSL's compilers clamp indices and count turns.
import type { AttentionOptions, Documents } from "../../mod.ts";
import { elementType, type KernelText, unrolled, widthOf, XYZW } from "../kernel.ts";
import type { GpuTensor } from "../memory.ts";
import { dropoutArguments } from "../../kernel_arguments.ts";
import { DROPOUT_FIELDS, DROPOUT_FUNCTIONS } from "./dropout.ts";

/** Rows, and columns, of a tile. */
const BLOCK = 32;
const THREADS = 64;
export type AttentionVariant = ReturnType<typeof attentionVariant>;
/** Parts of a row of memory: the head's columns in qkv (T, 3C), or in a tensor (T, C). */
export type HeadPart = { readonly tensor: "qkv"; readonly part: 0 | 1 | 2 } | { readonly tensor: "dOut" };
export const QUERIES: HeadPart = { tensor: "qkv", part: 0 };
export const KEYS: HeadPart = { tensor: "qkv", part: 1 };
export const VALUES: HeadPart = { tensor: "qkv", part: 2 };
/** dOut, and out, which lies in memory as it does. */
export const GRADIENT: HeadPart = { tensor: "dOut" };

/** A step: put what was fetched into workgroup memory, `exchange` scores, fetch for the next, `compute`. */
interface Stage {
  /** The head's chunk that is fetched. */
  readonly chunk: number;
  readonly rows?: HeadPart;
  /** Null: those that lie in workgroup memory. */
  readonly columns: HeadPart | null;
  readonly exchange: string;
  readonly compute: string;
}

interface AttentionKernel {
  /** The first tensor is the output. */
  readonly bindings: string;
  readonly declarations?: string;
  /** The tiles `rows0` and `rows1`, where they stay in memory. */
  readonly residentRows: readonly HeadPart[];
  readonly setup: string;
  /** Of the walk. */
  readonly columns: readonly [from: string, end: string];
  readonly stages: readonly Stage[];
  readonly finish: string;
}

// Which workgroup owns which rows: blocks of up to 32 of one document, [first row, end, document's first row,
// its end] each. They walk over the document up to the block (keys before queries), or from it on. Those that
// walk furthest come first, so that the GPU fills its cores with short ones at the end.
export function attentionPlan({ bounds }: Documents, walk: "before" | "after"): Int32Array {
  const blocks: [number, number, number, number][] = [];
  for (let d = 0; d + 1 < bounds.length; d++) {
    const [begin, end] = [bounds[d]!, bounds[d + 1]!];
    for (let row = begin; row < end; row += BLOCK) blocks.push([row, Math.min(row + BLOCK, end), begin, end]);
  }
  const length = ([row, , begin, end]: readonly number[]): number =>
    walk === "before" ? row! - begin! : end! - row!;
  blocks.sort((a, b) => length(b) - length(a) || a[0] - b[0]);
  return Int32Array.from(blocks.flat());
}

/** What a kernel's text depends on (`name` says all of it); `width` elements are accessed at once. */
export function attentionVariant(
  headSize: number,
  { dropout }: AttentionOptions,
  qkv: GpuTensor,
  others: readonly GpuTensor[],
) {
  const width = widthOf(headSize, ...[qkv, ...others].map(({ offset }) => offset));
  return {
    name: `D=${headSize}${dropout === null ? "" : " dropout"} ${qkv.dtype} x${width}`,
    headSize,
    chunks: Array.from({ length: Math.ceil(headSize / BLOCK) }, (_, c) => c),
    hasDropout: dropout !== null,
    width,
    types: { qkv: elementType(qkv, width), floats: width === 4 ? "vec4<f32>" : "f32" },
  };
}

export function attentionNumbers([T, C]: readonly [number, number], options: AttentionOptions): number[] {
  return [T, C, options.scale, options.dropoutStride, ...dropoutArguments(options.dropout)];
}

/** The whole kernel. Workgroups: heads, blocks. */
export function attentionKernel(variant: AttentionVariant, kernel: AttentionKernel): KernelText {
  const { bindings, residentRows, columns: [from, end], stages } = kernel;
  const isResident = variant.chunks.length === 1;
  const tiles = isResident ? residentRows.length : 1;
  const fetchColumns = ({ columns, chunk }: Stage, begin: string): string =>
    columns === null ? "" : fetch("fetched_column", columns, chunk, [begin, end]);
  const first = stages[0]!;
  const walk = stages.map((stage, i) => {
    const next = stages[i + 1] ?? first;
    return [
      stage.columns === null ? "" : "    workgroupBarrier();\n",
      stage.rows !== undefined && !isResident ? putRows("rows0") : "",
      stage.columns === null ? "" : PUT_COLUMNS,
      stage.exchange,
      "    workgroupBarrier();\n",
      isResident ? "" : fetchRows(next),
      fetchColumns(next, next === first ? `(column_begin + ${BLOCK}u)` : "column_begin"),
      stage.compute,
    ].join("");
  });
  const begun = isResident
    ? residentRows.map((rows, i) => fetchRows({ rows, chunk: 0 }) + putRows(`rows${i}`)).join("")
    : fetchRows(first);
  return {
    parameters: `T: u32, C: u32, scale: f32, stride: u32, ${DROPOUT_FIELDS}`,
    bindings,
    threads: THREADS,
    declarations: `
const D = ${variant.headSize}u;
${fetchFunction(variant, "qkv")}${bindings.includes("dOut") ? fetchFunction(variant, "dOut") : ""}
${storeFunction(variant, bindings)}
${variant.hasDropout ? KEEP : ""}
${unrolled(tiles, (i) => `var<workgroup> rows${i}: array<array<vec4<f32>, 8>, ${BLOCK}>;`)}
// [j][i][place ^ i]: column 8 j + i; and [j][i][ty ^ i]: four rows
var<workgroup> columns: array<array<array<vec4<f32>, 8>, 8>, ${BLOCK / 8}>;
var<workgroup> exchange: array<array<array<vec4<f32>, 8>, 8>, ${BLOCK / 8}>;
${kernel.declarations ?? ""}`,
    main: `let head = group.x;
  let plan = p.offset_plans + 4u * group.y;
  let block_begin = u32(plans[plan]);
  let block_end = u32(plans[plan + 1u]);
  let document_begin = u32(plans[plan + 2u]);
  let document_end = u32(plans[plan + 3u]);
  let tx = thread % 8u;
  let ty = thread / 8u;
${unrolled(4, (i) => `  let row${i} = 4u * ty + ${i}u;\n  let column${i} = tx + ${8 * i}u;`)}
  let xy = tx ^ ty;
  let row = vec4<u32>(block_begin) + vec4<u32>(row0, row1, row2, row3);
${declare("fetched_row")}${declare("fetched_column")}${declare("s")}${kernel.setup}
${begun}${fetchColumns(first, from)}
  for (var column_begin = ${from}; column_begin < ${end}; column_begin += ${BLOCK}u) {
${walk.join("")}  }
${kernel.finish}`,
  };
}

// Stages that make scores NAME0 to NAME3 = rows (32, D) @ columns (32, D)^T, a chunk at a time, with code to
// `exchange` before the first, after `each`, after the `last`. Resident rows are `rows0` ("s") and `rows1`.
export function scoreStages(
  { chunks, headSize }: AttentionVariant,
  name: "s" | "d",
  [rows, columns]: readonly [HeadPart, HeadPart],
  { exchange = "", each = () => "", last = "" }: {
    readonly exchange?: string;
    readonly each?: (chunk: number) => string;
    readonly last?: string;
  } = {},
): Stage[] {
  const tile = chunks.length > 1 || name === "s" ? "rows0" : "rows1";
  return chunks.map((chunk) => {
    const scores = (chunk === 0 ? eachColumn((j) => `${name}${j} = vec4<f32>();`) : "") +
      addScores(name, tile, headSize - BLOCK * chunk);
    const compute = scores + each(chunk) + (chunk === chunks.length - 1 ? last : "");
    return { chunk, rows, columns, exchange: chunk === 0 ? exchange : "", compute };
  });
}

/** Stages that add exchanged scores (32 columns, rows)^T @ columns (32, D) to sums, a chunk at a time. */
export function mixStages(
  { chunks }: AttentionVariant,
  name: string,
  exchange: string,
  columns: HeadPart | null,
): Stage[] {
  return chunks.map((chunk) => {
    return { chunk, columns, exchange: chunk === 0 ? exchange : "", compute: addMixed(name, chunk) };
  });
}

/** NAME0 to NAME3 += rows (32, chunk) @ columns (32, chunk)^T, where `rest` of the head's values are left. */
function addScores(name: string, tile: string, rest: number): string {
  const places = Math.min(8, Math.ceil(rest / 4));
  const add = (letter: string): string =>
    `      let r${letter} = vec4<f32>(r0.${letter}, r1.${letter}, r2.${letter}, r3.${letter});
${unrolled(4, (j) => `      ${name}${j} = fma(r${letter}, vec4<f32>(c${j}.${letter}), ${name}${j});`)}`;
  const body = (place: string): string =>
    `    {
${unrolled(4, (i) => `      let r${i} = ${tile}[row${i}][${place}];`)}${
      unrolled(4, (j) => `      let c${j} = columns[${j}][tx][tx ^ (${place})];`)
    }${XYZW.map(add).join("")}    }
`;
  if (places % 2 === 1) return unrolled(places, (i) => body(`${i}u`));
  const pair = body("place") + body("place + 1u");
  return `    for (var place = 0u; place < ${places}u; place += 2u) {\n${pair}    }\n`;
}

/** Sums NAME_CHUNK_0 to 3 (four rows) += exchanged scores (32 columns, rows)^T @ columns (32, chunk). */
export function addMixed(name: string, chunk: number): string {
  const add = (i: number): string =>
    `${name}_${chunk}_${i} = fma(vec4<f32>(e.${XYZW[i]}), v, ${name}_${chunk}_${i});`;
  return `    for (var eight = 0u; eight < ${BLOCK / 8}u; eight++) {
${
    unrolled(8, (column) =>
      `    {
      let e = exchange[eight][${column}][ty ^ ${column}u];
      let v = columns[eight][${column}][tx ^ ${column}u];
${unrolled(4, (i) => `      ${add(i)}`)}    }`)
  }    }
`;
}

/** Writes each column's vec4 of four rows where {@linkcode addMixed} reads it. */
export function exchangeScores(value: (column: number) => string): string {
  return unrolled(4, (j) => `    exchange[${j}][tx][xy] = ${value(j)};`);
}

export function eachColumn(code: (column: number) => string): string {
  return unrolled(4, (j) => `    ${code(j)}`);
}

/** NAME0 to NAME3, zeros. */
export function declare(name: string): string {
  return eachColumn((j) => `var ${name}${j} = vec4<f32>();`);
}

/** Declarations of the sums that {@linkcode addMixed} adds to. */
export function declareSums(name: string, { chunks }: AttentionVariant): string {
  return chunks.map((c) => declare(`${name}_${c}_`)).join("");
}

/** Stores sums, changed by `value`, in the output, at `part`. */
export function storeSums(
  name: string,
  { chunks }: AttentionVariant,
  part: HeadPart,
  value = (sum: string, _row: number): string => sum,
): string {
  return chunks.map((c) =>
    unrolled(4, (i) => {
      const row = `row.${XYZW[i]}`;
      const values = `${BLOCK * c}u + 4u * tx, ${value(`${name}_${c}_${i}`, i)}`;
      return `  if (${row} < block_end) { store4(${headPlace(part, row)}, ${values}); }`;
    })
  ).join("");
}

/** Factors of a column's four probabilities: `query` and `key` are rows of the batch, one of them a vec4. */
const KEEP = `${DROPOUT_FUNCTIONS}
fn keep4(head: u32, query: vec4<u32>, key: vec4<u32>) -> vec4<f32> {
  let i = (head * p.T + query) * p.stride + key;
  return vec4<f32>(keep(i.x), keep(i.y), keep(i.z), keep(i.w));
}
`;

const PUT_COLUMNS = unrolled(4, (u) => `    columns[${u}][ty][xy] = fetched_column${u};`);

function putRows(tile: string): string {
  return unrolled(4, (u) => `    ${tile}[ty + ${8 * u}u][tx] = fetched_row${u};`);
}

function fetchRows({ rows, chunk }: Pick<Stage, "rows" | "chunk">): string {
  return rows === undefined ? "" : fetch("fetched_row", rows, chunk, ["block_begin", "block_end"]);
}

/** Rows beyond the last are the last again: their scores are 0, or what comes of them is not stored. */
function fetch(to: string, part: HeadPart, chunk: number, [begin, end]: readonly [string, string]): string {
  return unrolled(4, (u) => {
    const place = headPlace(part, `min(${begin} + ty + ${8 * u}u, ${end} - 1u)`);
    return `    ${to}${u} = fetch_${part.tensor}(${place}, ${BLOCK * chunk}u + 4u * tx);`;
  });
}

/** Place of a head's first value in a row, behind the tensor's offset. */
function headPlace(part: HeadPart, row: string): string {
  const begin = part.tensor === "qkv" ? `${row} * 3u * p.C + ${part.part}u * p.C` : `${row} * p.C`;
  return `${begin} + head * D`;
}

/** fetch_TENSOR: 4 of a head's values; those beyond the head are zeros, or (as vec4) are not used. */
function fetchFunction({ width }: AttentionVariant, tensor: "qkv" | "dOut"): string {
  const at = `p.offset_${tensor} + place`;
  const each = (k: number): string =>
    `if (dim + ${k}u < D) { v.${XYZW[k]} = f32(${tensor}[${at} + dim + ${k}u]); }`;
  const four = `  v = vec4<f32>(${tensor}[(${at} + min(dim, D - 4u)) / 4u]);\n`;
  return `fn fetch_${tensor}(place: u32, dim: u32) -> vec4<f32> {
  var v = vec4<f32>();
${width === 4 ? four : unrolled(4, each)}  return v;
}
`;
}

/** store4: 4 of a head's values in the first tensor of the bindings; those beyond the head are left out. */
function storeFunction({ width }: AttentionVariant, bindings: string): string {
  const [, tensor, type] = /^rw (\w+): ([^,]+)/.exec(bindings)!;
  const at = `p.offset_${tensor} + place + dim`;
  const each = (k: number): string =>
    `if (dim + ${k}u < D) { ${tensor}[${at} + ${k}u] = ${type}(v.${XYZW[k]}); }`;
  return `fn store4(place: u32, dim: u32, v: vec4<f32>) {
${width === 4 ? `if (dim < D) { ${tensor}[(${at}) / 4u] = ${type}(v); }` : unrolled(4, each)}
}`;
}
