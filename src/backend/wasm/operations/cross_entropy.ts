/** Cross-entropy with the output projection, forward and backward in one kernel. */
import type { Backend } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";

/** losses (T) = -log softmax(hidden (T, C) @ table (V, C)^T)[targets], 0 where the target is negative; with their gradients. */
export function crossEntropyHead(
  wasm: WasmInstance,
  ...[losses, hidden, table, targets, gradients]: Parameters<Backend["crossEntropyHead"]>
): void {
  const check = wasm.check("crossEntropyHead");
  const [[T, C], [V]] = [check.matrix(hidden, "hidden"), check.matrix(table, "table")];
  const [loss, x, w] = [
    check.elements(losses, "losses", T),
    check.floats(hidden, "hidden", T, C),
    check.floats(table, "table", V, C),
  ];
  const target = check.integers(targets, "targets", T, [-(2 ** 31), V]);
  let [dHidden, dTable, rowScales] = [0, 0, 0];
  if (gradients !== null) {
    const [dx, dw] = [
      check.floats(gradients.dHidden, "dHidden", T, C),
      check.floats(gradients.dTable, "dTable", V, C),
    ];
    check.apart(dx, x);
    [dHidden, dTable] = [dx.address, dw.address];
    rowScales = check.elements(gradients.rowScales, "rowScales", T).address;
  }
  wasm.withStack(() => {
    const forward = wasm.packedWeights.get(w, "forward");
    const backward = gradients === null ? 0 : wasm.packedWeights.get(w, "backward");
    wasm.withScratch(wasm.kernels.cross_entropy_scratch_size(T, V, C), (scratch) => {
      wasm.kernels.cross_entropy_head(
        loss.address,
        x.address,
        forward,
        backward,
        target.address,
        dHidden,
        dTable,
        rowScales,
        T,
        V,
        C,
        scratch,
      );
    });
  });
}
