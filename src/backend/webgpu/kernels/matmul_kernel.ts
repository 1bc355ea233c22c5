// WGSL of c (M, N) = a (M, K) @ b (K, N). A workgroup owns a tile of c and walks along K by `depth`, fetching
// a step while it computes the one before; a thread adds outer products to `threadRows` by `threadColumns`
// sums in registers. Each goes over k upwards with fma: the tile changes nothing but time. All is unrolled
// (but on software adapters): compilers of WGSL count every loop's turns and clamp every computed index.
//
// Both parts lie in workgroup memory as groups of 4 rows (columns), each group's vec4 by k, `depth` + 1 apart
// for the banks' sake. Blocks of 4 by 4 are fetched, transposed where k is the contiguous axis. Rows beyond
// the edge repeat the last one and are not stored; k beyond the end is zero.
import { type KernelText, unrolled, XYZW } from "../kernel.ts";
import type { MatmulTile } from "./matmul_tiles.ts";

/** How an operand lies in memory: contiguous along k, or along its own rows or columns of c. */
export type ContiguousAxis = "k" | "outer";
/** What becomes of the product: c = ab, c += ab, or c = alpha ab + beta addend. */
export type MatmulEpilogue = "store" | "accumulate" | "blend";

interface MatmulVariant {
  readonly tile: MatmulTile;
  readonly a: ContiguousAxis;
  readonly b: ContiguousAxis;
  readonly epilogue: MatmulEpilogue;
  /** What they are accessed as: f16 or f32, vec4 where first elements and rows' distances allow it. */
  readonly types: { readonly a: string; readonly b: string; readonly c: string };
  /** Whether k goes through a loop: shorter text, for software adapters, whose compilers are slow. */
  readonly isRolled: boolean;
}

export function matmulThreads(tile: MatmulTile): number {
  return (tile.rows / tile.threadRows) * (tile.columns / tile.threadColumns);
}

/** A variant's text. Workgroups: columns of c, rows of c, batches or parts of K. */
export function matmulKernel({ tile, epilogue, types, isRolled, ...axes }: MatmulVariant): KernelText {
  const { depth } = tile;
  const threads = matmulThreads(tile);
  const operands = [
    operand("a", tile.rows, depth, axes.a, isVector(types.a)),
    operand("b", tile.columns, depth, axes.b, isVector(types.b)),
  ];
  const turns = assignThreads(operands.map((o) => o.blocks), threads);
  const all = operands.flatMap((o, i) => turns[i]!.map((turn, n) => ({ o, turn, n })));
  const perTurn = (code: (o: Operand, turn: number) => string): string =>
    all.map(({ o, turn, n }) => guarded(turn, threads, code(o, n))).join("");
  const declareSums = (row: number): string =>
    // by row and group of 4 columns
    unrolled(tile.threadColumns / 4, (j) => `  var sum${row}_${j} = vec4<f32>();`);
  const rolled = `    for (var k = 0u; k < ${depth}u; k++) {\n${outerProduct(tile, "k")}    }`;
  const addend = epilogue === "blend" ? `, addend: ${types.c}` : "";
  const wholeStep = `if (next + ${depth}u <= end) {\n${perTurn((o, n) => o.fetch(n, true))}    } else `;
  return {
    parameters: "M: u32, N: u32, K: u32, rowA: u32, rowB: u32, rowC: u32, stepA: u32, stepB: u32, " +
      "stepC: u32, stepK: u32, alpha: f32, beta: f32",
    bindings: `rw c: ${types.c}, a: ${types.a}, b: ${types.b}${addend}`,
    threads,
    declarations: `
var<workgroup> tile_a: array<array<vec4<f32>, ${depth + 1}>, ${tile.rows / 4}>;
var<workgroup> tile_b: array<array<vec4<f32>, ${depth + 1}>, ${tile.columns / 4}>;
fn rest(end: u32, k: u32) -> u32 { return end - min(k, end); }
${operands.map((o) => o.functions).join("")}${storeFunction(epilogue, types.c)}`,
    main: `let tx = thread % ${tile.columns / tile.threadColumns}u;
  let ty = thread / ${tile.columns / tile.threadColumns}u;
  let rowBegin = group.y * ${tile.rows}u;
  let columnBegin = group.x * ${tile.columns}u;
  let begin = group.z * p.stepK;
  let end = select(min(begin + p.stepK, p.K), p.K, p.stepK == 0u);
${all.map(({ o, turn, n }) => o.places(n, turn.first)).join("")}
${unrolled(tile.threadRows, declareSums)}
  var next = begin;
  loop {
    ${isVector(types.a) || isVector(types.b) ? wholeStep : ""}if (next < end) {
${perTurn((o, n) => o.fetch(n, false))}    }
    if (next > begin) {
${isRolled ? rolled : unrolled(depth, (k) => outerProduct(tile, `${k}`))}    }
    if (next >= end) { break; }
    workgroupBarrier();
${perTurn((o, n) => o.put(n))}
    workgroupBarrier();
    next += ${depth}u;
  }
${stores(tile)}`,
  };
}

