/**
 * The operations whose time is arithmetic: matrix products, the head with its loss, attention. A step is
 * micro-batches of T rows, L layers.
 */
import type { ModelConfig } from "../src/config.ts";
import { attentionScale } from "../src/model/architecture.ts";
import type { Call, Inputs, Operation } from "./operation.ts";

/** Rows of a document, about the mean of real proofs at a context of 256. */
const DOCUMENT_ROWS = 180;

/** out (T, N) = inp (T, K) @ weight (N, K)^T and its two backward products, for each shape: a name, N, K. */
export function products(
  T: number,
  L: number,
  shapes: readonly (readonly [string, number, number])[],
): Operation[] {
  return shapes.flatMap(([name, N, K]): Operation[] => {
    const common = { count: L, flops: 2 * T * N * K };
    return [
      {
        name: `${name} forward`,
        ...common,
        make(inputs) {
          const [out, inp, weight] = [inputs.floats(T, N), inputs.floats(T, K), inputs.floats(N, K)];
          return { run: () => inputs.backend.linearForward(out, inp, weight), outputs: [out] };
        },
      },
      {
        name: `${name} backward input`,
        ...common,
        make(inputs) {
          const [dInp, dOut, weight] = [inputs.floats(T, K), inputs.floats(T, N), inputs.floats(N, K)];
          return { run: () => inputs.backend.linearBackwardInput(dInp, dOut, weight), outputs: [dInp] };
        },
      },
      {
        name: `${name} backward weight`,
        ...common,
        make(inputs) {
          const [dWeight, dOut, inp] = [inputs.floats(N, K), inputs.floats(T, N), inputs.floats(T, K)];
          return { run: () => inputs.backend.linearBackwardWeight(dWeight, dOut, inp), outputs: [dWeight] };
        },
      },
    ];
  });
}

/** hidden (T, C) to logits over V tokens, their loss and its gradients. */
export function crossEntropy(T: number, C: number, V: number): Operation {
  return {
    name: "cross-entropy head, with gradients",
    count: 1,
    flops: 6 * T * V * C,
    make(inputs) {
      const [losses, hidden, table] = [inputs.floats(T), inputs.floats(T, C), inputs.floats(V, C)];
      const targets = inputs.integers(T, V);
      const gradients = {
        dHidden: inputs.floats(T, C),
        dTable: inputs.floats(V, C),
        rowScales: inputs.floats(T),
      };
      return {
        run: () => inputs.backend.crossEntropyHead(losses, hidden, table, targets, gradients),
        outputs: [losses, gradients.dHidden, gradients.dTable],
      };
    },
  };
}

/** Causal attention inside documents. */
export function attention(model: ModelConfig, T: number): Operation[] {
  const { dModel: C, nHeads: H, nLayers: L, contextLength } = model;
  const length = Math.min(DOCUMENT_ROWS, contextLength);
  const bounds = Int32Array.from({ length: Math.ceil(T / length) + 1 }, (_, d) => Math.min(d * length, T));
  const lengths = Array.from(bounds.subarray(1), (end, d) => end - bounds[d]!);
  const pairs = lengths.reduce((sum, rows) => sum + rows * (rows + 1) / 2, 0);
  const options = {
    heads: H,
    scale: attentionScale(model),
    dropout: { probability: 0.1, key: [1, 2] as const },
    dropoutStride: contextLength,
  };
  const make = (inputs: Inputs): { forward: Call; backward: Call } => {
    const { backend } = inputs;
    const [out, sums, qkv] = [inputs.floats(T, C), inputs.floats(H, T), inputs.floats(T, 3 * C)];
    const [dQkv, dOut] = [inputs.floats(T, 3 * C), inputs.floats(T, C)];
    const forward = (): void => backend.attentionForward(out, sums, qkv, { bounds }, options);
    forward(); // its outputs are the backward pass's inputs
    const backward = (): void => {
      backend.attentionBackward(dQkv, dOut, out, sums, qkv, { bounds }, options);
    };
    return {
      forward: { run: forward, outputs: [out, sums] },
      backward: { run: backward, outputs: [dQkv] },
    };
  };
  return [
    { name: "attention forward", count: L, flops: 4 * pairs * C, make: (inputs) => make(inputs).forward },
    { name: "attention backward", count: L, flops: 10 * pairs * C, make: (inputs) => make(inputs).backward },
  ];
}
