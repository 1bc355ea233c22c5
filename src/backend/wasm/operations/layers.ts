// A block without its attention: embeddings, RMSNorm, linear layers, GELU, residuals, rotary positions.
import { dropoutArguments } from "../../kernel_arguments.ts";
import type { Dropout, RotaryOptions, Tensor } from "../../mod.ts";
import type { WasmInstance, WasmOperations } from "../instance.ts";
import { addresses, ELEMENT_BYTES, type ShapeCheck, type WasmTensor } from "../tensor.ts";

export const layers = {
  embeddingForward(wasm, out, tokens, table, positions, positionTable) {
    const check = wasm.check("embeddingForward");
    const [T, C] = check.matrix(out, "out");
    const [o, e] = check.all([out, "out", T, C], [table, "table", -1, C]);
    const rows = check.integers(tokens, "tokens", T, [0, table.shape[0]!]);
    let [place, placeTable] = [0, 0];
    if (positions !== null && positionTable !== null) {
      placeTable = check.floats(positionTable, "positionTable", -1, C).address;
      place = check.integers(positions, "positions", T, [0, positionTable.shape[0]!]).address;
    }
    wasm.kernels.embedding_forward(...addresses(o, rows, e), place, placeTable, T, C);
  },

  embeddingBackward(wasm, dTable, dPositionTable, dOut, tokens, positions) {
    const check = wasm.check("embeddingBackward");
    const [T, C] = check.matrix(dOut, "dOut");
    const [g, e] = check.all([dOut, "dOut", T, C], [dTable, "dTable", -1, C]);
    const rows = check.integers(tokens, "tokens", T, [0, dTable.shape[0]!]);
    wasm.kernels.embedding_backward(...addresses(e, g, rows), T, C);
    if (positions === null || dPositionTable === null) return;
    const places = check.floats(dPositionTable, "dPositionTable", -1, C);
    const place = check.integers(positions, "positions", T, [0, dPositionTable.shape[0]!]);
    wasm.kernels.embedding_backward(...addresses(places, g, place), T, C);
  },

  rmsNormForward(wasm, out, rstd, inp, weight, eps) {
    const check = wasm.check("rmsNormForward");
    const [T, C] = check.matrix(inp, "inp");
    const [o, x] = check.all([out, "out", T, C], [inp, "inp", T, C]);
    const [r, w] = [check.elements(rstd, "rstd", T), check.elements(weight, "weight", C)];
    wasm.kernels.rms_norm_forward(...addresses(o, r, x, w), T, C, eps);
  },

  rmsNormBackward(wasm, dInp, dWeight, dOut, inp, weight, rstd) {
    const check = wasm.check("rmsNormBackward");
    const [T, C] = check.matrix(inp, "inp");
    const [dx, g, x] = check.all([dInp, "dInp", T, C], [dOut, "dOut", T, C], [inp, "inp", T, C]);
    const [dw, w] = [check.elements(dWeight, "dWeight", C), check.elements(weight, "weight", C)];
    wasm.kernels.rms_norm_backward(...addresses(dx, dw, g, x, w, check.elements(rstd, "rstd", T)), T, C);
  },

  linearForward(wasm, out, inp, weight) {
    const { o, x, w, sizes } = forwardArguments(wasm.check("linearForward"), out, inp, weight);
    wasm.withStack(() => {
      wasm.kernels.linear_forward(...addresses(o, x), wasm.packedWeight(w, "forward"), ...sizes);
    });
  },

  linearFewRows(wasm, out, inp, weight) {
    const { o, x, w, sizes } = forwardArguments(wasm.check("linearFewRows"), out, inp, weight);
    wasm.kernels.linear_few_rows(...addresses(o, x, w), ...sizes);
  },

  linearBackwardInput(wasm, dInp, dOut, weight) {
    const check = wasm.check("linearBackwardInput");
    const [[T, N], [, K]] = [check.matrix(dOut, "dOut"), check.matrix(weight, "weight")];
    const [dx, g, w] = check.all([dInp, "dInp", T, K], [dOut, "dOut", T, N], [weight, "weight", N, K]);
    check.apart(dx, g, w);
    wasm.withStack(() => {
      const packed = wasm.packedWeight(w, "backward");
      wasm.kernels.linear_backward_input(...addresses(dx, g), packed, T, N, K);
    });
  },

  linearBackwardWeight(wasm, dWeight, dOut, inp) {
    const check = wasm.check("linearBackwardWeight");
    const [[T, N], [, K]] = [check.matrix(dOut, "dOut"), check.matrix(inp, "inp")];
    const [dw, g, x] = check.all([dWeight, "dWeight", N, K], [dOut, "dOut", T, N], [inp, "inp", T, K]);
    check.apart(dw, g, x);
    wasm.withScratch(wasm.kernels.unpacked_scratch_size(T, K), (scratch) => {
      wasm.kernels.linear_backward_weight(...addresses(dw, g, x), T, N, K, scratch);
    });
  },

  geluForward(wasm, out, inp) {
    const tensors = wasm.check("geluForward").alike([out, "out"], [inp, "inp"]);
    wasm.kernels.gelu_forward(...addresses(...tensors), inp.size);
  },

  geluBackward(wasm, dInp, dOut, inp) {
    const tensors = wasm.check("geluBackward").alike([dInp, "dInp"], [dOut, "dOut"], [inp, "inp"]);
    wasm.kernels.gelu_backward(...addresses(...tensors), inp.size);
  },

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

  addColumns(wasm, target, source, columns) {
    const check = wasm.check("addColumns");
    const { T, N, M } = check.columns(target, source, columns);
    const [t, s] = check.all([target, "target", T, N], [source, "source", T, M]);
    for (let row = 0; row < T; row++) {
      const [to, from] = [row * N + columns.to, row * M + columns.from];
      wasm.kernels.add(t.address + to * ELEMENT_BYTES, s.address + from * ELEMENT_BYTES, columns.count);
    }
  },

  qkNormRotaryForward(wasm, qkv, rstd, positions, options) {
    const both = rotaryArguments(wasm, wasm.check("qkNormRotaryForward"), qkv, rstd, positions, options);
    wasm.kernels.qk_norm_rotary_forward(...both, options.eps);
  },

  qkNormRotaryBackward(wasm, dQkv, qkv, rstd, positions, options) {
    const check = wasm.check("qkNormRotaryBackward");
    const both = rotaryArguments(wasm, check, qkv, rstd, positions, options);
    wasm.kernels.qk_norm_rotary_backward(check.floats(dQkv, "dQkv", ...qkv.shape).address, ...both);
  },
} satisfies WasmOperations;

