// Cross-entropy with the output projection, forward and backward in one kernel.
import type { WasmOperations } from "../instance.ts";
import { addresses } from "../tensor.ts";

export const crossEntropy = {
  crossEntropyHead(wasm, losses, hidden, table, targets, gradients) {
    const check = wasm.check("crossEntropyHead");
    const [[T, C], [V]] = [check.matrix(hidden, "hidden"), check.matrix(table, "table")];
    const [x, w] = check.all([hidden, "hidden", T, C], [table, "table", V, C]);
    const loss = check.elements(losses, "losses", T);
    const target = check.integers(targets, "targets", T, [-(2 ** 31), V]);
    let back: [dHidden: number, dTable: number, rowScales: number] = [0, 0, 0];
    if (gradients !== null) {
      const { dHidden, dTable, rowScales } = gradients;
      const [dx, dw] = check.all([dHidden, "dHidden", T, C], [dTable, "dTable", V, C]);
      check.apart(dx, x);
      back = addresses(dx, dw, check.elements(rowScales, "rowScales", T));
    }
    wasm.withStack(() => {
      const forward = wasm.packedWeight(w, "forward");
      const backward = gradients === null ? 0 : wasm.packedWeight(w, "backward");
      const tensors = [...addresses(loss, x), forward, backward, target.address, ...back] as const;
      wasm.withScratch(wasm.kernels.cross_entropy_scratch_size(T, V, C), (scratch) => {
        wasm.kernels.cross_entropy_head(...tensors, T, V, C, scratch);
      });
    });
  },
} satisfies WasmOperations;
