/**
 * Causal attention inside each document, forward: softmax(scale * Q K^T) V with the scores of 32 queries and
 * 32 keys at a time (Dao et al., 2022). Each row keeps the largest score so far and the sum of exponentials
 * relative to it; when a larger one comes, the sums are scaled down.
 */
import { type Gpu, type Inputs, ShapeCheck } from "../gpu.ts";
import { elementType, kernel, type KernelText, XYZW } from "../kernel.ts";
import * as tiles from "./attention_tiles.ts";

/** out (T, C) and logSumExp (H, T) from qkv (T, 3C); overwrites both. */
export function attentionForward(
  gpu: Gpu,
  ...[out, logSumExp, qkv, documents, options]: Inputs<"attentionForward">
): void {
  const check = new ShapeCheck("attentionForward", gpu);
  const [T, C] = check.matrix(out, "out");
  const result = check.activation(out, "out", T, C);
  const logs = check.floats(logSumExp, "logSumExp", options.heads, T);
  const source = check.activation(qkv, "qkv", T, 3 * C);
  const longest = check.documents(documents, T);
  if (options.dropout !== null && longest > options.dropoutStride) {
    check.fail(`a document of ${longest} rows, the dropout's stride is ${options.dropoutStride}`);
  }
  const variant = tiles.attentionVariant(check.headSize(C, options.heads), options, source, [result]);
  const type = elementType(result, variant.width);
  const plan = tiles.attentionPlan(documents, "before");
  gpu.queue.run(
    kernel(`attention forward ${variant.name} to ${result.dtype}`, () => forwardKernel(variant, type)),
    [result, logs, source, plan],
    tiles.attentionNumbers([T, C], options),
    [options.heads, plan.length / 4],
  );
}

function forwardKernel(variant: tiles.AttentionVariant, type: string): KernelText {
  return tiles.attentionKernel(variant, {
    bindings: `rw out: ${type}, rw logSumExp: f32, qkv: ${variant.types.qkv}, plans: i32`,
    declarations: `const LEAST = -1e30;
var<workgroup> rowParts: array<array<vec4<f32>, 8>, 8>; // [ty][tx]: four rows`,
    residentRows: [tiles.QUERIES],
    setup: `  var largest = vec4<f32>(LEAST);
  var sum = vec4<f32>(); // of this thread's columns
${tiles.declareSums("o", variant)}`,
    columns: ["document_begin", "block_end"],
    stages: [
      ...tiles.scoreStages(variant, "s", [tiles.QUERIES, tiles.KEYS], { last: LARGEST }),
      ...tiles.mixStages(variant, "o", probabilities(variant), tiles.VALUES),
    ],
    finish: `
  rowParts[ty][tx] = sum;
  workgroupBarrier();
  let total = ${joinedParts((a, b) => `(${a} + ${b})`)};
${tiles.storeSums("o", variant, tiles.GRADIENT, (sum, i) => `${sum} / total.${XYZW[i]}`)}
  if (tx == 0u) {
    let result = largest + log(total);
    let place = p.offset_logSumExp + head * p.T;
${
      XYZW.map((i) => `    if (row.${i} < block_end) { logSumExp[place + row.${i}] = result.${i}; }\n`).join(
        "",
      )
    }  }`,
  });
}

/** Scores of keys after the query become LEAST; the thread's largest of each row is told to the others. */
const LARGEST = `${
  tiles.eachColumn((j) =>
    `s${j} = select(vec4<f32>(LEAST), p.scale * s${j}, vec4<u32>(column_begin + column${j}) <= row);`
  )
}    rowParts[ty][tx] = max(max(s0, s1), max(s2, s3));
`;

/** Probabilities relative to the largest score so far; what was summed before is scaled to it. */
function probabilities({ chunks, hasDropout }: tiles.AttentionVariant): string {
  const scaled = chunks.map((c) => tiles.eachColumn((i) => `o_${c}_${i} *= scaling.${XYZW[i]};`));
  const key = (j: number): string => `vec4<u32>(column_begin + column${j} - document_begin)`;
  return `    let before = largest;
    largest = max(largest, ${joinedParts((a, b) => `max(${a}, ${b})`)});
    let scaling = exp(before - largest);
${scaled.join("")}${tiles.eachColumn((j) => `s${j} = exp(s${j} - largest);`)}
    sum = sum * scaling + ((s0 + s1) + (s2 + s3));
${tiles.exchangeScores((j) => hasDropout ? `s${j} * keep4(head, row, ${key(j)})` : `s${j}`)}`;
}

/** The eight threads' parts of a row, joined in a tree. */
function joinedParts(join: (a: string, b: string) => string): string {
  let level = Array.from({ length: 8 }, (_, i) => `rowParts[ty][${i}]`);
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, i) => join(level[2 * i]!, level[2 * i + 1]!));
  }
  return level[0]!;
}