/** What both forward products take. */
function forwardArguments(
  check: ShapeCheck,
  out: Tensor,
  inp: Tensor,
  weight: Tensor,
): { o: WasmTensor; x: WasmTensor; w: WasmTensor; sizes: [T: number, N: number, K: number] } {
  const [[T, K], [N]] = [check.matrix(inp, "inp"), check.matrix(weight, "weight")];
  const [o, x, w] = check.all([out, "out", T, N], [inp, "inp", T, K], [weight, "weight", N, K]);
  check.apart(o, x, w);
  return { o, x, w, sizes: [T, N, K] };
}

/** out = the mask applied to inp; a copy without dropout. */
function drop(wasm: WasmInstance, out: WasmTensor, inp: WasmTensor, dropout: Dropout | null): void {
  const [threshold, ...rest] = dropoutArguments(dropout);
  if (threshold !== 0) wasm.kernels.dropout_apply(out.address, inp.address, inp.size, threshold, ...rest);
  else if (out.address !== inp.address) {
    wasm.arena.floats(out.address, out.size).set(wasm.arena.floats(inp.address, inp.size));
  }
}

/** What both rotary kernels take. */
function rotaryArguments(
  wasm: WasmInstance,
  check: ShapeCheck,
  qkv: Tensor,
  rstd: Tensor,
  positions: Tensor,
  { heads, base }: RotaryOptions,
): [
  ...tensors: [qkv: number, rstd: number, positions: number, cosines: number, sines: number],
  ...sizes: [T: number, heads: number, headSize: number],
] {
  const [T, width] = check.matrix(qkv, "qkv");
  const D = check.headSize(width / 3, heads);
  if (D % 2 !== 0) check.fail(`a head of ${D} columns is odd`);
  const { address } = check.integers(positions, "positions", T, [0, 2 ** 24]);
  const last = wasm.arena.integers(address, T).reduce((a, b) => Math.max(a, b), 0);
  const { cosines, sines } = wasm.rotaryTables(D, base, last + 1);
  const x = check.floats(qkv, "qkv", T, width);
  const r = check.elements(rstd, "rstd", T * 2 * heads);
  return [x.address, r.address, address, cosines, sines, T, heads, D];
}
