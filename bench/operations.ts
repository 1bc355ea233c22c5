/**
 * Every operation of a training step at the model's shapes: what it computes, how often a micro-batch needs it, how much arithmetic and memory
 * traffic that is. Each is first compared with the reference backend on fewer rows of the same widths, then timed.
 */
import type { Backend, Tensor } from "../src/backend/mod.ts";
import { ReferenceBackend } from "../src/backend/reference/mod.ts";
import type { WasmBackend } from "../src/backend/wasm/mod.ts";
import type { ModelConfig } from "../src/config.ts";
import { attentionForm, NORM_EPS, ROTARY_BASE } from "../src/model/attention_form.ts";
import { parameterTable } from "../src/model/parameters.ts";
import { Rng } from "../src/rng.ts";
import { comparedCpuMs } from "./cpu_time.ts";
import type { PeakProduct } from "./peak.ts";

/** One measured operation. */
export interface OperationTiming {
  readonly name: string;
  /** Of one call. */
  readonly ms: number;
  /** Calls in a step, on all workers together. */
  readonly count: number;
  /** Useful arithmetic of one call; 0 where memory is what counts. */
  readonly flops: number;
  /** Useful arithmetic per second, packing included in the time; null where memory is what counts. */
  readonly gigaflops: number | null;
  /** That by the peak measured in turns with it: the median; null where memory is what counts. */
  readonly peakShare: number | null;
  /** Bytes that must be read and written per second; null where arithmetic is what counts. */
  readonly gigabytes: number | null;
  /** Largest difference from the reference backend, relative to the largest value. */
  readonly difference: number;
}

/** An operation on one backend, its tensors made. */
export interface Call {
  readonly run: () => void;
  readonly outputs: readonly Tensor[];
}

/** What is done, and how much of it. */
export interface Operation {
  readonly name: string;
  readonly count: number;
  readonly flops?: number;
  readonly bytes?: number;
  make(inputs: Inputs): Call;
}

/** Rows on which operations are compared with the reference: whole tiles and a rest. */
const CHECKED_ROWS = 50;
/** Rows of a document, about the mean of real proofs at a context of 256. */
const DOCUMENT_ROWS = 180;
const MAX_DIFFERENCE = 2e-4;
const FLOAT_BYTES = 4;
/** AdamW's moments and the parameters are checked on this many elements. */
const CHECKED_PARAMETERS = 10_000;

/** Check and time all operations at T rows, each in turns with the peak product. @throws {Error} when one differs from the reference */
export async function measureOperations(
  backend: WasmBackend,
  options: { model: ModelConfig; rows: number; shards: number; peak: PeakProduct; budgetMs: number },
): Promise<OperationTiming[]> {
  const { model, rows, shards, peak, budgetMs } = options;
  const checked = checkedOperations(model, shards);
  const timings: OperationTiming[] = [];
  for (const [i, { name, count, flops, bytes, make }] of operations(model, rows, shards).entries()) {
    const difference = await compareWithReference(backend, checked[i]!);
    using _scope = backend.scope();
    const { bestMs: ms, ratio } = comparedCpuMs(make(new Inputs(backend, i)).run, peak.run, budgetMs);
    timings.push({
      name,
      ms,
      count,
      flops: flops ?? 0,
      gigaflops: flops === undefined ? null : flops / ms / 1e6,
      peakShare: flops === undefined ? null : flops / peak.flops / ratio,
      gigabytes: bytes === undefined ? null : bytes / ms / 1e6,
      difference,
    });
  }
  return timings;
}

/** Useful arithmetic of a step. */
export function stepFlops(model: ModelConfig, rows: number, shards: number): number {
  return operations(model, rows, shards).reduce((sum, { flops, count }) => sum + (flops ?? 0) * count, 0);
}

/** The same tensors on any backend: values are a function of the operation's number and the order of calls. */
export class Inputs {
  readonly #rng: Rng;
  constructor(readonly backend: Backend, seed: number) {
    this.#rng = new Rng(seed, "bench");
  }

  /** Values in [-0.5, 0.5). */
  floats(...shape: number[]): Tensor {
    return this.#write(shape, () => this.#rng.uniform() - 0.5);
  }

  /** Values in [0, 1). */
  positive(...shape: number[]): Tensor {
    return this.#write(shape, () => this.#rng.uniform());
  }

