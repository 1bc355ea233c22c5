/**
 * The operations whose time is memory traffic: element by element over a micro-batch's activations, and over
 * all parameters.
 */
import { NORM_EPS, ROTARY_BASE } from "../src/model/architecture.ts";
import type { Operation } from "./operation.ts";

const FLOAT_BYTES = 4;

/** Of a model: width, MLP's width, vocabulary, heads, layers. */
export interface Widths {
  readonly C: number;
  readonly M: number;
  readonly V: number;
  readonly H: number;
  readonly L: number;
  readonly contextLength: number;
}

/** On activations of T rows. */
export function elementWise(T: number, { C, M, V, H, L, contextLength }: Widths): Operation[] {
  const row = FLOAT_BYTES * T * C;
  const wide = FLOAT_BYTES * T * M;
  const dropout = { probability: 0.1, key: [3, 4] as const };
  const rotary = { heads: H, base: ROTARY_BASE, eps: NORM_EPS };
  return [
    {
      name: "GELU forward",
      count: L,
      bytes: 2 * wide,
      make(inputs) {
        const [out, inp] = [inputs.floats(T, M), inputs.floats(T, M)];
        return { run: () => inputs.backend.geluForward(out, inp), outputs: [out] };
      },
    },
    {
      name: "GELU backward",
      count: L,
      bytes: 3 * wide,
      make(inputs) {
        const [dInp, dOut, inp] = [inputs.floats(T, M), inputs.floats(T, M), inputs.floats(T, M)];
        return { run: () => inputs.backend.geluBackward(dInp, dOut, inp), outputs: [dInp] };
      },
    },
    {
      name: "RMSNorm forward",
      count: 2 * L + 1,
      bytes: 2 * row,
      make(inputs) {
        const [out, rstd, inp] = [inputs.floats(T, C), inputs.floats(T), inputs.floats(T, C)];
        const weight = inputs.floats(C);
        return {
          run: () => inputs.backend.rmsNormForward(out, rstd, inp, weight, NORM_EPS),
          outputs: [out, rstd],
        };
      },
    },
    {
      name: "RMSNorm backward",
      count: 2 * L + 1,
      bytes: 4 * row,
      make(inputs) {
        const [dInp, dWeight, dOut] = [inputs.floats(T, C), inputs.floats(C), inputs.floats(T, C)];
        const [inp, weight, rstd] = [inputs.floats(T, C), inputs.floats(C), inputs.positive(T)];
        return {
          run: () => inputs.backend.rmsNormBackward(dInp, dWeight, dOut, inp, weight, rstd),
          outputs: [dInp, dWeight],
        };
      },
    },
    {
      name: "residual + dropout forward",
      count: 2 * L + 1,
      bytes: 3 * row,
      make(inputs) {
        const [out, residual, branch] = [inputs.floats(T, C), inputs.floats(T, C), inputs.floats(T, C)];
        return { run: () => inputs.backend.residualForward(out, residual, branch, dropout), outputs: [out] };
      },
    },
    {
      name: "dropout backward",
      count: 2 * L + 1,
      bytes: 2 * row,
      make(inputs) {
        const [dBranch, dOut] = [inputs.floats(T, C), inputs.floats(T, C)];
        return { run: () => inputs.backend.residualBackward(dBranch, dOut, dropout), outputs: [dBranch] };
      },
    },
    {
      name: "q, k norm and rotary forward",
      count: L,
      bytes: 4 * row,
      make(inputs) {
        const [qkv, rstd] = [inputs.floats(T, 3 * C), inputs.floats(T, 2 * H)];
        const positions = inputs.integers(T, contextLength);
        return {
          run: () => inputs.backend.qkNormRotaryForward(qkv, rstd, positions, rotary),
          outputs: [qkv, rstd],
        };
      },
    },
    {
      name: "q, k norm and rotary backward",
      count: L,
      bytes: 6 * row,
      make(inputs) {
        const [dQkv, qkv, rstd] = [
          inputs.floats(T, 3 * C),
          inputs.floats(T, 3 * C),
          inputs.positive(T, 2 * H),
        ];
        const positions = inputs.integers(T, contextLength);
        return {
          run: () => inputs.backend.qkNormRotaryBackward(dQkv, qkv, rstd, positions, rotary),
          outputs: [dQkv],
        };
      },
    },
    {
      name: "value residual",
      count: 2 * L - 1,
      bytes: 3 * row,
      make(inputs) {
        const [target, source] = [inputs.floats(T, 3 * C), inputs.floats(T, 3 * C)];
        const columns = { to: 2 * C, from: 2 * C, count: C - 1 };
        return { run: () => inputs.backend.addColumns(target, source, columns), outputs: [target] };
      },
    },
    {
      name: "embedding forward",
      count: 1,
      bytes: 2 * row,
      make(inputs) {
        const [out, table, tokens] = [inputs.floats(T, C), inputs.floats(V, C), inputs.integers(T, V)];
        return {
          run: () => inputs.backend.embeddingForward(out, tokens, table, null, null),
          outputs: [out],
        };
      },
    },
    {
      name: "embedding backward",
      count: 1,
      bytes: 3 * row,
      make(inputs) {
        const [dTable, dOut, tokens] = [inputs.floats(V, C), inputs.floats(T, C), inputs.integers(T, V)];
        return {
          run: () => inputs.backend.embeddingBackward(dTable, null, dOut, tokens, null),
          outputs: [dTable],
        };
      },
    },
  ];
}

/** Over all P parameters; the workers share it. */
export function optimizer(P: number, shards: number): Operation[] {
  const bytes = FLOAT_BYTES * P;
  const options = { learningRate: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, step: 10 };
  return [
    {
      name: "AdamW, all parameters",
      count: 1,
      bytes: 7 * bytes,
      make(inputs) {
        const [p, g, m, v] = [inputs.floats(P), inputs.floats(P), inputs.floats(P), inputs.positive(P)];
        return {
          run: () => inputs.backend.adamW(p, g, m, v, { ...options, gradientScale: 0.5 }),
          outputs: [p, m, v],
        };
      },
    },
    {
      name: "sums of squares, all parameters",
      count: 1,
      bytes,
      make(inputs) {
        const [sums, values] = [inputs.floats(Math.ceil(P / 4096)), inputs.floats(P)];
        return { run: () => inputs.backend.sumSquares(sums, values, 4096), outputs: [sums] };
      },
    },
    {
      name: "sum of two gradients",
      count: shards - 1,
      bytes: 3 * bytes,
      make(inputs) {
        const [target, source] = [inputs.floats(P), inputs.floats(P)];
        return { run: () => inputs.backend.add(target, source), outputs: [target] };
      },
    },
  ];
}
