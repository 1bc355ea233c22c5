/** Causal attention inside each document and its gradient. */
import { dropoutArguments } from "../../kernel_arguments.ts";
import type { AttentionOptions, Documents, OperationTable } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import type { ShapeCheck } from "../shape_check.ts";
import { addresses } from "../tensor.ts";

/** See {@linkcode Operations}. */
export const attention = {
  attentionForward(wasm, out, logSumExp, qkv, documents, options) {
    const check = wasm.check("attentionForward");
    const [T, C] = check.matrix(out, "out");
    const [o, x] = check.all([out, "out", T, C], [qkv, "qkv", T, 3 * C]);
    const lse = check.elements(logSumExp, "logSumExp", options.heads * T);
    withArguments(wasm, check, [T, C], documents, options, (...rest) => {
      wasm.kernels.attention_forward(...addresses(o, lse, x), ...rest);
    });
  },

  attentionBackward(wasm, dQkv, dOut, out, logSumExp, qkv, documents, options) {
    const check = wasm.check("attentionBackward");
    const [T, C] = check.matrix(dOut, "dOut");
    const [dx, x] = check.all([dQkv, "dQkv", T, 3 * C], [qkv, "qkv", T, 3 * C]);
    const [g, o] = check.all([dOut, "dOut", T, C], [out, "out", T, C]);
    const lse = check.elements(logSumExp, "logSumExp", options.heads * T);
    check.apart(dx, g, o, x, lse);
    withArguments(wasm, check, [T, C], documents, options, (...rest) => {
      wasm.kernels.attention_backward(...addresses(dx, g, o, lse, x), ...rest);
    });
  },
} satisfies Partial<OperationTable<WasmInstance>>;

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
  wasm.withDocuments(documents, (bounds, count) => {
    wasm.withScratch(wasm.kernels.attention_scratch_size(longest, D), (scratch) => {
      run(bounds, count, heads, D, scale, ...dropoutArguments(dropout), dropoutStride, scratch);
    });
  });
}
