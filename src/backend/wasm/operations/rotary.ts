/** Normalised queries and keys with rotary positions, in place. */
import type { Backend, RotaryOptions, Tensor } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import type { ShapeCheck } from "../shape_check.ts";
import type { WasmTensor } from "../tensor.ts";

/** In place on q and k of qkv (T, 3C). rstd (T, 2H) keeps the factors, q's heads first. */
export function qkNormRotaryForward(
  wasm: WasmInstance,
  ...[qkv, rstd, positions, options]: Parameters<Backend["qkNormRotaryForward"]>
): void {
  const check = wasm.check("qkNormRotaryForward");
  const { x, r, place, T, D, tables } = rotaryArguments(wasm, check, qkv, rstd, positions, options);
  wasm.kernels.qk_norm_rotary_forward(
    x.address,
    r.address,
    place.address,
    tables.cosines,
    tables.sines,
    T,
    options.heads,
    D,
    options.eps,
  );
}

/** In place on q and k of dQkv (T, 3C), given qkv as the forward pass left it. */
export function qkNormRotaryBackward(
  wasm: WasmInstance,
  ...[dQkv, qkv, rstd, positions, options]: Parameters<Backend["qkNormRotaryBackward"]>
): void {
  const check = wasm.check("qkNormRotaryBackward");
  const { x, r, place, T, D, tables } = rotaryArguments(wasm, check, qkv, rstd, positions, options);
  wasm.kernels.qk_norm_rotary_backward(
    check.floats(dQkv, "dQkv", T, qkv.shape[1]!).address,
    x.address,
    r.address,
    place.address,
    tables.cosines,
    tables.sines,
    T,
    options.heads,
    D,
  );
}

/** What both directions take. */
function rotaryArguments(
  wasm: WasmInstance,
  check: ShapeCheck,
  qkv: Tensor,
  rstd: Tensor,
  positions: Tensor,
  options: RotaryOptions,
): {
  x: WasmTensor;
  r: WasmTensor;
  place: WasmTensor;
  T: number;
  D: number;
  tables: { cosines: number; sines: number };
} {
  const [T, width] = check.matrix(qkv, "qkv");
  const D = check.headSize(width / 3, options.heads);
  if (D % 2 !== 0) check.fail(`a head of ${D} columns is odd`);
  const place = check.integers(positions, "positions", T, [0, 2 ** 24]);
  const last = wasm.arena.integers(place.address, T).reduce((a, b) => Math.max(a, b), 0);
  return {
    x: check.floats(qkv, "qkv", T, width),
    r: check.elements(rstd, "rstd", T * 2 * options.heads),
    place,
    T,
    D,
    tables: wasm.rotaryTables.get(D, options.base, last + 1),
  };
}
