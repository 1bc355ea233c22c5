/**
 * The seam's operations as tests call them, forward and backward together, by sizes: whatever backend runs
 * them, the reference says what is right.
 */
import type { Dropout, Tensor } from "../../src/backend/mod.ts";
import { boundsOf, type Inputs, matricesIn, type Operation } from "./compare.ts";

/** A dropout whose key has all its bits in use. */
export const DROPOUT: Dropout = { probability: 0.3, key: [0x9abcdef0, 0x12345678] };

/** The three products of a linear layer of T rows, from K to N columns. */
export function linearOperation([T, N, K]: readonly [number, number, number]): Operation {
  return (inputs) => {
    const [out, dInp, dWeight] = [inputs.activationOutput(T, N), inputs.output(T, K), inputs.floats([N, K])];
    const [inp, weight, dOut] = [inputs.activation([T, K]), inputs.floats([N, K]), inputs.floats([T, N])];
    inputs.backend.linearForward(out, inp, weight);
    inputs.backend.linearBackwardInput(dInp, dOut, weight);
    inputs.backend.linearBackwardWeight(dWeight, dOut, inp);
    return [out, dInp, dWeight];
  };
}

/** T rows of C columns out of a table of V, and their gradient; perhaps with positions. */
export function embeddingOperation(
  [T, C, V]: readonly [number, number, number],
  { hasPositions }: { readonly hasPositions: boolean },
): Operation {
  return (inputs) => {
    const [out, dTable, dPlaces] = [inputs.output(T, C), inputs.floats([V, C]), inputs.floats([20, C])];
    const [table, places, dOut] = [inputs.floats([V, C]), inputs.floats([20, C]), inputs.floats([T, C])];
    const [tokens, positions] = [inputs.integers(T, 0, V), hasPositions ? inputs.integers(T, 0, 20) : null];
    inputs.backend.embeddingForward(out, tokens, table, positions, hasPositions ? places : null);
    inputs.backend.embeddingBackward(dTable, hasPositions ? dPlaces : null, dOut, tokens, positions);
    return [out, dTable, dPlaces];
  };
}

/** RMSNorm of T rows of C columns. */
export function rmsNormOperation([T, C]: readonly [number, number]): Operation {
  return (inputs) => {
    const [out, rstd] = [inputs.activationOutput(T, C), inputs.output(T)];
    const [inp, weight, dOut] = [inputs.floats([T, C]), inputs.floats([C]), inputs.floats([T, C])];
    const [dInp, dWeight] = [inputs.floats([T, C]), inputs.floats([C])];
    inputs.backend.rmsNormForward(out, rstd, inp, weight, 1e-6);
    inputs.backend.rmsNormBackward(dInp, dWeight, dOut, inp, weight, rstd);
    return [out, rstd, dInp, dWeight];
  };
}

/** GELU and its derivative from -12 to 12. The results' root mean squares are 4.9 and 0.71. */
export function geluOperation(): Operation {
  const size = 24001;
  const values = Float32Array.from({ length: size }, (_, i) => (i - 12000) / 1000);
  return (inputs) => {
    const [inp, out] = [inputs.stored([size], values), inputs.activationOutput(size)];
    const [dInp, ones] = outputs(inputs, 2, size);
    inputs.backend.write(ones!, new Float32Array(size).fill(1));
    inputs.backend.geluForward(out, inp);
    inputs.backend.geluBackward(dInp!, ones!, inp);
    return [out, dInp!];
  };
}

/** Everything that goes element by element, and the sums of squares. */
export function elementwiseOperation(size: number, dropout: Dropout | null): Operation {
  return (inputs) => {
    const { backend } = inputs;
    const [a, b] = [inputs.floats([size]), inputs.floats([size], 3)];
    const sum = inputs.floats([size]);
    const [out, alone, dBranch, dGelu] = outputs(inputs, 4, size);
    const [squares, clipped] = [inputs.output(Math.ceil(size / 7)), inputs.output(2)];
    backend.residualForward(out!, a, b, dropout);
    backend.residualForward(alone!, null, b, dropout);
    backend.residualBackward(dBranch!, a, dropout);
    backend.geluBackward(dGelu!, a, b);
    backend.add(sum, a);
    backend.sumSquares(squares, b, 7);
    backend.clipScale(clipped, squares, 0.5, inputs.floats([1]));
    return [out!, alone!, dBranch!, dGelu!, sum, squares, clipped];
  };
}

