/**
 * What the three attention kernels share: tiles of 32 rows by 32 columns, of which only one exists at a time, so that T x T numbers never do.
 *
 * A workgroup of 64 threads owns one block of up to 32 rows of one document and one head, and walks over blocks of 32 columns. In the forward pass
 * and for dQ, rows are queries and columns keys; for dK and dV it is the other way round. So every output has one owner that adds in one order.
 * Thread (tx, ty), both below 8, has the scores of rows 4 ty to 4 ty + 3 (the parts of a vec4) and columns tx, tx + 8, tx + 16, tx + 24 (s0 to s3),
 * and of the block's sums, 32 rows by D, the same rows and the 4 columns 4 tx to 4 tx + 3 of each chunk of 32.
 *
 * The head's D values go through workgroup memory in chunks of 32: 4 KiB for 32 rows or columns, so that all three kernels fit into the 16 KiB
 * that every GPU has. With one chunk (D up to 32) the rows stay there for the whole walk. Columns and exchanged scores are stored with their
 * places within a row XORed by the row's number: threads that read a column of the tile, and threads that read a row, then use different banks.
 *
 * The walk is a list of stages. Each waits, puts what was fetched into workgroup memory, waits again, begins to fetch for the next stage and
 * computes. The sums are plain variables, and loops go over pieces large enough that the loop itself costs little: compilers of WGSL clamp every
 * computed index and count every loop's turns.
 */
import type { StoredType } from "../../mod.ts";
import type { KernelInterface } from "../kernel.ts";
import { DROPOUT_FIELDS, DROPOUT_FUNCTIONS } from "./dropout.ts";

/** Rows, and columns, of a tile. */
export const BLOCK = 32;
/** Threads of a workgroup. */
const THREADS = 64;
/** The four parts of a vec4, and the four columns of a thread. */
const FOUR = [0, 1, 2, 3] as const;
const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** What an attention kernel's text depends on. */
export interface AttentionVariant {
  /** D. */
  readonly headSize: number;
  readonly hasDropout: boolean;
  /** Elements that are accessed at once. */
  readonly width: 1 | 4;
  /** How qkv is stored. */
  readonly source: StoredType;
}

/** Parts of a row of memory: the head's columns in qkv (T, 3C), or in a tensor (T, C). */
export type HeadPart = { readonly tensor: "qkv"; readonly part: 0 | 1 | 2 } | { readonly tensor: "dOut" };

/** One step of the walk. */
export interface Stage {
  /** Rows that the stage needs: which tile, and which chunk. */
  readonly rows?: { readonly from: HeadPart; readonly chunk: number };
  /** Columns that take the columns' place in workgroup memory. Without any, what lies there is used again. */
  readonly columns?: { readonly from: HeadPart; readonly chunk: number };
  /** Code between the two barriers: writes what the threads exchange. */
  readonly exchange?: string;
  /** Code after the second barrier. */
  readonly compute: string;
}

/** A kernel: its interface and its parts. */
export interface AttentionKernel {
  readonly bindings: KernelInterface["bindings"];
  /** Further declarations. */
  readonly declarations?: string;
  /** The rows' tiles, where they stay in memory: the first is `rows0`, the second `rows1`. */
  readonly residentRows: readonly HeadPart[];
  readonly setup: string;
  /** First column of the walk, and the one after its last. */
  readonly columns: readonly [from: string, end: string];
  readonly stages: readonly Stage[];
  readonly finish: string;
}

/** Fields of the parameters of all attention kernels. */
export const ATTENTION_FIELDS = `T: u32, C: u32, scale: f32, stride: u32, ${DROPOUT_FIELDS}`;

/** What qkv is accessed as. */
export function sourceType({ source, width }: AttentionVariant): string {
  return width === 4 ? `vec4<${source}>` : source;
}

/** What all else is accessed as. */
export function floatType({ width }: AttentionVariant): string {
  return width === 4 ? "vec4<f32>" : "f32";
}

