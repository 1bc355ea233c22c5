// The mixture of the vocabulary's distribution and of copies of earlier tokens, in two kernels: each row's
// loss, with what its gradient needs; the gradients of queries, over the rows before, and of keys, over the
// rows after. Scores are computed again rather than kept.
import { type Gpu, type Inputs, ShapeCheck } from "../gpu.ts";
import { type Kernel, kernel, softmaxParts } from "../kernel.ts";

/** Other rows that a workgroup takes at once, and its threads. */
const TURN = 64;

// losses (T), those of the vocabulary, become those of the mixture; rowScales (T) are multiplied by the
// vocabulary's share; dProjected (T, 2D + 1) is overwritten.
export function pointerMixture(gpu: Gpu, ...inputs: Inputs<"pointerMixture">): void {
  const [losses, projected, { tokens, targets, documents }, options, gradients] = inputs;
  const check = new ShapeCheck("pointerMixture", gpu);
  const [T, width] = check.matrix(projected, "projected");
  const D = (width - 1) / 2;
  if (!Number.isInteger(D) || D < 1) check.fail(`projected has ${width} columns, expected 3, 5, 7, …`);
  check.documents(documents, T);
  const any = [-(2 ** 31), 2 ** 31] as const;
  const token = check.integers(tokens, "tokens", T, any).integers;
  const rows = rowPlan(documents.bounds, token, check.integers(targets, "targets", T, any).integers);
  const loss = check.elements(losses, "losses", T);
  const x = check.floats(projected, "projected", T, width);
  const scales = gradients === null ? [] : [check.elements(gradients.rowScales, "rowScales", T)];
  const dProjected = gradients && check.floats(gradients.dProjected, "dProjected", T, width);
  if (T === 0) return;
  const { scale, ownScore, floor } = options;
  using _scope = gpu.memory.scope();
  const stats = gpu.memory.allocate([T, 4]);
  const bindings = [loss, stats, x, rows, ...scales];
  gpu.queue.run(lossKernel(gradients !== null), bindings, [T, D, scale, ownScore, floor], T);
  if (dProjected === null) return;
  gpu.queue.run(gradientKernel(Math.ceil(D / TURN)), [dProjected, x, stats, rows], [T, D, scale], 2 * T);
}

/** Four numbers a row: first row of its document, the one after the last, target, the token that follows. */
function rowPlan(bounds: Int32Array, tokens: Int32Array, targets: Int32Array): Int32Array {
  const plan = new Int32Array(4 * tokens.length);
  for (let d = 0; d + 1 < bounds.length; d++) {
    const [begin, end] = [bounds[d]!, bounds[d + 1]!];
    for (let t = begin; t < end; t++) {
      plan.set([begin, end, targets[t]!, t + 1 < end ? tokens[t + 1]! : -1], 4 * t);
    }
  }
  return plan;
}

/** Of row t's query and row j's key, times the scale. */
const SCORE = `
fn score(t: u32, j: u32) -> f32 {
  let query = p.offset_projected + t * (2u * p.D + 1u);
  let key = p.offset_projected + j * (2u * p.D + 1u) + p.D;
  var dot = 0.0;
  for (var c = 0u; c < p.D; c++) { dot += projected[query + c] * projected[key + c]; }
  return p.scale * dot;
}
`;

