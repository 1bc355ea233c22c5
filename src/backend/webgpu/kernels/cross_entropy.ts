// Cross-entropy with the output projection, a block of rows at a time, as many as fit into LOGITS: all logits
// never exist at once. logits (R, V) = hidden (R, C) @ table (V, C)^T, losses (R) = -log softmax at targets;
// then the logits become their gradient rowScales * (softmax - [target]), in place, and
// dHidden (R, C) = dLogits @ table, dTable (V, C) += dLogits^T @ hidden.
import { type Gpu, type Inputs, ShapeCheck } from "../gpu.ts";
import { type Kernel, kernel, softmaxParts, THREADS } from "../kernel.ts";
import type { GpuTensor } from "../memory.ts";
import { matmul, matrix } from "./matmul.ts";

/** Logits that exist at once: 8 MiB. */
const LOGITS = 2 ** 21;
/** A large tile's, of which a block's are a multiple. */
const ROWS = 64;

/** Losses are 0 where the target is negative; dHidden is overwritten, dTable accumulates. */
export function crossEntropyHead(
  gpu: Gpu,
  ...inputs: [...head: Inputs<"crossEntropyHead">, mostLogits?: number]
): void {
  const [losses, hidden, table, targets, gradients, mostLogits = LOGITS] = inputs;
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
    matmul(gpu, { sizes: [R, V, C], c: matrix(logits), a: matrix(rows(x)), b: matrix(e) });
    const scales = rowScales === null ? [] : [rowScales];
    gpu.queue.run(softmaxRowsKernel(rowScales !== null), [loss, logits, target, ...scales], [first, R, V], R);
    if (dHidden === null || dTable === null) continue;
    const a = matrix(logits); // zeros beyond V
    matmul(gpu, { sizes: [R, C, V], c: matrix(rows(dHidden)), a, b: matrix(e, "outer") });
    const [left, right] = [matrix(logits, "outer"), matrix(rows(x), "outer")];
    matmul(gpu, { sizes: [V, C, R], c: matrix(dTable), a: left, b: right, epilogue: "accumulate" });
  }
}

/** T rows in blocks of about the same size, of about `most` rows at most. */
function rowsOfBlock(T: number, most: number): number {
  const blocks = Math.ceil(T / (Math.max(1, Math.floor(most / ROWS)) * ROWS));
  return Math.max(1, Math.ceil(T / Math.max(1, blocks) / ROWS)) * ROWS;
}

/** Losses of R rows of logits, which become their gradient when there are scales: a workgroup a row. */
function softmaxRowsKernel(hasGradient: boolean): Kernel {
  const gradient = `
  storageBarrier(); // the target's logit has been read
  let scale = rowScales[p.offset_rowScales + p.first + item];
  let factor = select(scale / total.y, 0.0, target_column < 0);
  for (var i = thread; i < quads; i += ${THREADS}u) {
    let column = 4u * i + vec4<u32>(0u, 1u, 2u, 3u);
    var d = factor * exp(logits[row + i] - vec4<f32>(total.x));
    d -= select(vec4<f32>(), vec4<f32>(scale), column == vec4<u32>(bitcast<u32>(target_column)));
    logits[row + i] = select(vec4<f32>(), d, column < vec4<u32>(p.V));
  }`;
  return kernel(`cross-entropy losses${hasGradient ? " and gradient" : ""}`, () => ({
    parameters: "first: u32, R: u32, V: u32",
    bindings: hasGradient
      ? "rw losses: f32, rw logits: vec4<f32>, targets: i32, rowScales: f32"
      : "rw losses: f32, logits: vec4<f32>, targets: i32",
    lanes: THREADS,
    declarations: `const LEAST = -1e30;${softmaxParts(1, THREADS)}`,
    main: `let quads = (p.V + 3u) / 4u;
  let row = p.offset_logits / 4u + item * quads;
  let target_column = targets[p.offset_targets + p.first + item];
  var part = vec2<f32>(LEAST, 0.0);
  for (var i = thread; i < quads; i += ${THREADS}u) {
    let column = 4u * i + vec4<u32>(0u, 1u, 2u, 3u);
    let x = select(vec4<f32>(LEAST), logits[row + i], column < vec4<u32>(p.V));
    let m = max(part.x, max(max(x.x, x.y), max(x.z, x.w)));
    let e = exp(x - vec4<f32>(m));
    part = vec2<f32>(m, part.y * exp(part.x - m) + ((e.x + e.y) + (e.z + e.w)));
  }
  let total = joinAll(part, thread);
  if (item >= p.R) { return; }
  if (thread == 0u) {
    var loss = 0.0;
    if (target_column >= 0) {
      let at = u32(target_column);
      loss = log(total.y) - (logits[row + at / 4u][at % 4u] - total.x);
    }
    losses[p.offset_losses + p.first + item] = loss;
  }${hasGradient ? gradient : ""}`,
  }));
}