function isVector(type: string): boolean {
  return type.startsWith("vec4");
}

/** A block of 4 by 4 for each of the threads from..to-1: that of a thread is its number + `first`. */
type Turn = { readonly first: number; readonly from: number; readonly to: number };

/** Which threads fetch which blocks: both operands' at once where they are few, else in turns. */
function assignThreads(blocks: readonly number[], threads: number): Turn[][] {
  let from = 0;
  return blocks.map((count) => {
    if (count < threads) {
      if (from + count > threads) from = 0;
      const turn = { first: -from, from, to: from + count };
      from += count;
      return [turn];
    }
    return Array.from({ length: count / threads }, (_, i) => ({ first: i * threads, from: 0, to: threads }));
  });
}

function guarded({ from, to }: Turn, threads: number, code: string): string {
  if (from === 0 && to === threads) return code;
  const conditions = [...from > 0 ? [`thread >= ${from}u`] : [], ...to < threads ? [`thread < ${to}u`] : []];
  return `  if (${conditions.join(" && ")}) {\n${code}  }\n`;
}

type Operand = ReturnType<typeof operand>;

/** The code that brings an operand, `size` rows or columns of the tile, into workgroup memory. */
function operand(name: "a" | "b", size: number, depth: number, axis: ContiguousAxis, isWide: boolean) {
  const [row, step] = [`p.row${name.toUpperCase()}`, `p.step${name.toUpperCase()}`];
  const [origin, extent] = name === "a" ? ["rowBegin", "M"] : ["columnBegin", "N"];
  const isAlongK = axis === "k";
  const unit = isWide ? 4 : 1;
  const one = (i: number): string => `  if (count > ${i}u) { v.${XYZW[i]} = f32(${name}[place + ${i}u]); }`;
  return {
    blocks: size / 4 * (depth / 4),
    /** fetch4_NAME: 4 elements from a place on, those from `count` on are zero. */
    functions: `fn fetch4_${name}(place: u32, count: u32) -> vec4<f32> {
  var v = vec4<f32>();
${isWide ? `  if (count > 0u) { v = vec4<f32>(${name}[place]); }\n` : unrolled(4, one)}  return v;
}
`,
    /** Variables of a turn: its block, the places in memory (in vec4, if they may be), the fetched values. */
    places(turn: number, first: number): string {
      const id = `${name}${turn}`;
      const block = first < 0 ? `(thread - ${-first}u)` : `(thread + ${first}u)`;
      const [outer, along] = isAlongK
        ? [`${block} / ${depth / 4}u % ${size / 4}u`, `${block} % ${depth / 4}u`]
        : [`${block} % ${size / 4}u`, `${block} / ${size / 4}u % ${depth / 4}u`];
      const base = `p.offset_${name} + group.z * ${step}`;
      const at = `(begin + ${id}_along)`;
      const clamped = (i: number): string => `min(${id}_first + ${i}u, p.${extent} - 1u)`;
      return `  let ${id}_outer = ${outer};
  let ${id}_along = 4u * (${along});
  let ${id}_first = ${origin} + 4u * ${id}_outer;
${
        isAlongK
          ? unrolled(
            4,
            (i) => `  var ${id}_place${i} = (${base} + ${clamped(i)} * ${row} + ${at}) / ${unit}u;`,
          )
          : `  let ${id}_clamped = min(${id}_first, (p.${extent} - 1u) / 4u * 4u);
  let ${id}_count = p.${extent} - ${id}_clamped;
  let ${id}_row = ${row} / ${unit}u;
  var ${id}_place = (${base} + ${id}_clamped + ${at} * ${row}) / ${unit}u;
`
      }${unrolled(4, (i) => `  var ${id}_${i} = vec4<f32>();`)}`;
    },
    /** Fetch from `next` on, and move on; when the step is whole, nothing needs to be checked. */
    fetch(turn: number, isWhole: boolean): string {
      const id = `${name}${turn}`;
      const at = `next + ${id}_along`;
      const place = (i: number): string => isAlongK ? `${id}_place${i}` : `${id}_place + ${i}u * ${id}_row`;
      const count = (i: number): string =>
        isAlongK ? `rest(end, ${at})` : `select(0u, ${isWide ? "1u" : `${id}_count`}, ${at} + ${i}u < end)`;
      const value = (i: number): string =>
        isWhole && isWide ? `vec4<f32>(${name}[${place(i)}])` : `fetch4_${name}(${place(i)}, ${count(i)})`;
      const moves = isAlongK
        ? unrolled(4, (i) => `      ${id}_place${i} += ${depth / unit}u;`)
        : `      ${id}_place += ${depth}u * ${id}_row;\n`;
      return unrolled(4, (i) => `      ${id}_${i} = ${value(i)};`) + moves;
    },
    /** Put what a turn fetched into workgroup memory. */
    put(turn: number): string {
      const id = `${name}${turn}`;
      const values = [0, 1, 2, 3].map((j) => `${id}_${j}`);
      const transposed = (i: number): string =>
        `vec4<f32>(${values.map((v) => `${v}.${XYZW[i]}`).join(", ")})`;
      const value = (i: number): string => isAlongK ? transposed(i) : values[i]!;
      return unrolled(4, (i) => `    tile_${name}[${id}_outer][${id}_along + ${i}u] = ${value(i)};`);
    },
  };
}

