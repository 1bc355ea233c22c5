// What a step does with all parameters and gradients: sums, the norm that clips, AdamW and Muon.
import { adamWArguments, clipped } from "../../kernel_arguments.ts";
import type { Tensor } from "../../mod.ts";
import type { WasmInstance, WasmOperations } from "../instance.ts";
import { addresses, ELEMENT_BYTES, type ShapeCheck } from "../tensor.ts";

export const optimizer = {
  add(wasm, target, source) {
    const [t, s] = wasm.check("add").alike([target, "target"], [source, "source"]);
    wasm.changed(t);
    wasm.kernels.add(t.address, s.address, s.size);
  },

  sumSquares(wasm, sums, values, block) {
    const check = wasm.check("sumSquares");
    if (!Number.isSafeInteger(block) || block < 1) check.fail(`block is ${block}`);
    const s = check.elements(sums, "sums", Math.ceil(values.size / block));
    const x = check.elements(values, "values", values.size);
    wasm.kernels.sum_squares(s.address, x.address, x.size, block);
  },

  clipScale(wasm, out, squares, maxNorm, alarm) {
    const inputs = [[out, "out", 2], [squares, "squares", -1], [alarm, "alarm", 1]] as const;
    const [o, s, a] = wasm.check("clipScale").all(...inputs);
    const norm = Math.sqrt(wasm.arena.floats(s.address, s.size).reduce((sum, value) => sum + value, 0));
    wasm.arena.floats(o.address, 2).set(clipped(norm, maxNorm, wasm.arena.floats(a.address, 1)));
  },

  adamW(wasm, parameters, gradients, m, v, options) {
    const check = wasm.check("adamW");
    const inputs = [[gradients, "gradients"], [m, "m"], [v, "v"]] as const;
    const tensors = check.alike([parameters, "parameters"], ...inputs);
    const gradientScale = scalar(wasm, check, options.gradientScale);
    if (gradientScale < 0) return;
    wasm.changed(tensors[0]);
    wasm.kernels.adamw(...addresses(...tensors), tensors[0].size, ...adamWArguments(options), gradientScale);
  },

  muon(wasm, parameters, gradients, momenta, { rows: N, columns: K, offsets }, options) {
    const check = wasm.check("muon");
    const inputs = [[gradients, "gradients"], [momenta, "momenta"]] as const;
    const [p, g, m] = check.alike([parameters, "parameters"], ...inputs);
    check.range(offsets, "offsets", [0, p.size - N * K + 1]);
    const { stepSize, beta, decay } = options;
    const gradientScale = scalar(wasm, check, options.gradientScale);
    check.apart(p, g, m);
    if (gradientScale < 0) return;
    wasm.changed(p);
    wasm.withScratch(wasm.kernels.muon_scratch_size(N, K), (scratch) => {
      const numbers = [N, K, beta, 1 - beta, gradientScale, 1 - decay, stepSize, scratch] as const;
      for (const offset of offsets) {
        const skipped = offset * ELEMENT_BYTES;
        wasm.kernels.muon(p.address + skipped, g.address + skipped, m.address + skipped, ...numbers);
      }
    });
  },
} satisfies WasmOperations;

/** A number, or a tensor of one. */
function scalar(wasm: WasmInstance, check: ShapeCheck, value: number | Tensor): number {
  if (typeof value === "number") return value;
  return wasm.arena.floats(check.elements(value, "gradientScale", 1).address, 1)[0]!;
}
