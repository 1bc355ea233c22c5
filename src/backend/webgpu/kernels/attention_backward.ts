/**
 * The gradient of attention, from each row's log-sum-exp, without stored scores. With P = exp(scale * Q K^T - logSumExp), K the dropout's factors
 * and delta = sum of dOut * out over a head's columns:
 *
 *     dP = dOut V^T;   dS = scale * P * (K * dP - delta);   dQ = dS K;   dK = dS^T Q;   dV = (K * P)^T dOut
 *
 * Two kernels, because each must own what it adds to: dQ a block of queries at a time, dK and dV a block of keys at a time. Scores and dP are
 * computed in both: 7 products of tiles where 5 would do if sums could be added to by many (in an order that differs from run to run).
 */
import type { Backend } from "../../mod.ts";
import { elementType, type Gpu, kernelHeader, kernelSource, THREADS, u32 } from "../kernel.ts";
import { ShapeCheck } from "../shape_check.ts";
import { attentionParameters, attentionVariant, KEYS, QUERIES, VALUES, variantName } from "./attention.ts";
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
  floatType,
  type HeadPart,
  headPlace,
  rowsTile,
  sourceType,
  type Stage,
  storeSums,
} from "./attention_tiles.ts";
import { flatGroups, flatMain } from "./flat_kernel.ts";

const GRADIENT: HeadPart = { tensor: "dOut" };

/** dQkv (T, 3C); overwrites. */
export function attentionBackward(
  gpu: Gpu,
  ...[dQkv, dOut, out, logSumExp, qkv, documents, options]: Parameters<Backend["attentionBackward"]>
): void {
  const check = new ShapeCheck("attentionBackward", gpu);
  const [T, C] = check.matrix(dOut, "dOut");
  const { heads } = options;
  const [gradient, result] = [check.floats(dOut, "dOut", T, C), check.activation(out, "out", T, C)];
  const target = check.floats(dQkv, "dQkv", T, 3 * C);
  const source = check.activation(qkv, "qkv", T, 3 * C);
  const logs = check.floats(logSumExp, "logSumExp", heads, T);
  check.documents(documents, T);
  const headSize = check.headSize(C, heads);
  const variant = attentionVariant(headSize, options, { source, others: [gradient, target] });
  using _scope = gpu.memory.scope();
  const delta = gpu.memory.allocate([heads, T]);
  gpu.queue.run(
    kernelSource(`attention delta ${result.dtype}`, () => deltaKernel(elementType(result))),
    [delta, gradient, result],
    [u32(T), u32(heads), u32(headSize)],
    flatGroups(gpu, Math.ceil(T * heads / THREADS)),
  );
  const run = (name: string, text: (variant: AttentionVariant) => string, plan: Int32Array): void =>
    gpu.queue.run(
      kernelSource(`attention backward ${name} ${variantName(variant)}`, () => text(variant)),
      [target, source, gradient, logs, delta, plan],
      attentionParameters([T, C], options),
      [heads, plan.length / 4, 1],
    );
  run("queries", queriesKernel, attentionPlan(documents, "before"));
  run("keys", keysKernel, attentionPlan(documents, "after"));
}

/** delta (H, T): a thread a head of a row. */
function deltaKernel(type: string): string {
  return `${
    kernelHeader({
      parameters: "T: u32, H: u32, D: u32",
      bindings: [["delta", "read_write", "f32"], ["dOut", "read", "f32"], ["out", "read", type]],
    })
  }${flatMain(THREADS)} {
  let i = flatGroup(group, groups) * ${THREADS}u + thread;
  if (i >= p.T * p.H) { return; }
  var sum = 0.0;
  for (var d = 0u; d < p.D; d++) {
    let k = i * p.D + d;
    sum = fma(dOut[p.offset_dOut + k], f32(out[p.offset_out + k]), sum);
  }
  delta[p.offset_delta + i % p.H * p.T + i / p.H] = sum;
}
`;
}