/** The same in place, and between parts of one tensor, which begin at any element. */
export function inPlaceOperation(size: number, skipped: number): Operation {
  return (inputs) => {
    const { backend } = inputs;
    const all = inputs.floats([3 * size + skipped]);
    const part = (i: number): Tensor => backend.view(all, skipped + i * size, [size]);
    backend.geluForward(part(0), part(0));
    backend.residualForward(part(0), part(0), part(1), DROPOUT);
    backend.residualForward(part(1), part(2), part(1), null);
    backend.residualBackward(part(2), part(2), DROPOUT);
    backend.add(part(2), part(0));
    backend.geluBackward(part(0), part(0), part(1));
    backend.zero(backend.view(part(1), 2, [3]));
    return [all];
  };
}

/** Normalised rotary queries and keys of T rows with H heads of D columns, and a value residual. */
export function rotaryOperation([T, H, D]: readonly [number, number, number]): Operation {
  return (inputs) => {
    const [qkv, rstd, dQkv] = [
      inputs.activation([T, 3 * H * D]),
      inputs.output(T, 2 * H),
      inputs.floats([T, 3 * H * D]),
    ];
    const positions = inputs.integers(T, 0, 700);
    const options = { heads: H, base: 1000, eps: 1e-6 };
    inputs.backend.qkNormRotaryForward(qkv, rstd, positions, options);
    inputs.backend.qkNormRotaryBackward(dQkv, qkv, rstd, positions, options);
    inputs.backend.addColumns(dQkv, qkv, { to: 2 * H * D, from: 1, count: H * D - 1 });
    return [qkv, rstd, dQkv];
  };
}

/** Attention over documents of these lengths. */
export function attentionOperation(
  lengths: readonly number[],
  heads: number,
  headSize: number,
  dropout: Dropout | null = DROPOUT,
): Operation {
  const bounds = boundsOf(lengths);
  const [T, C] = [bounds.at(-1)!, heads * headSize];
  return (inputs) => {
    const [out, lse] = [inputs.activationOutput(T, C), inputs.output(heads, T)];
    const dQkv = inputs.output(T, 3 * C);
    const [qkv, dOut] = [inputs.activation([T, 3 * C]), inputs.floats([T, C])];
    const options = { heads, scale: 1 / Math.sqrt(headSize), dropout, dropoutStride: 193 };
    inputs.backend.attentionForward(out, lse, qkv, { bounds }, options);
    inputs.backend.attentionBackward(dQkv, dOut, out, lse, qkv, { bounds }, options);
    return [out, lse, dQkv];
  };
}

/**
 * T rows with H heads of D columns over a cache of 50 entries, each row over its own, at most `longest`, in
 * an order of their own.
 */
export function cachedAttentionOperation(
  [longest, T, H, D]: readonly [number, number, number, number],
): Operation {
  return (inputs) => {
    const [L, size] = [50, 3 * longest + 30];
    const [out, qkv] = [inputs.output(T, H * D), inputs.floats([T, 3 * H * D])];
    const [keys, values] = [inputs.floats([H, L, D]), inputs.floats([H, L, D])];
    const [slots, ranges] = [[T], [T, 2]].map((shape) => inputs.backend.allocate(shape, "i32"));
    inputs.backend.write(slots!, Int32Array.from({ length: T }, (_, t) => (L - 1 + 7 * t) % L));
    const bounds = Array.from({ length: T }, (_, t) => {
      const first = (7 * t) % (size - longest);
      return [first, first + Math.max(1, longest - 3 * t)];
    });
    inputs.backend.write(ranges!, Int32Array.from(bounds.flat()));
    inputs.backend.storeKeysValues(keys, values, qkv, slots!);
    const entries = { slots: inputs.integers(size, 0, L), ranges: ranges! };
    inputs.backend.attentionCached(out, qkv, keys, values, entries, { scale: 0.4 });
    return [out, keys, values];
  };
}

/** Cross-entropy of T rows of C columns over V classes. */
export function headOperation(
  [T, V, C]: readonly [number, number, number],
  { hasGradients = true } = {},
): Operation {
  return (inputs) => {
    const [losses, dHidden, dTable] = [inputs.output(T), inputs.output(T, C), inputs.floats([V, C])];
    const [hidden, table] = [inputs.floats([T, C]), inputs.floats([V, C])];
    const targets = inputs.integers(T, -1, V);
    const gradients = hasGradients ? { dHidden, dTable, rowScales: inputs.floats([T]) } : null;
    inputs.backend.crossEntropyHead(losses, hidden, table, targets, gradients);
    return hasGradients ? [losses, dHidden, dTable] : [losses];
  };
}

/**
 * How far a pointer's results may be apart: a weight is the exponential of a float32 difference of sums of up
 * to 100 products.
 */
