// The mixture of the vocabulary and of copies of earlier tokens, forward and backward in one kernel.
import type { WasmOperations } from "../instance.ts";
import { addresses } from "../tensor.ts";

const ANY_INTEGER = [-(2 ** 31), 2 ** 31] as const;

export const pointer = {
  pointerMixture(wasm, losses, projected, rows, { scale, ownScore, floor }, gradients) {
    const check = wasm.check("pointerMixture");
    const [T, width] = check.matrix(projected, "projected");
    const D = (width - 1) / 2;
    if (!Number.isInteger(D) || D < 1) check.fail(`projected has ${width} columns, expected 3, 5, 7, …`);
    const longest = check.documents(rows.documents, T);
    const [loss, x] = [check.elements(losses, "losses", T), check.floats(projected, "projected", T, width)];
    const tokens = check.integers(rows.tokens, "tokens", T, ANY_INTEGER);
    const targets = check.integers(rows.targets, "targets", T, ANY_INTEGER);
    let back: [rowScales: number, dProjected: number] = [0, 0];
    if (gradients !== null) {
      const dx = check.floats(gradients.dProjected, "dProjected", T, width);
      check.apart(dx, x);
      back = addresses(check.elements(gradients.rowScales, "rowScales", T), dx);
    }
    wasm.withDocuments(rows.documents, (...documents) => {
      wasm.withScratch(wasm.kernels.pointer_scratch_size(longest, D), (scratch) => {
        const tensors = [...addresses(loss, x, tokens, targets), ...back, ...documents] as const;
        wasm.kernels.pointer_mixture(...tensors, D, scale, ownScore, floor, longest, scratch);
      });
    });
  },
} satisfies WasmOperations;