  integers(length: number, below: number): Tensor {
    const tensor = this.backend.allocateUninitialized([length], "i32");
    this.backend.write(tensor, Int32Array.from({ length }, () => this.#rng.below(below)));
    return tensor;
  }

  #write(shape: number[], value: () => number): Tensor {
    const tensor = this.backend.allocateUninitialized(shape);
    this.backend.write(tensor, Float32Array.from({ length: tensor.size }, value));
    return tensor;
  }
}

/**
 * The largest difference of an operation's outputs from the reference backend's, relative to each output's largest value.
 *
 * @throws {Error} when it is too large
 */
export async function compareWithReference(backend: Backend, operation: Operation): Promise<number> {
  const reference = new ReferenceBackend();
  const results = [backend, reference].map(async (place) => {
    using _scope = place.scope();
    const { run, outputs } = operation.make(new Inputs(place, 1));
    run();
    return await Promise.all(outputs.map((output) => place.read(output)));
  });
  const [actual, expected] = await Promise.all(results);
  let worst = 0;
  for (const [i, values] of expected!.entries()) {
    const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-6);
    for (let j = 0; j < values.length; j++) {
      worst = Math.max(worst, Math.abs(values[j]! - actual![i]![j]!) / largest);
    }
  }
  if (!(worst <= MAX_DIFFERENCE)) throw new Error(`${operation.name} differs from the reference by ${worst}`);
  return worst;
}

/** The operations of {@linkcode operations}, so small that they can be compared with the reference. */
export function checkedOperations(model: ModelConfig, shards: number): Operation[] {
  return operations(model, CHECKED_ROWS, shards, CHECKED_PARAMETERS);
}

/** A step is `shards` micro-batches of T rows. */
export function operations(
  model: ModelConfig,
  T: number,
  shards: number,
  parameters = parameterTable(model).size,
): Operation[] {
  const { dModel: C, dMlp: M, vocabSize: V, nHeads: H, nLayers: L, contextLength } = model;
  const ofOneShard = [
    ...products(T, L, [["qkv", 3 * C, C], ["proj", C, C], ["fc1", M, C], ["fc2", C, M]]),
    crossEntropy(T, C, V),
    ...attention(model, T),
    ...elementWise(T, { C, M, V, H, L, contextLength }),
  ];
  return [
    ...ofOneShard.map((operation) => ({ ...operation, count: operation.count * shards })),
    ...optimizer(parameters, shards),
  ];
}

function products(T: number, L: number, shapes: readonly (readonly [string, number, number])[]): Operation[] {
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

function crossEntropy(T: number, C: number, V: number): Operation {
  return {
    name: "cross-entropy head, with gradients",
    count: 1,
    flops: 6 * T * V * C,
    make(inputs) {
      const [losses, hidden, table] = [inputs.floats(T), inputs.floats(T, C), inputs.floats(V, C)];
      const targets = inputs.integers(T, V);
      const gradients = { dHidden: inputs.floats(T, C), dTable: inputs.floats(V, C), scale: 1 };
      return {
        run: () => inputs.backend.crossEntropyHead(losses, hidden, table, targets, gradients),
        outputs: [losses, gradients.dHidden, gradients.dTable],
      };
    },
  };
}

function attention(model: ModelConfig, T: number): Operation[] {
  const { dModel: C, nHeads: H, nLayers: L, contextLength } = model;
  const length = Math.min(DOCUMENT_ROWS, contextLength);
  const bounds = Int32Array.from({ length: Math.ceil(T / length) + 1 }, (_, d) => Math.min(d * length, T));
  const lengths = Array.from(bounds.subarray(1), (end, d) => end - bounds[d]!);
  const pairs = lengths.reduce((sum, rows) => sum + rows * (rows + 1) / 2, 0);
  const options = {
    heads: H,
    scale: attentionForm(model).scale,
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

interface Widths {
  readonly C: number;
  readonly M: number;
  readonly V: number;
  readonly H: number;
  readonly L: number;
  readonly contextLength: number;
}

function elementWise(T: number, { C, M, V, H, L, contextLength }: Widths): Operation[] {
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

/** Over all parameters; the workers share it. */
function optimizer(P: number, shards: number): Operation[] {
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
