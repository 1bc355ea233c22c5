/** Normalised queries and keys with rotary positions, in place. */
import type { Backend, RotaryOptions, Tensor } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import type { ShapeCheck } from "../shape_check.ts";

/** In place on q and k of qkv (T, 3C). rstd (T, 2H) keeps the factors, q's heads first. */
export function qkNormRotaryForward(
  wasm: WasmInstance,
  ...[qkv, rstd, positions, options]: Parameters<Backend["qkNormRotaryForward"]>
): void {
  const check = wasm.check("qkNormRotaryForward");
  const both = rotaryArguments(wasm, check, qkv, rstd, positions, options);
  wasm.kernels.qk_norm_rotary_forward(...both, options.eps);
}

/** In place on q and k of dQkv (T, 3C), given qkv as the forward pass left it. */
export function qkNormRotaryBackward(
  wasm: WasmInstance,
  ...[dQkv, qkv, rstd, positions, options]: Parameters<Backend["qkNormRotaryBackward"]>
): void {
  const check = wasm.check("qkNormRotaryBackward");
  const both = rotaryArguments(wasm, check, qkv, rstd, positions, options);
  wasm.kernels.qk_norm_rotary_backward(check.floats(dQkv, "dQkv", ...qkv.shape).address, ...both);
}

/** What both kernels take. */
function rotaryArguments(
  wasm: WasmInstance,
  check: ShapeCheck,
  qkv: Tensor,
  rstd: Tensor,
  positions: Tensor,
  { heads, base }: RotaryOptions,
): [
  qkv: number,
  rstd: number,
  positions: number,
  cosines: number,
  sines: number,
  T: number,
  heads: number,
  headSize: number,
] {
  const [T, width] = check.matrix(qkv, "qkv");
  const D = check.headSize(width / 3, heads);
  if (D % 2 !== 0) check.fail(`a head of ${D} columns is odd`);
  const { address } = check.integers(positions, "positions", T, [0, 2 ** 24]);
  const last = wasm.arena.integers(address, T).reduce((a, b) => Math.max(a, b), 0);
  const { cosines, sines } = wasm.rotaryTables.get(D, base, last + 1);
  const x = check.floats(qkv, "qkv", T, width);
  const r = check.elements(rstd, "rstd", T * 2 * heads);
  return [x.address, r.address, address, cosines, sines, T, heads, D];
}
