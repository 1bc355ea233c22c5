/** Causal attention inside each document and its gradient. */
import { dropoutArguments } from "../../kernel_arguments.ts";
import type { AttentionOptions, Backend, Documents } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import type { ShapeCheck } from "../shape_check.ts";

/** out (T, C) and logSumExp (H, T) from qkv (T, 3C); overwrites both. */
export function attentionForward(
  wasm: WasmInstance,
  ...[out, logSumExp, qkv, documents, options]: Parameters<Backend["attentionForward"]>
): void {
  const check = wasm.check("attentionForward");
  const [T, C] = check.matrix(out, "out");
  const o = check.floats(out, "out", T, C);
  const lse = check.elements(logSumExp, "logSumExp", options.heads * T);
  const x = check.floats(qkv, "qkv", T, 3 * C);
  withArguments(wasm, check, [T, C], documents, options, (...rest) => {
    wasm.kernels.attention_forward(o.address, lse.address, x.address, ...rest);
  });
}

/** dQkv (T, 3C); overwrites. */
export function attentionBackward(
  wasm: WasmInstance,
  ...[dQkv, dOut, out, logSumExp, qkv, documents, options]: Parameters<Backend["attentionBackward"]>
): void {
  const check = wasm.check("attentionBackward");
  const [T, C] = check.matrix(dOut, "dOut");
  const [dx, g, o, x] = [
    check.floats(dQkv, "dQkv", T, 3 * C),
    check.floats(dOut, "dOut", T, C),
    check.floats(out, "out", T, C),
    check.floats(qkv, "qkv", T, 3 * C),
  ];
  const lse = check.elements(logSumExp, "logSumExp", options.heads * T);
  check.apart(dx, g, o, x, lse);
  withArguments(wasm, check, [T, C], documents, options, (...rest) => {
    wasm.kernels.attention_backward(dx.address, g.address, o.address, lse.address, x.address, ...rest);
  });
}

/** What both kernels take after their tensors: the documents' bounds, sizes, options and working memory. */
type Rest = [
  bounds: number,
  documents: number,
  heads: number,
  headSize: number,
  scale: number,
  ...dropout: ReturnType<typeof dropoutArguments>,
  dropoutStride: number,
  scratch: number,
];

/** Check the documents and options, and run with what the kernels take of them. */
function withArguments(
  wasm: WasmInstance,
  check: ShapeCheck,
  [T, C]: readonly [number, number],
  documents: Documents,
  { heads, scale, dropout, dropoutStride }: AttentionOptions,
  run: (...rest: Rest) => void,
): void {
  const longest = check.documents(documents, T);
  const D = check.headSize(C, heads);
  if (!(scale > 0)) check.fail(`scale is ${scale}, expected more than 0`);
  if (dropout !== null && dropoutStride < longest) {
    check.fail(`dropoutStride is ${dropoutStride}, shorter than a document of ${longest}`);
  }
  const { bounds } = documents;
  wasm.withScratch(bounds.length, (address) => {
    wasm.withScratch(wasm.kernels.attention_scratch_size(longest, D), (scratch) => {
      wasm.arena.integers(address, bounds.length).set(bounds);
      run(address, bounds.length - 1, heads, D, scale, ...dropoutArguments(dropout), dropoutStride, scratch);
    });
  });
}
