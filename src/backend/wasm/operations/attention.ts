// Causal attention inside each document and its gradient; at inference, attention over a key-value cache.
import { dropoutArguments } from "../../kernel_arguments.ts";
import type { AttentionOptions, Documents } from "../../mod.ts";
import type { WasmInstance, WasmOperations } from "../instance.ts";
import { addresses, type ShapeCheck } from "../tensor.ts";

export const attention = {
  attentionForward(wasm, out, logSumExp, qkv, documents, options) {
    const check = wasm.check("attentionForward");
    const [T, C] = check.matrix(out, "out");
    const [o, x] = check.all([out, "out", T, C], [qkv, "qkv", T, 3 * C]);
    const lse = check.elements(logSumExp, "logSumExp", options.heads * T);
    withArguments(wasm, check, [T, C], documents, options, (scratch, ...rest) => {
      wasm.kernels.attention_forward(...addresses(o, lse, x), ...rest, scratch);
    });
  },

  attentionBackward(wasm, dQkv, dOut, out, logSumExp, qkv, documents, options) {
    const check = wasm.check("attentionBackward");
    const [T, C] = check.matrix(dOut, "dOut");
    const [dx, x] = check.all([dQkv, "dQkv", T, 3 * C], [qkv, "qkv", T, 3 * C]);
    const [g, o] = check.all([dOut, "dOut", T, C], [out, "out", T, C]);
    const lse = check.elements(logSumExp, "logSumExp", options.heads * T);
    check.apart(dx, g, o, x, lse);
    withArguments(wasm, check, [T, C], documents, options, (scratch, ...rest) => {
      wasm.kernels.attention_backward(...addresses(dx, g, o, lse, x), scratch, ...rest);
    });
  },

  storeKeysValues(wasm, keys, values, qkv, slots) {
    const check = wasm.check("storeKeysValues");
    const [H, L, D] = check.cube(keys, "keys");
    const T = slots.size;
    const [k, v] = check.all([keys, "keys", H, L, D], [values, "values", H, L, D]);
    const x = check.floats(qkv, "qkv", T, 3 * H * D);
    const places = check.integers(slots, "slots", T, [0, L]);
    wasm.kernels.store_keys_values(...addresses(k, v, x, places), T, L, H, D);
  },

  attentionCached(wasm, out, qkv, keys, values, entries, { scale }) {
    const check = wasm.check("attentionCached");
    const [T, C] = check.matrix(out, "out");
    const [H, L, D] = check.cube(keys, "keys");
    const [o, x] = check.all([out, "out", T, H * D], [qkv, "qkv", T, 3 * C]);
    const [k, v] = check.all([keys, "keys", H, L, D], [values, "values", H, L, D]);
    check.apart(o, x, k, v);
    const slots = check.integers(entries.slots, "slots", entries.slots.size, [0, L]);
    const { ranges, longest } = check.ranges(entries.ranges, "ranges", T, slots.size);
    wasm.withScratch(longest + 8, (scratch) => {
      const tensors = addresses(o, x, k, v, slots, ranges);
      wasm.kernels.attention_cached(...tensors, T, L, H, D, scale, scratch);
    });
  },
} satisfies WasmOperations;

/** What both kernels take besides tensors and working memory: the documents' bounds, sizes and options. */
type Rest = [
  ...sizes: [bounds: number, documents: number, heads: number, headSize: number, scale: number],
  ...dropout: [...ReturnType<typeof dropoutArguments>, stride: number],
];

function withArguments(
  wasm: WasmInstance,
  check: ShapeCheck,
  [T, C]: readonly [number, number],
  documents: Documents,
  { heads, scale, dropout, dropoutStride }: AttentionOptions,
  run: (scratch: number, ...rest: Rest) => void,
): void {
  const longest = check.documents(documents, T);
  const D = check.headSize(C, heads);
  if (!(scale > 0)) check.fail(`scale is ${scale}, expected more than 0`);
  if (dropout !== null && dropoutStride < longest) {
    check.fail(`dropoutStride is ${dropoutStride}, shorter than a document of ${longest}`);
  }
  wasm.withDocuments(documents, (bounds, count) => {
    wasm.withScratch(wasm.kernels.attention_scratch_size(longest, D), (scratch) => {
      run(scratch, bounds, count, heads, D, scale, ...dropoutArguments(dropout), dropoutStride);
    });
  });
}
