/** Causal attention inside each document and its gradient. */
import type { AttentionOptions, Backend, Documents } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import type { ShapeCheck } from "../shape_check.ts";
import { dropoutArguments } from "./dropout.ts";

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
  withAttentionScratch(wasm, check, [T, C], documents, options, (bounds, D, scratch) => {
    wasm.kernels.attention_forward(
      o.address,
      lse.address,
      x.address,
      bounds,
      documents.bounds.length - 1,
      options.heads,
      D,
      options.scale,
      ...dropoutArguments(options.dropout),
      options.dropoutStride,
      scratch,
    );
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
  withAttentionScratch(wasm, check, [T, C], documents, options, (bounds, D, scratch) => {
    wasm.kernels.attention_backward(
      dx.address,
      g.address,
      o.address,
      lse.address,
      x.address,
      bounds,
      documents.bounds.length - 1,
      options.heads,
      D,
      options.scale,
      ...dropoutArguments(options.dropout),
      options.dropoutStride,
      scratch,
    );
  });
}

/** Check what both directions are given, and run with the documents' bounds and working memory. */
function withAttentionScratch(
  wasm: WasmInstance,
  check: ShapeCheck,
  [T, C]: readonly [number, number],
  documents: Documents,
  options: AttentionOptions,
  run: (bounds: number, headSize: number, scratch: number) => void,
): void {
  const longest = check.documents(documents, T);
  const D = check.headSize(C, options.heads);
  if (!(options.scale > 0)) check.fail(`scale is ${options.scale}, expected more than 0`);
  if (options.dropout !== null && options.dropoutStride < longest) {
    check.fail(`dropoutStride is ${options.dropoutStride}, shorter than a document of ${longest}`);
  }
  const { bounds } = documents;
  wasm.withScratch(bounds.length, (address) => {
    wasm.withScratch(wasm.kernels.attention_scratch_size(longest, D), (scratch) => {
      wasm.arena.integers(address, bounds.length).set(bounds);
      run(address, D, scratch);
    });
  });
}
