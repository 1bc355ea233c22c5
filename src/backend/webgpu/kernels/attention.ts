// Causal attention inside each document: softmax(scale * Q K^T) V by tiles, each row's sums relative to its
// largest score so far (Dao et al., 2022). The gradient computes P = exp(scale * Q K^T - logSumExp) again:
// dP = dOut V^T, dS = scale * P * (K * dP - delta), dQ = dS K, dK = dS^T Q, dV = (K * P)^T dOut, with K the
// dropout's factors, delta the row sums of dOut * out. Two kernels: one owns dQ by queries, one dK and dV.
import { type Gpu, type Inputs, ShapeCheck } from "../gpu.ts";
import { elementType, type Kernel, kernel, type KernelText, XYZW } from "../kernel.ts";
import * as tiles from "./attention_tiles.ts";

/** out (T, C) and logSumExp (H, T) from qkv (T, 3C); overwrites both. */
export function attentionForward(gpu: Gpu, ...inputs: Inputs<"attentionForward">): void {
  const [out, logSumExp, qkv, documents, options] = inputs;
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
  const name = `attention forward ${variant.name} to ${result.dtype}`;
  const numbers = tiles.attentionNumbers([T, C], options);
  const tensors = [result, logs, source, plan];
  gpu.queue.run(kernel(name, () => forwardKernel(variant, type)), tensors, numbers, [
    options.heads,
    plan.length / 4,
  ]);
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

/** dQkv (T, 3C); overwrites. */
export function attentionBackward(gpu: Gpu, ...inputs: Inputs<"attentionBackward">): void {
  const [dQkv, dOut, out, logSumExp, qkv, documents, options] = inputs;
  const check = new ShapeCheck("attentionBackward", gpu);
  const [T, C] = check.matrix(dOut, "dOut");
  const { heads } = options;
  const [gradient, result] = [check.floats(dOut, "dOut", T, C), check.activation(out, "out", T, C)];
  const target = check.floats(dQkv, "dQkv", T, 3 * C);
  const source = check.activation(qkv, "qkv", T, 3 * C);
  const logs = check.floats(logSumExp, "logSumExp", heads, T);
  check.documents(documents, T);
  const headSize = check.headSize(C, heads);
  const variant = tiles.attentionVariant(headSize, options, source, [gradient, target]);
  using _scope = gpu.memory.scope();
  const delta = gpu.memory.allocate([heads, T]);
  gpu.queue.run(deltaKernel(elementType(result)), [delta, gradient, result], [T, heads, headSize], T * heads);
  const run = (name: string, text: (variant: tiles.AttentionVariant) => KernelText, plan: Int32Array): void =>
    gpu.queue.run(
      kernel(`attention backward ${name} ${variant.name}`, () => text(variant)),
      [target, source, gradient, logs, delta, plan],
      tiles.attentionNumbers([T, C], options),
      [heads, plan.length / 4],
    );
  run("queries", queriesKernel, tiles.attentionPlan(documents, "before"));
  run("keys", keysKernel, tiles.attentionPlan(documents, "after"));
}

/** delta (H, T): a thread a head of a row. */
function deltaKernel(type: string): Kernel {
  return kernel(`attention delta ${type}`, () => ({
    parameters: "T: u32, H: u32, D: u32",
    bindings: `rw delta: f32, dOut: f32, out: ${type}`,
    lanes: 1,
    main: `if (item >= p.T * p.H) { return; }
  var sum = 0.0;
  for (var d = 0u; d < p.D; d++) {
    let k = item * p.D + d;
    sum = fma(dOut[p.offset_dOut + k], f32(out[p.offset_out + k]), sum);
  }
  delta[p.offset_delta + item % p.H * p.T + item / p.H] = sum;`,
  }));
}

/** Rows are queries, columns keys. */
function queriesKernel(variant: tiles.AttentionVariant): KernelText {
  const keep = (j: number): string =>
    variant.hasDropout ? `keep4(head, row, vec4<u32>(column_begin + column${j} - document_begin)) * ` : "";
  const gather = (tensor: string): string =>
    `vec4<f32>(${XYZW.map((i) => `${tensor}[p.offset_${tensor} + known.${i}]`).join(", ")})`;
  const gradients = tiles.eachColumn((j) => {
    const isBefore = `vec4<u32>(column_begin + column${j}) <= row`;
    return `s${j} = select(vec4<f32>(), exp(p.scale * s${j} - logs), ${isBefore});
    s${j} *= p.scale * (${keep(j)}d${j} - deltas);`;
  });
  const isResident = variant.chunks.length === 1; // then the keys still lie in workgroup memory
  return backwardKernel(variant, {
    residentRows: [tiles.QUERIES, tiles.GRADIENT],
    columns: ["document_begin", "block_end"],
    setup: `${tiles.declareSums("o", variant)}
  let known = head * p.T + min(row, vec4<u32>(block_end - 1u));
  let logs = ${gather("logSumExp")};
  let deltas = ${gather("delta")};
`,
    stages: [
      ...tiles.scoreStages(variant, "d", [tiles.GRADIENT, tiles.VALUES]),
      ...tiles.scoreStages(variant, "s", [tiles.QUERIES, tiles.KEYS], { last: gradients }),
      ...tiles.mixStages(variant, "o", tiles.exchangeScores((j) => `s${j}`), isResident ? null : tiles.KEYS),
    ],
    finish: tiles.storeSums("o", variant, tiles.QUERIES),
  });
}

/** Rows are keys, columns queries. */
function keysKernel(variant: tiles.AttentionVariant): KernelText {
  const { hasDropout } = variant;
  const factor = (j: number): string => hasDropout ? `k${j} * ` : "";
  const probabilities = tiles.eachColumn((j) =>
    `let query${j} = column_begin + column${j};
    let known${j} = head * p.T + min(query${j}, document_end - 1u);
    s${j} = exp(p.scale * s${j} - vec4<f32>(logSumExp[p.offset_logSumExp + known${j}]));
    s${j} = select(vec4<f32>(), s${j}, (row <= vec4<u32>(query${j})) & vec4<bool>(query${j} < document_end));
    delta${j} = delta[p.offset_delta + known${j}];
    ${hasDropout ? `k${j} = keep4(head, vec4<u32>(query${j}), row - document_begin);` : ""}`
  );
  const gradients = tiles.eachColumn((j) => `s${j} *= p.scale * (${factor(j)}d${j} - vec4<f32>(delta${j}));`);
  return backwardKernel(variant, {
    residentRows: [tiles.KEYS, tiles.VALUES],
    columns: ["block_begin", "document_end"],
    setup: tiles.declareSums("dk", variant) + tiles.declareSums("dv", variant) +
      tiles.eachColumn((j) => `var delta${j} = 0.0;`) + (hasDropout ? tiles.declare("k") : ""),
    stages: [
      ...tiles.scoreStages(variant, "s", [tiles.KEYS, tiles.QUERIES], { last: probabilities }),
      ...tiles.scoreStages(variant, "d", [tiles.VALUES, tiles.GRADIENT], {
        exchange: tiles.exchangeScores((j) => `${factor(j)}s${j}`),
        each: (chunk) => tiles.addMixed("dv", chunk),
        last: gradients,
      }),
      ...tiles.mixStages(variant, "dk", tiles.exchangeScores((j) => `s${j}`), tiles.QUERIES),
    ],
    finish: tiles.storeSums("dk", variant, tiles.KEYS) + tiles.storeSums("dv", variant, tiles.VALUES),
  });
}

function backwardKernel(
  variant: tiles.AttentionVariant,
  parts: Omit<Parameters<typeof tiles.attentionKernel>[1], "bindings">,
): KernelText {
  const { qkv, floats } = variant.types;
  return tiles.attentionKernel(variant, {
    ...parts,
    bindings: `rw dQkv: ${floats}, qkv: ${qkv}, dOut: ${floats}, logSumExp: f32, delta: f32, plans: i32`,
    setup: tiles.declare("d") + parts.setup,
  });
}