function outerProduct({ rows, columns, threadRows, threadColumns }: MatmulTile, k: string): string {
  const groups = threadColumns / 4;
  const add = (row: number, j: number): string =>
    `sum${row}_${j} = fma(vec4<f32>(a${row >> 2}.${XYZW[row & 3]}), b${j}, sum${row}_${j});`;
  return `    {
${unrolled(threadRows / 4, (i) => `      let a${i} = tile_a[ty + ${i * rows / threadRows}u][${k}];`)}${
    unrolled(groups, (j) => `      let b${j} = tile_b[tx + ${j * columns / threadColumns}u][${k}];`)
  }${unrolled(threadRows, (row) => unrolled(groups, (j) => `      ${add(row, j)}`))}    }
`;
}

function stores({ rows, columns, threadRows, threadColumns }: MatmulTile): string {
  const groups = threadColumns / 4;
  const column = (j: number): string => `columnBegin + 4u * (tx + ${j * columns / threadColumns}u)`;
  const storeRow = (row: number): string =>
    `  let row${row} = rowBegin + 4u * (ty + ${(row >> 2) * rows / threadRows}u) + ${row & 3}u;
  if (row${row} < p.M) {
${unrolled(groups, (j) => `    store4(group.z, row${row}, ${column(j)}, sum${row}_${j});`)}  }`;
  return unrolled(threadRows, storeRow);
}

/** store4: 4 columns of a row of c; those from N on are left out. */
function storeFunction(epilogue: MatmulEpilogue, type: string): string {
  const isWide = isVector(type);
  const store = (lane: number, value: string): string => {
    const at = (name: string): string =>
      `${name}[(p.offset_${name} + place) ${isWide ? "/ 4u" : `+ ${lane}u`}]`;
    const code = {
      store: `${at("c")} = ${type}(${value});`,
      accumulate: `${at("c")} += ${value};`,
      blend: `${at("c")} = p.alpha * ${value} + p.beta * ${at("addend")};`,
    }[epilogue];
    return `  if (column + ${lane}u < p.N) { ${code} }`;
  };
  return `fn store4(batch: u32, row: u32, column: u32, value: vec4<f32>) {
  let place = batch * p.stepC + row * p.rowC + column;
${isWide ? store(0, "value") : unrolled(4, (i) => store(i, `value.${XYZW[i]}`))}
}
`;
}