/** Rows are queries, columns keys. */
function queriesKernel(variant: AttentionVariant): string {
  const chunks = chunksOf(variant);
  const last = chunks.length - 1;
  const keep = (j: number): string =>
    variant.hasDropout ? `keep4(head, row, vec4<u32>(column_begin + column${j} - document_begin)) * ` : "";
  const stages: Stage[] = [
    ...chunks.map((chunk) => ({
      rows: { from: GRADIENT, chunk },
      columns: { from: VALUES, chunk },
      compute: clear("d", chunk) + addScores("d", rowsTile(variant, 1), variant, chunk),
    })),
    ...chunks.map((chunk) => ({
      rows: { from: QUERIES, chunk },
      columns: { from: KEYS, chunk },
      compute: clear("s", chunk) + addScores("s", rowsTile(variant, 0), variant, chunk) +
        (chunk < last
          ? ""
          : eachColumn((j) =>
            `s${j} = select(vec4<f32>(), exp(p.scale * s${j} - logs), vec4<u32>(column_begin + column${j}) <= row);
    s${j} *= p.scale * (${keep(j)}d${j} - deltas);`
          )),
    })),
    // With one chunk the keys still lie in workgroup memory.
    ...chunks.map((chunk) => ({
      ...(last === 0 ? {} : { columns: { from: KEYS, chunk } }),
      ...(chunk === 0 ? { exchange: exchangeScores((j) => `s${j}`) } : {}),
      compute: addMixed("o", chunk),
    })),
  ];
  return backwardKernel(variant, {
    residentRows: [QUERIES, GRADIENT],
    columns: ["document_begin", "block_end"],
    setup: `${declareSums("o", variant)}
  let known = head * p.T + min(row, vec4<u32>(block_end - 1u));
  let logs = ${gather("logSumExp", "known")};
  let deltas = ${gather("delta", "known")};
`,
    stages,
    finish: storeSums("o", variant, {
      tensor: "dQkv",
      place: (row) => headPlace(QUERIES, row, variant.headSize),
      value: (sum) => sum,
      type: floatType(variant),
    }),
  });
}

/** Rows are keys, columns queries. */
function keysKernel(variant: AttentionVariant): string {
  const chunks = chunksOf(variant);
  const last = chunks.length - 1;
  const { hasDropout } = variant;
  const stages: Stage[] = [
    ...chunks.map((chunk) => ({
      rows: { from: KEYS, chunk },
      columns: { from: QUERIES, chunk },
      compute: clear("s", chunk) + addScores("s", rowsTile(variant, 0), variant, chunk) +
        (chunk < last ? "" : eachColumn((j) =>
          `let query${j} = column_begin + column${j};
    let known${j} = head * p.T + min(query${j}, document_end - 1u);
    s${j} = exp(p.scale * s${j} - vec4<f32>(logSumExp[p.offset_logSumExp + known${j}]));
    s${j} = select(vec4<f32>(), s${j}, (row <= vec4<u32>(query${j})) & vec4<bool>(query${j} < document_end));
    delta${j} = delta[p.offset_delta + known${j}];${
            hasDropout ? `\n    k${j} = keep4(head, vec4<u32>(query${j}), row - document_begin);` : ""
          }`
        )),
    })),
    ...chunks.map((chunk) => ({
      rows: { from: VALUES, chunk },
      columns: { from: GRADIENT, chunk },
      ...(chunk === 0 ? { exchange: exchangeScores((j) => hasDropout ? `k${j} * s${j}` : `s${j}`) } : {}),
      compute: clear("d", chunk) + addScores("d", rowsTile(variant, 1), variant, chunk) +
        addMixed("dv", chunk) +
        (chunk < last
          ? ""
          : eachColumn((j) =>
            `s${j} *= p.scale * (${hasDropout ? `k${j} * ` : ""}d${j} - vec4<f32>(delta${j}));`
          )),
    })),
    ...chunks.map((chunk) => ({
      columns: { from: QUERIES, chunk },
      ...(chunk === 0 ? { exchange: exchangeScores((j) => `s${j}`) } : {}),
      compute: addMixed("dk", chunk),
    })),
  ];
  const store = (name: string, from: HeadPart): string =>
    storeSums(name, variant, {
      tensor: "dQkv",
      place: (row) => headPlace(from, row, variant.headSize),
      value: (sum) => sum,
      type: floatType(variant),
    });
  return backwardKernel(variant, {
    residentRows: [KEYS, VALUES],
    columns: ["block_begin", "document_end"],
    setup: declareSums("dk", variant) + declareSums("dv", variant) +
      eachColumn((j) => `var delta${j} = 0.0;`) + (hasDropout
        ? eachColumn((j) => `var k${j} = vec4<f32>();`)
        : ""),
    stages,
    finish: store("dk", KEYS) + store("dv", VALUES),
  });
}

function backwardKernel(
  variant: AttentionVariant,
  kernel: Omit<Parameters<typeof attentionKernel>[1], "bindings">,
): string {
  const type = floatType(variant);
  const bindings = [
    ["dQkv", "read_write", type],
    ["qkv", "read", sourceType(variant)],
    ["dOut", "read", type],
    ["logSumExp", "read", "f32"],
    ["delta", "read", "f32"],
    ["plans", "read", "i32"],
  ] as const;
  return kernelHeader({ parameters: ATTENTION_FIELDS, bindings }) + attentionKernel(variant, {
    ...kernel,
    bindings,
    setup: eachColumn((j) => `var d${j} = vec4<f32>();`) + kernel.setup,
  });
}

function clear(name: string, chunk: number): string {
  return chunk === 0 ? eachColumn((j) => `${name}${j} = vec4<f32>();`) : "";
}

function gather(tensor: string, places: string): string {
  const values = ["x", "y", "z", "w"].map((i) => `${tensor}[p.offset_${tensor} + ${places}.${i}]`);
  return `vec4<f32>(${values.join(", ")})`;
}