/** Chunks of a head. */
export function chunksOf({ headSize }: AttentionVariant): number[] {
  return Array.from({ length: Math.ceil(headSize / BLOCK) }, (_, c) => c);
}

/** Name of the rows' tile that a stage reads: both stay where there is one chunk, else one tile is filled for each stage. */
export function rowsTile(variant: AttentionVariant, tile: 0 | 1): string {
  return chunksOf(variant).length === 1 ? `rows${tile}` : "rows0";
}

/** The whole kernel, behind its header. Workgroups: heads, blocks. */
export function attentionKernel(variant: AttentionVariant, kernel: AttentionKernel): string {
  const isResident = chunksOf(variant).length === 1;
  const tensors = [...new Set(kernel.bindings.map(([name]) => name))].filter((name) =>
    name === "qkv" || name === "dOut"
  );
  const rowTiles = isResident ? kernel.residentRows.map((_, i) => `rows${i}`) : ["rows0"];
  const first = kernel.stages[0]!;
  return `${tensors.map((name) => fetchFunction(variant, name as "qkv" | "dOut")).join("")}
${variant.hasDropout ? KEEP : ""}
${rowTiles.map((name) => `var<workgroup> ${name}: array<array<vec4<f32>, 8>, ${BLOCK}>;`).join("\n")}
var<workgroup> columns: array<array<array<vec4<f32>, 8>, 8>, ${
    BLOCK / 8
  }>; // [j][i][place ^ i]: column 8 j + i
var<workgroup> exchange: array<array<array<vec4<f32>, 8>, 8>, ${BLOCK / 8}>; // [j][i][ty ^ i]: four rows
${kernel.declarations ?? ""}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let head = group.x;
  let plan = p.offset_plans + 4u * group.y;
  let block_begin = u32(plans[plan]);
  let block_end = u32(plans[plan + 1u]);
  let document_begin = u32(plans[plan + 2u]);
  let document_end = u32(plans[plan + 3u]);
  let tx = thread % 8u;
  let ty = thread / 8u;
${FOUR.map((i) => `  let row${i} = 4u * ty + ${i}u;\n  let column${i} = tx + ${8 * i}u;\n`).join("")}
  let xy = tx ^ ty;
  let row = vec4<u32>(block_begin) + vec4<u32>(row0, row1, row2, row3);
${FOUR.map((i) => `  var fetched_row${i} = vec4<f32>();\n  var fetched_column${i} = vec4<f32>();\n`).join("")}
${FOUR.map((i) => `  var s${i} = vec4<f32>();\n`).join("")}
${places(variant, kernel)}${kernel.setup}
${
    isResident
      ? kernel.residentRows.map((from, i) => fetchRows(from, 0) + putRows(`rows${i}`)).join("")
      : fetchStageRows(first)
  }${fetchColumns(first, kernel.columns[0], kernel.columns[1])}
  for (var column_begin = ${kernel.columns[0]}; column_begin < ${
    kernel.columns[1]
  }; column_begin += ${BLOCK}u) {
${
    kernel.stages.map((stage, i) => {
      const next = kernel.stages[i + 1] ?? first;
      const nextFrom = next === first ? `(column_begin + ${BLOCK}u)` : "column_begin";
      return [
        stage.columns === undefined ? "" : "    workgroupBarrier();\n",
        stage.rows !== undefined && !isResident ? putRows("rows0") : "",
        stage.columns === undefined ? "" : PUT_COLUMNS,
        stage.exchange ?? "",
        "    workgroupBarrier();\n",
        isResident ? "" : fetchStageRows(next),
        fetchColumns(next, nextFrom, kernel.columns[1]),
        stage.compute,
      ].join("");
    }).join("")
  }  }
${kernel.finish}
}
`;
}

