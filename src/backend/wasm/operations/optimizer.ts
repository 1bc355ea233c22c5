/** What a step does with flat lists of parameters and gradients: sums, the norm that clips, AdamW and Muon. */
import { adamWArguments } from "../../kernel_arguments.ts";
import type { Backend, Tensor } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import type { ShapeCheck } from "../shape_check.ts";
import { ELEMENT_BYTES } from "../tensor.ts";

/** target += source. */
export function add(wasm: WasmInstance, target: Tensor, source: Tensor): void {
  const check = wasm.check("add");
  const [t, s] = [
    check.elements(target, "target", source.size),
    check.elements(source, "source", source.size),
  ];
  wasm.changed(t);
  wasm.kernels.add(t.address, s.address, s.size);
}

/** sums (ceil(size / block)): squares summed over each run of `block` elements; overwrites. */
export function sumSquares(wasm: WasmInstance, sums: Tensor, values: Tensor, block: number): void {
  const check = wasm.check("sumSquares");
  if (!Number.isSafeInteger(block) || block < 1) check.fail(`block is ${block}`);
  const s = check.elements(sums, "sums", Math.ceil(values.size / block));
  const x = check.elements(values, "values", values.size);
  wasm.kernels.sum_squares(s.address, x.address, x.size, block);
}

/** out (2) = [norm, min(1, maxNorm / (norm + 1e-6))], norm the root of the sum of `squares`; overwrites. */
export function clipScale(wasm: WasmInstance, out: Tensor, squares: Tensor, maxNorm: number): void {
  const check = wasm.check("clipScale");
  const [o, s] = [check.floats(out, "out", 2), check.floats(squares, "squares", -1)];
  const sum = wasm.arena.floats(s.address, s.size).reduce((sum, value) => sum + value, 0);
  const norm = Math.sqrt(sum);
  wasm.arena.floats(o.address, 2).set([norm, Math.min(1, maxNorm / (norm + 1e-6))]);
}

/** One AdamW update of all elements. */
export function adamW(
  wasm: WasmInstance,
  ...[parameters, gradients, m, v, options]: Parameters<Backend["adamW"]>
): void {
  const check = wasm.check("adamW");
  const { size } = parameters;
  const p = check.elements(parameters, "parameters", size);
  wasm.changed(p);
  wasm.kernels.adamw(
    p.address,
    check.elements(gradients, "gradients", size).address,
    check.elements(m, "m", size).address,
    check.elements(v, "v", size).address,
    size,
    ...adamWArguments(options),
    scalar(wasm, check, options.gradientScale),
  );
}

/** One Muon update of each matrix (N, K). */
export function muon(
  wasm: WasmInstance,
  ...[parameters, gradients, momenta, { rows: N, columns: K, offsets }, options]: Parameters<Backend["muon"]>
): void {
  const check = wasm.check("muon");
  const { size } = parameters;
  const [p, g, m] = [
    check.elements(parameters, "parameters", size),
    check.elements(gradients, "gradients", size),
    check.elements(momenta, "momenta", size),
  ];
  check.range(offsets, "offsets", [0, size - N * K + 1]);
  const { stepSize, beta, decay } = options;
  const gradientScale = scalar(wasm, check, options.gradientScale);
  check.apart(p, g, m);
  wasm.changed(p);
  wasm.withScratch(wasm.kernels.muon_scratch_size(N, K), (scratch) => {
    for (const offset of offsets) {
      const skipped = offset * ELEMENT_BYTES;
      wasm.kernels.muon(
        p.address + skipped,
        g.address + skipped,
        m.address + skipped,
        N,
        K,
        beta,
        1 - beta,
        gradientScale,
        1 - decay,
        stepSize,
        scratch,
      );
    }
  });
}

/** A number, or a tensor of one. */
function scalar(wasm: WasmInstance, check: ShapeCheck, value: number | Tensor): number {
  if (typeof value === "number") return value;
  const { address } = check.elements(value, "gradientScale", 1);
  return wasm.arena.floats(address, 1)[0]!;
}
