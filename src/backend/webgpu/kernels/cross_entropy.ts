/**
 * Cross-entropy with the output projection, a block of rows at a time, so that the logits of all rows never exist at once:
 *
 *     logits (R, V) = hidden (R, C) @ table (V, C)^T
 *     losses (R)    = -log softmax(logits)[targets];  logits become their own gradient, rowScales * (softmax - [target]), in place
 *     dHidden (R, C) = dLogits @ table;  dTable (V, C) += dLogits^T @ hidden
 *
 * Three products, as many as there must be: keeping a few columns of the vocabulary for all rows instead would compute every logit twice. The
 * rows of a block are as many as fit into {@linkcode LOGITS}, so the memory is the same for any batch.
 */
import type { Backend } from "../../mod.ts";
import { type Gpu, kernelHeader, kernelSource, THREADS, u32 } from "../kernel.ts";
import type { GpuTensor } from "../memory.ts";
import { ShapeCheck } from "../shape_check.ts";
import { matmul } from "./matmul.ts";

/** Logits that exist at once: 8 MiB. */
const LOGITS = 2 ** 21;
/** Rows of a block are a multiple of this, a large tile's. */
const ROWS = 64;

/**
 * losses (T) = -log softmax(hidden (T, C) @ table (V, C)^T)[targets], 0 where the target is negative; overwrites. With gradients, dHidden (T, C) is
 * overwritten and dTable (V, C) accumulates those of the sum of rowScales (T) * losses.
 *
 * @param mostLogits that exist at once, as long as a block has 64 rows
 */
export function crossEntropyHead(
  gpu: Gpu,
  ...[losses, hidden, table, targets, gradients, mostLogits = LOGITS]: [
    ...head: Parameters<Backend["crossEntropyHead"]>,
    mostLogits?: number,
  ]
): void {
  const check = new ShapeCheck("crossEntropyHead", gpu);
  const [[T, C], [V]] = [check.matrix(hidden, "hidden"), check.matrix(table, "table")];
  const [x, e] = [check.floats(hidden, "hidden", T, C), check.floats(table, "table", V, C)];
  const loss = check.floats(losses, "losses", T);
  const target = check.integers(targets, "targets", T, [-(2 ** 31), V]);
  const dHidden = gradients && check.floats(gradients.dHidden, "dHidden", T, C);
  const dTable = gradients && check.floats(gradients.dTable, "dTable", V, C);
  const rowScales = gradients && check.elements(gradients.rowScales, "rowScales", T);
  const rowLength = Math.ceil(V / 4) * 4;
  const blockRows = rowsOfBlock(T, mostLogits / rowLength);
  using _scope = gpu.memory.scope();
  const logits = gpu.memory.allocate([Math.min(T, blockRows), rowLength]);
  for (let first = 0; first < T; first += blockRows) {
    const R = Math.min(blockRows, T - first);
    const rows = (tensor: GpuTensor): GpuTensor => gpu.memory.view(tensor, first * C, [R, C]);
    matmul(gpu, {
      sizes: [R, V, C],
      c: { tensor: logits, row: rowLength },
      a: { tensor: rows(x), row: C, axis: "k" },
      b: { tensor: e, row: C, axis: "k" },
    });
    softmaxRows(gpu, { logits, loss, target, first, sizes: [R, V], rowScales });
    if (dHidden === null || dTable === null) continue;
    matmul(gpu, {
      sizes: [R, C, V],
      c: { tensor: rows(dHidden), row: C },
      a: { tensor: logits, row: rowLength, axis: "k" }, // zeros beyond V
      b: { tensor: e, row: C, axis: "outer" },
    });
    matmul(gpu, {
      sizes: [V, C, R],
      c: { tensor: dTable, row: C },
      a: { tensor: logits, row: rowLength, axis: "outer" },
      b: { tensor: rows(x), row: C, axis: "outer" },
      epilogue: "accumulate",
    });
  }
}

/** T rows in blocks of about the same size, of about `most` rows at most. */
function rowsOfBlock(T: number, most: number): number {
  const blocks = Math.ceil(T / (Math.max(1, Math.floor(most / ROWS)) * ROWS));
  return Math.max(1, Math.ceil(T / Math.max(1, blocks) / ROWS)) * ROWS;
}