/** s0 to s3 (or another name) += rows (32, chunk) @ columns (32, chunk)^T. */
export function addScores(name: string, tile: string, { headSize }: AttentionVariant, chunk: number): string {
  const places = Math.min(8, Math.ceil((headSize - BLOCK * chunk) / 4));
  const letters = ["x", "y", "z", "w"];
  const body = (place: string): string =>
    braces([
      ...FOUR.map((i) => `let r${i} = ${tile}[row${i}][${place}];`),
      ...FOUR.map((j) => `let c${j} = columns[${j}][tx][tx ^ (${place})];`),
      ...letters.flatMap((letter) => [
        `let r${letter} = vec4<f32>(${FOUR.map((i) => `r${i}.${letter}`).join(", ")});`,
        ...FOUR.map((j) => `${name}${j} = fma(r${letter}, vec4<f32>(c${j}.${letter}), ${name}${j});`),
      ]),
    ]);
  if (places % 2 === 1) return Array.from({ length: places }, (_, i) => body(`${i}u`)).join("");
  return `    for (var place = 0u; place < ${places}u; place += 2u) {\n${body("place")}${
    body("place + 1u")
  }    }\n`;
}

/** Sums NAME_CHUNK_0 to 3 (four rows) += exchanged scores (32 columns, rows)^T @ columns (32, chunk). */
export function addMixed(name: string, chunk: number): string {
  const bodies = EIGHT.map((column) =>
    braces([
      `let e = exchange[eight][${column}][ty ^ ${column}u];`,
      `let v = columns[eight][${column}][tx ^ ${column}u];`,
      ...FOUR.map((i) => `${name}_${chunk}_${i} = fma(vec4<f32>(e.${"xyzw"[i]}), v, ${name}_${chunk}_${i});`),
    ])
  );
  return `    for (var eight = 0u; eight < ${BLOCK / 8}u; eight++) {\n${bodies.join("")}    }\n`;
}

function braces(lines: readonly string[]): string {
  return `    {\n${lines.map((line) => `      ${line}\n`).join("")}    }\n`;
}

/** Writes each column's vec4 of four rows where {@linkcode addMixed} reads it. */
export function exchangeScores(value: (column: number) => string): string {
  return FOUR.map((j) => `    exchange[${j}][tx][xy] = ${value(j)};\n`).join("");
}

/** Code for each of a thread's four columns. */
export function eachColumn(code: (column: number) => string): string {
  return FOUR.map((j) => `    ${code(j)}\n`).join("");
}

/** Declarations of the sums that {@linkcode addMixed} adds to. */
export function declareSums(name: string, variant: AttentionVariant): string {
  return chunksOf(variant).flatMap((c) => FOUR.map((i) => `  var ${name}_${c}_${i} = vec4<f32>();\n`)).join(
    "",
  );
}

/** Stores sums, changed by `value`, as the head's columns of a tensor of `type`: `place(row)` is the element of the head's first column. */
export function storeSums(
  name: string,
  variant: AttentionVariant,
  { tensor, place, value, type }: {
    readonly tensor: string;
    readonly place: (row: string) => string;
    readonly value: (sum: string, row: number) => string;
    readonly type: string;
  },
): string {
  const { headSize, width } = variant;
  return FOUR.map((i) => {
    const lines = chunksOf(variant).map((c) => {
      const dim = `${BLOCK * c}u + 4u * tx`;
      const at = `p.offset_${tensor} + ${place(`row.${"xyzw"[i]}`)} + ${dim}`;
      const sum = value(`${name}_${c}_${i}`, i);
      if (width === 4) {
        return `    if (${dim} < ${headSize}u) { ${tensor}[(${at}) / 4u] = ${type}(${sum}); }\n`;
      }
      return `    {\n      let v = ${sum};\n` +
        FOUR.map((k) =>
          `      if (${dim} + ${k}u < ${headSize}u) { ${tensor}[${at} + ${k}u] = ${type}(v.${"xyzw"[k]}); }\n`
        ).join("") + "    }\n";
    });
    return `  if (row.${"xyzw"[i]} < block_end) {\n${lines.join("")}  }\n`;
  }).join("");
}

/** Element of the head's first column in a row of qkv, or of a tensor (T, C). */
export function headPlace(from: HeadPart, row: string, headSize: number): string {
  return from.tensor === "qkv"
    ? `${row} * 3u * p.C + ${from.part}u * p.C + head * ${headSize}u`
    : `${row} * p.C + head * ${headSize}u`;
}

