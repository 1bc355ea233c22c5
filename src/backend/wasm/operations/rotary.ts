/** Normalised queries and keys with rotary positions, in place. */
import type { OperationTable, RotaryOptions, Tensor } from "../../mod.ts";
import type { WasmInstance } from "../instance.ts";
import type { ShapeCheck } from "../shape_check.ts";

/** See {@linkcode Operations}. */
export const rotary = {
  qkNormRotaryForward(wasm, qkv, rstd, positions, options) {
    const both = rotaryArguments(wasm, wasm.check("qkNormRotaryForward"), qkv, rstd, positions, options);
    wasm.kernels.qk_norm_rotary_forward(...both, options.eps);
  },

  qkNormRotaryBackward(wasm, dQkv, qkv, rstd, positions, options) {
    const check = wasm.check("qkNormRotaryBackward");
    const both = rotaryArguments(wasm, check, qkv, rstd, positions, options);
    wasm.kernels.qk_norm_rotary_backward(check.floats(dQkv, "dQkv", ...qkv.shape).address, ...both);
  },
} satisfies Partial<OperationTable<WasmInstance>>;

/** What both kernels take. */
type Both = [
  ...tensors: [qkv: number, rstd: number, positions: number, cosines: number, sines: number],
  ...sizes: [T: number, heads: number, headSize: number],
];

function rotaryArguments(
  wasm: WasmInstance,
  check: ShapeCheck,
  qkv: Tensor,
  rstd: Tensor,
  positions: Tensor,
  { heads, base }: RotaryOptions,
): Both {
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