/** Losses of R rows of logits, whose place then takes their gradient, when there are scales. */
function softmaxRows(
  gpu: Gpu,
  { logits, loss, target, first, sizes: [R, V], rowScales }: {
    readonly logits: GpuTensor;
    readonly loss: GpuTensor;
    readonly target: GpuTensor;
    readonly first: number;
    readonly sizes: readonly [number, number];
    readonly rowScales: GpuTensor | null;
  },
): void {
  const kernel = rowScales === null
    ? kernelSource("cross-entropy losses", () => softmaxRowsKernel(false))
    : kernelSource("cross-entropy losses and gradient", () => softmaxRowsKernel(true));
  const scales = rowScales === null ? [] : [rowScales];
  gpu.queue.run(kernel, [loss, logits, target, ...scales], [u32(first), u32(V)], [R, 1, 1]);
}

/**
 * A workgroup a row. Each thread keeps the largest logit m and the sum s of exp(logit - m) of its own columns; two threads' (m, s) become one by
 * scaling the sums to the larger m, in a fixed tree.
 */
function softmaxRowsKernel(hasGradient: boolean): string {
  const header = kernelHeader({
    parameters: "first: u32, V: u32",
    bindings: [
      ["losses", "read_write", "f32"],
      ["logits", hasGradient ? "read_write" : "read", "vec4<f32>"],
      ["targets", "read", "i32"],
      ...(hasGradient ? [["rowScales", "read", "f32"] as const] : []),
    ],
  });
  const halves = Array.from({ length: Math.log2(THREADS) }, (_, i) => THREADS >> (i + 1));
  const gradient = `  let scale = rowScales[p.offset_rowScales + p.first + group.x];
  let factor = select(scale / total.y, 0.0, target_column < 0);
  for (var i = thread; i < quads; i += ${THREADS}u) {
    let column = 4u * i + vec4<u32>(0u, 1u, 2u, 3u);
    var d = factor * exp(logits[row + i] - vec4<f32>(total.x));
    d -= select(vec4<f32>(), vec4<f32>(scale), column == vec4<u32>(bitcast<u32>(target_column)));
    logits[row + i] = select(vec4<f32>(), d, column < vec4<u32>(p.V));
  }`;
  return `${header}
const LEAST = -1e30;
var<workgroup> parts: array<vec2<f32>, ${THREADS}>;

fn join(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let m = max(a.x, b.x);
  return vec2<f32>(m, a.y * exp(a.x - m) + b.y * exp(b.x - m));
}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let quads = (p.V + 3u) / 4u;
  let row = p.offset_logits / 4u + group.x * quads;
  let target_column = targets[p.offset_targets + p.first + group.x];
  var part = vec2<f32>(LEAST, 0.0);
  for (var i = thread; i < quads; i += ${THREADS}u) {
    let column = 4u * i + vec4<u32>(0u, 1u, 2u, 3u);
    let x = select(vec4<f32>(LEAST), logits[row + i], column < vec4<u32>(p.V));
    let m = max(part.x, max(max(x.x, x.y), max(x.z, x.w)));
    let e = exp(x - vec4<f32>(m));
    part = vec2<f32>(m, part.y * exp(part.x - m) + ((e.x + e.y) + (e.z + e.w)));
  }
  parts[thread] = part;
${
    halves.map((half) =>
      `  workgroupBarrier();
  if (thread < ${half}u) { parts[thread] = join(parts[thread], parts[thread + ${half}u]); }
`
    ).join("")
  }  workgroupBarrier();
  let total = parts[0];
  if (thread == 0u) {
    var loss = 0.0;
    if (target_column >= 0) {
      let at = u32(target_column);
      loss = log(total.y) - (logits[row + at / 4u][at % 4u] - total.x);
    }
    losses[p.offset_losses + p.first + group.x] = loss;
  }${
    hasGradient
      ? `
  storageBarrier(); // the target's logit has been read
${gradient}`
      : ""
  }
}
`;
}