/** Factors of a column's four probabilities: `query` and `key` are rows of the batch, one of them a vec4. */
const KEEP = `${DROPOUT_FUNCTIONS}
fn keep4(head: u32, query: vec4<u32>, key: vec4<u32>) -> vec4<f32> {
  let i = (head * p.T + query) * p.stride + key;
  return vec4<f32>(keep(i.x), keep(i.y), keep(i.z), keep(i.w));
}
`;

const PUT_COLUMNS = FOUR.map((u) => `    columns[${u}][ty][xy] = fetched_column${u};\n`).join("");

function putRows(tile: string): string {
  return FOUR.map((u) => `    ${tile}[ty + ${8 * u}u][tx] = fetched_row${u};\n`).join("");
}

function fetchStageRows({ rows }: Stage): string {
  return rows === undefined ? "" : fetchRows(rows.from, rows.chunk);
}

function fetchRows(from: HeadPart, chunk: number): string {
  return fetch("fetched_row", from, chunk, "block_begin", "block_end");
}

function fetchColumns({ columns }: Stage, begin: string, end: string): string {
  return columns === undefined ? "" : fetch("fetched_column", columns.from, columns.chunk, begin, end);
}

/** Rows beyond the last are the last again: their scores are 0, or what comes of them is not stored. */
function fetch(target: string, from: HeadPart, chunk: number, begin: string, end: string): string {
  return FOUR.map((u) =>
    `    ${target}${u} = fetch_${from.tensor}(${placeName(from, chunk)}, min(${begin} + ty + ${
      8 * u
    }u, ${end} - 1u)` +
    `, ${BLOCK * chunk}u + 4u * tx);\n`
  ).join("");
}

function placeName(from: HeadPart, chunk: number): string {
  return `place_${from.tensor}${from.tensor === "qkv" ? from.part : ""}_${chunk}`;
}

/** Where a thread's four values of a head's chunk are in a row, for every chunk that is fetched; counted in vec4, where they may be. */
function places({ headSize, width }: AttentionVariant, { residentRows, stages }: AttentionKernel): string {
  const lines = new Set<string>();
  const declare = (from: HeadPart, chunk: number): void => {
    const part = from.tensor === "qkv" ? `${from.part}u * p.C` : "0u";
    const dim = `min(${BLOCK * chunk}u + 4u * tx, ${Math.max(0, headSize - 4)}u)`;
    const place = `p.offset_${from.tensor} + ${part} + head * ${headSize}u`;
    const at = width === 4 ? `(${place} + ${dim}) / 4u` : place;
    lines.add(`  let ${placeName(from, chunk)} = ${at};\n`);
  };
  for (const from of residentRows) declare(from, 0);
  for (const { rows, columns } of stages) {
    if (rows !== undefined) declare(rows.from, rows.chunk);
    if (columns !== undefined) declare(columns.from, columns.chunk);
  }
  return [...lines].join("");
}

/** fetch_TENSOR: 4 of a head's values in a row; those beyond the head are zeros, or (as vec4) are not used. */
function fetchFunction({ headSize, width }: AttentionVariant, tensor: "qkv" | "dOut"): string {
  const length = tensor === "qkv" ? "3u * p.C" : "p.C";
  if (width === 4) {
    return `fn fetch_${tensor}(place: u32, row: u32, dim: u32) -> vec4<f32> {
  return vec4<f32>(${tensor}[place + row * (${length} / 4u)]);
}
`;
  }
  return `fn fetch_${tensor}(place: u32, row: u32, dim: u32) -> vec4<f32> {
  let at = place + row * ${length} + dim;
  var v = vec4<f32>();
${
    FOUR.map((k) => `  if (dim + ${k}u < ${headSize}u) { v.${"xyzw"[k]} = f32(${tensor}[at + ${k}u]); }\n`)
      .join(
        "",
      )
  }  return v;
}
`;
}
