/** Residual connections: of the stream, with dropout, and of the first block's values. */
import { dropoutArguments } from "../../kernel_arguments.ts";
import type { Dropout, OperationTable } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import { addresses, ELEMENT_BYTES, type WasmTensor } from "../tensor.ts";

/** See {@linkcode Operations}. */
export const residual = {
  residualForward(wasm, out, residual, branch, dropout) {
    const check = wasm.check("residualForward");
    const [o, b] = check.alike([out, "out"], [branch, "branch"]);
    if (residual === null) return drop(wasm, o, b, dropout);
    const r = check.elements(residual, "residual", b.size);
    wasm.kernels.residual_forward(...addresses(o, r, b), o.size, ...dropoutArguments(dropout));
  },

  residualBackward(wasm, dBranch, dOut, dropout) {
    drop(wasm, ...wasm.check("residualBackward").alike([dBranch, "dBranch"], [dOut, "dOut"]), dropout);
  },

  addValues(wasm, target, source) {
    const check = wasm.check("addValues");
    const [T, width] = check.matrix(source, "source");
    const C = check.headSize(width, 3);
    const [t, s] = check.all([target, "target", T, width], [source, "source", T, width]);
    for (let row = 0; row < T; row++) {
      const values = (row * width + 2 * C) * ELEMENT_BYTES;
      wasm.kernels.add(t.address + values, s.address + values, C);
    }
  },
} satisfies Partial<OperationTable<WasmInstance>>;

/** out = the mask applied to inp; a copy without dropout. */
function drop(wasm: WasmInstance, out: WasmTensor, inp: WasmTensor, dropout: Dropout | null): void {
  const [threshold, ...rest] = dropoutArguments(dropout);
  if (threshold !== 0) wasm.kernels.dropout_apply(out.address, inp.address, inp.size, threshold, ...rest);
  else if (out.address !== inp.address) {
    wasm.arena.floats(out.address, out.size).set(wasm.arena.floats(inp.address, inp.size));
  }
}
