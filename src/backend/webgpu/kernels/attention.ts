/**
 * Causal attention inside each document, forward: softmax(scale * Q K^T) V with the scores of 32 queries and 32 keys at a time (Dao et al., 2022).
 * Each row keeps the largest score so far and the sum of exponentials relative to it; when a larger one comes, the sums are scaled down.
 */
import type { AttentionOptions, Backend } from "../../mod.ts";
import { elementType, f32, type Gpu, kernelHeader, kernelSource, type Parameter, u32 } from "../kernel.ts";
import type { GpuTensor } from "../memory.ts";
import { ShapeCheck } from "../shape_check.ts";
import { attentionPlan } from "./attention_plan.ts";
import {
  addMixed,
  addScores,
  ATTENTION_FIELDS,
  attentionKernel,
  type AttentionVariant,
  chunksOf,
  declareSums,
  eachColumn,
  exchangeScores,
  type HeadPart,
  headPlace,
  rowsTile,
  sourceType,
  storeSums,
} from "./attention_tiles.ts";
import { dropoutParameters } from "./dropout.ts";

/** Queries, keys and values in qkv. */
export const QUERIES: HeadPart = { tensor: "qkv", part: 0 };
export const KEYS: HeadPart = { tensor: "qkv", part: 1 };
export const VALUES: HeadPart = { tensor: "qkv", part: 2 };

/** out (T, C) and logSumExp (H, T) from qkv (T, 3C); overwrites both. */
export function attentionForward(
  gpu: Gpu,
  ...[out, logSumExp, qkv, documents, options]: Parameters<Backend["attentionForward"]>
): void {
  const check = new ShapeCheck("attentionForward", gpu);
  const [T, C] = check.matrix(out, "out");
  const tensors = [
    check.activation(out, "out", T, C),
    check.floats(logSumExp, "logSumExp", options.heads, T),
    check.activation(qkv, "qkv", T, 3 * C),
  ] as const;
  const longest = check.documents(documents, T);
  if (options.dropout !== null && longest > options.dropoutStride) {
    check.fail(`a document of ${longest} rows, the dropout's stride is ${options.dropoutStride}`);
  }
  const [result, , source] = tensors;
  const variant = attentionVariant(check.headSize(C, options.heads), options, { source, others: [result] });
  const plan = attentionPlan(documents, "before");
  gpu.queue.run(
    kernelSource(
      `attention forward ${variantName(variant)} to ${result.dtype}`,
      () => forwardKernel(variant, elementType(result, variant.width)),
    ),
    [...tensors, plan],
    attentionParameters([T, C], options),
    [options.heads, plan.length / 4, 1],
  );
}

/** Which kernel fits a call: `source` is qkv, `others` are accessed as it is. */
export function attentionVariant(
  headSize: number,
  { dropout }: AttentionOptions,
  { source, others }: { readonly source: GpuTensor; readonly others: readonly GpuTensor[] },
): AttentionVariant {
  const isAligned = [headSize, source.offset, ...others.map(({ offset }) => offset)].every((n) =>
    n % 4 === 0
  );
  return { headSize, hasDropout: dropout !== null, width: isAligned ? 4 : 1, source: source.dtype };
}

/** What distinguishes the variant's text. */
export function variantName({ headSize, hasDropout, width, source }: AttentionVariant): string {
  return `D=${headSize}${hasDropout ? " dropout" : ""} ${source} x${width}`;
}

/** Values of ATTENTION_FIELDS. */
export function attentionParameters(
  [T, C]: readonly [number, number],
  options: AttentionOptions,
): Parameter[] {
  return [
    u32(T),
    u32(C),
    f32(options.scale),
    u32(options.dropoutStride),
    ...dropoutParameters(options.dropout),
  ];
}

function forwardKernel(variant: AttentionVariant, type: string): string {
  const chunks = chunksOf(variant);
  const bindings = [
    ["out", "read_write", type],
    ["logSumExp", "read_write", "f32"],
    ["qkv", "read", sourceType(variant)],
    ["plans", "read", "i32"],
  ] as const;
  const scoreStages = chunks.map((chunk) => ({
    rows: { from: QUERIES, chunk },
    columns: { from: KEYS, chunk },
    compute: `${chunk === 0 ? eachColumn((j) => `s${j} = vec4<f32>();`) : ""}${
      addScores("s", rowsTile(variant, 0), variant, chunk)
    }${chunk === chunks.length - 1 ? LARGEST : ""}`,
  }));
  const valueStages = chunks.map((chunk) => ({
    columns: { from: VALUES, chunk },
    ...(chunk === 0 ? { exchange: probabilities(variant) } : {}),
    compute: addMixed("o", chunk),
  }));
  return kernelHeader({ parameters: ATTENTION_FIELDS, bindings }) + attentionKernel(variant, {
    bindings,
    declarations: `
const LEAST = -1e30;
var<workgroup> rowParts: array<array<vec4<f32>, 8>, 8>; // [ty][tx]: four rows
`,
    residentRows: [QUERIES],
    setup: `  var largest = vec4<f32>(LEAST);\n  var sum = vec4<f32>(); // of this thread's columns\n${
      declareSums("o", variant)
    }`,
    columns: ["document_begin", "block_end"],
    stages: [...scoreStages, ...valueStages],
    finish: `
  rowParts[ty][tx] = sum;
  workgroupBarrier();
  let total = ${parts((i) => `rowParts[ty][${i}]`, (a, b) => `(${a} + ${b})`)};
${
      storeSums("o", variant, {
        tensor: "out",
        place: (row) => headPlace({ tensor: "dOut" }, row, variant.headSize),
        value: (sum, i) => `${sum} / total.${"xyzw"[i]}`,
        type,
      })
    }
  if (tx == 0u) {
    let result = largest + log(total);
${
      ["x", "y", "z", "w"].map((i) =>
        `    if (row.${i} < block_end) { logSumExp[p.offset_logSumExp + head * p.T + row.${i}] = result.${i}; }\n`
      ).join("")
    }  }
`,
  });
}

/** Scores of keys after the query become LEAST; the thread's largest of each row is told to the others. */
const LARGEST = `${
  eachColumn((j) =>
    `s${j} = select(vec4<f32>(LEAST), p.scale * s${j}, vec4<u32>(column_begin + column${j}) <= row);`
  )
}    rowParts[ty][tx] = max(max(s0, s1), max(s2, s3));
`;

/** Probabilities relative to the largest score so far; what was summed before is scaled to it. */
function probabilities(variant: AttentionVariant): string {
  const sums = chunksOf(variant).flatMap((c) =>
    [0, 1, 2, 3].map((i) => `    o_${c}_${i} *= scaling.${"xyzw"[i]};\n`)
  );
  const key = (j: number): string => `vec4<u32>(column_begin + column${j} - document_begin)`;
  return `    let before = largest;
    largest = max(largest, ${parts((i) => `rowParts[ty][${i}]`, (a, b) => `max(${a}, ${b})`)});
    let scaling = exp(before - largest);
${sums.join("")}${
    eachColumn((j) => `s${j} = exp(s${j} - largest);`)
  }    sum = sum * scaling + ((s0 + s1) + (s2 + s3));
${exchangeScores((j) => variant.hasDropout ? `s${j} * keep4(head, row, ${key(j)})` : `s${j}`)}`;
}

/** Eight parts joined in a tree. */
function parts(part: (i: number) => string, join: (a: string, b: string) => string): string {
  let level = Array.from({ length: 8 }, (_, i) => part(i));
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, i) => join(level[2 * i]!, level[2 * i + 1]!));
  }
  return level[0]!;
}