// A workgroup a row; the second sum of softmaxParts is the target's part. stats (T, 4): the logarithm of the
// denominator, rowScale / (p + floor), p, the own score's gradient.
function lossKernel(hasGradients: boolean): Kernel {
  const scales = hasGradients ? ", rw rowScales: f32" : "";
  const shares = `
  let factor = rowScales[p.offset_rowScales + t] / (probability + p.floor);
  stats[stat + 1u] = factor;
  stats[stat + 3u] = factor * share * (probability - vocabulary);
  rowScales[p.offset_rowScales + t] = factor * share * vocabulary;`;
  return kernel(`pointer's losses${hasGradients ? " and shares" : ""}`, () => ({
    parameters: "T: u32, D: u32, scale: f32, ownScore: f32, floor: f32",
    bindings: `rw losses: f32, rw stats: f32, projected: f32, rows: i32${scales}`,
    threads: TURN,
    lanes: TURN,
    declarations: softmaxParts(2, TURN) + SCORE,
    main: `let t = min(item, p.T - 1u);
  let plan = p.offset_rows + 4u * t;
  let label = rows[plan + 2u];
  var part = vec3<f32>(-1e30, 0.0, 0.0);
  for (var j = u32(rows[plan]) + thread; j < t; j += ${TURN}u) {
    let isHit = rows[p.offset_rows + 4u * j + 3u] == label;
    part = join(part, vec3<f32>(score(t, j), 1.0, select(0.0, 1.0, isHit)));
  }
  let copies = joinAll(part, thread);
  if (thread != 0u || item >= p.T) { return; }
  let loss = p.offset_losses + t;
  let stat = p.offset_stats + 4u * t;
  if (label < 0) {
    losses[loss] = 0.0;
    stats[stat] = 1e30; // no weight
    for (var i = 1u; i < 4u; i++) { stats[stat + i] = 0.0; }
${hasGradients ? "    rowScales[p.offset_rowScales + t] = 0.0;" : ""}
    return;
  }
  let own = projected[p.offset_projected + t * (2u * p.D + 1u) + 2u * p.D] + p.ownScore;
  let all = join(copies, vec3<f32>(own, 1.0, 0.0));
  let share = exp(own - all.x) / all.y;
  let vocabulary = exp(-losses[loss]);
  let probability = share * vocabulary + all.z / all.y;
  losses[loss] = -log(probability + p.floor);
  stats[stat] = all.x + log(all.y);
  stats[stat + 2u] = probability;
${hasGradients ? shares : ""}`,
  }));
}

// A workgroup a query or a key: the sum over its scores' gradients times the other side. A thread has `parts`
// columns: every 64th.
function gradientKernel(parts: number): Kernel {
  return kernel(`pointer's gradient, ${parts} columns a thread`, () => ({
    parameters: "T: u32, D: u32, scale: f32",
    bindings: "rw dProjected: f32, projected: f32, stats: f32, rows: i32",
    threads: TURN,
    lanes: TURN,
    declarations: `var<workgroup> dScores: array<f32, ${TURN}>;
${SCORE}
fn dScore(t: u32, j: u32) -> f32 {
  let stat = p.offset_stats + 4u * t;
  let isHit = rows[p.offset_rows + 4u * j + 3u] == rows[p.offset_rows + 4u * t + 2u];
  let weight = exp(score(t, j) - stats[stat]);
  return stats[stat + 1u] * weight * (stats[stat + 2u] - select(0.0, 1.0, isHit));
}`,
    main: `let row = min(item / 2u, p.T - 1u);
  let isKey = item % 2u;
  let first = select(u32(rows[p.offset_rows + 4u * row]), row + 1u, isKey == 1u);
  let end = select(row, u32(rows[p.offset_rows + 4u * row + 1u]), isKey == 1u);
  var sums: array<f32, ${parts}>;
  for (var begin = first; begin < end; begin += ${TURN}u) {
    let other = begin + thread;
    if (other < end) {
      let pair = select(vec2<u32>(row, other), vec2<u32>(other, row), isKey == 1u);
      dScores[thread] = dScore(pair.x, pair.y);
    }
    workgroupBarrier();
    for (var i = 0u; i < min(${TURN}u, end - begin); i++) {
      let side = p.offset_projected + (begin + i) * (2u * p.D + 1u) + (1u - isKey) * p.D;
      for (var k = 0u; k < ${parts}u; k++) {
        let c = thread + k * ${TURN}u;
        if (c < p.D) { sums[k] += dScores[i] * projected[side + c]; }
      }
    }
    workgroupBarrier();
  }
  if (item >= 2u * p.T) { return; }
  let out = p.offset_dProjected + row * (2u * p.D + 1u);
  for (var k = 0u; k < ${parts}u; k++) {
    let c = thread + k * ${TURN}u;
    if (c >= p.D) { break; }
    dProjected[out + isKey * p.D + c] = p.scale * sums[k];
  }
  if (thread == 0u && isKey == 0u) { dProjected[out + 2u * p.D] = stats[p.offset_stats + 4u * row + 3u]; }`,
  }));
}