export const POINTER_BOUND = 2e-5;

/**
 * Copies mixed into the output, over documents of these lengths, of five tokens: most rows have one to copy.
 */
export function pointerOperation(
  lengths: readonly number[],
  D: number,
  { hasGradients = true } = {},
): Operation {
  return (inputs) => {
    const { backend } = inputs;
    const bounds = boundsOf(lengths);
    const T = bounds.at(-1)!;
    const [projected, tokens, targets] = [
      inputs.floats([T, 2 * D + 1]),
      inputs.integers(T, 0, 5),
      inputs.integers(T, -1, 5),
    ];
    const [losses, rowScales, dProjected] = [
      inputs.stored([T], Float32Array.from({ length: T }, (_, t) => (t % 7) / 2)),
      inputs.floats([T]),
      inputs.output(T, 2 * D + 1),
    ];
    const options = { scale: 4 / D, ownScore: 1.5, floor: 1e-30 };
    const rows = { tokens, targets, documents: { bounds } };
    const gradients = hasGradients ? { rowScales, dProjected } : null;
    backend.pointerMixture(losses, projected, rows, options, gradients);
    return hasGradients ? [losses, rowScales, dProjected] : [losses];
  };
}

/** Four updates with ever smaller gradients. */
export function adamWOperation(size: number): Operation {
  return (inputs) => {
    const { backend } = inputs;
    const [p, m, v] = [inputs.floats([size]), backend.allocate([size]), backend.allocate([size])];
    for (let step = 1; step <= 4; step++) {
      const options = { learningRate: 0.1, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, step };
      backend.adamW(p, inputs.floats([size], 10 ** -step), m, v, { ...options, gradientScale: 0.5 });
    }
    return [p, m, v];
  };
}

/**
 * Two updates of a matrix, or of several, from zero, with a wait between them, so that the orthogonal
 * direction is all that is compared.
 */
export function muonOperation(shape: readonly number[]): Operation {
  return (inputs) => {
    const [matrix, momentum] = [inputs.backend.allocate(shape), inputs.floats(shape, 0.1)];
    const options = { stepSize: 0.1, beta: 0.95, decay: 0.01, gradientScale: 0.5 };
    inputs.backend.muon(matrix, inputs.floats(shape), momentum, matricesIn(shape), options);
    const waiting = { ...options, stepSize: 0, decay: 0 }; // only the momentum changes
    inputs.backend.muon(matrix, inputs.floats(shape), momentum, matricesIn(shape), waiting);
    inputs.backend.muon(matrix, inputs.floats(shape), momentum, matricesIn(shape), options);
    return [matrix, momentum];
  };
}

/**
 * An update of matrices that lie apart from each other, from `first` on, in tensors that hold other things as
 * well.
 */
export function muonPlacesOperation(first: number): Operation {
  return (inputs) => {
    const size = 500;
    const [parameters, momenta] = [inputs.floats([size]), inputs.floats([size], 0.1)];
    const matrices = { rows: 8, columns: 12, offsets: Int32Array.of(first + 200, first, first + 104) };
    const options = { stepSize: 0.1, beta: 0.95, decay: 0.01, gradientScale: 0.5 };
    inputs.backend.muon(parameters, inputs.floats([size]), momenta, matrices, options);
    return [parameters, momenta];
  };
}

/** How far Muon's results may be apart: rounding of small singular values grows by 3.4 an iteration. */
export const MUON_BOUND = 2e-3;

/** Updates whose gradient's factor is a number, or the second of a tensor's two. */
export function scaledUpdatesOperation({ inTensor }: { readonly inTensor: boolean }): Operation {
  return (inputs) => {
    const { backend } = inputs;
    const [p, m, v] = [inputs.floats([64]), inputs.floats([64]), backend.allocate([64])];
    const [q, momentum] = [inputs.floats([8, 8]), inputs.floats([8, 8])];
    const clip = backend.allocate([2]);
    backend.write(clip, Float32Array.of(7, 0.3));
    const gradientScale = inTensor ? backend.view(clip, 1, [1]) : Math.fround(0.3);
    const rate = { learningRate: 0.1, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, step: 3 };
    backend.adamW(p, inputs.floats([64]), m, v, { ...rate, gradientScale });
    const muon = { stepSize: 0.1, beta: 0.95, decay: 0, gradientScale };
    backend.muon(q, inputs.floats([8, 8]), momentum, matricesIn([8, 8]), muon);
    return [p, m, v, q, momentum];
  };
}

function outputs(inputs: Inputs, count: number, size: number): Tensor[] {
  return Array.from({ length: count }, () => inputs.output(size));
}
