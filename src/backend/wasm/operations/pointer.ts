/** The mixture of the vocabulary's distribution and of copies of earlier tokens, forward and backward in one kernel. */
import type { Backend } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";

/** losses (T), those of the vocabulary, become those of the mixture; rowScales (T) are multiplied by the vocabulary's share; dProjected (T, 2D + 1) is overwritten. */
export function pointerMixture(
  wasm: WasmInstance,
  ...[losses, projected, rows, options, gradients]: Parameters<Backend["pointerMixture"]>
): void {
  const check = wasm.check("pointerMixture");
  const [T, width] = check.matrix(projected, "projected");
  const D = (width - 1) / 2;
  if (!Number.isInteger(D) || D < 1) check.fail(`projected has ${width} columns, expected 3, 5, 7, …`);
  const longest = check.documents(rows.documents, T);
  const [loss, x] = [check.elements(losses, "losses", T), check.floats(projected, "projected", T, width)];
  const tokens = check.integers(rows.tokens, "tokens", T, [-(2 ** 31), 2 ** 31]);
  const targets = check.integers(rows.targets, "targets", T, [-(2 ** 31), 2 ** 31]);
  let [rowScales, dProjected] = [0, 0];
  if (gradients !== null) {
    const dx = check.floats(gradients.dProjected, "dProjected", T, width);
    check.apart(dx, x);
    [rowScales, dProjected] = [check.elements(gradients.rowScales, "rowScales", T).address, dx.address];
  }
  const { bounds } = rows.documents;
  wasm.withScratch(bounds.length, (address) => {
    wasm.withScratch(wasm.kernels.pointer_scratch_size(longest, D), (scratch) => {
      wasm.arena.integers(address, bounds.length).set(bounds);
      wasm.kernels.pointer_mixture(
        loss.address,
        x.address,
        tokens.address,
        targets.address,
        rowScales,
        dProjected,
        address,
        bounds.length - 1,
        D,
        options.scale,
        options.ownScore,
        options.eps,
        options.floor,
        longest,
        scratch,
      );
    });
  });
}
