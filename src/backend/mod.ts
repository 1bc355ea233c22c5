// The seam for compute: src/model is written once over Backend. `reference` (plain loops, the oracle), `wasm`
// (Rust SIMD kernels) and `webgpu` (WGSL kernels) implement it, and know nothing of blocks, batches or
// training. Read this file first, then an operation, by its name, in reference/, wasm/operations/ or
// webgpu/kernels/.
//
// Shapes: T rows (tokens of all documents of a batch, one after the other), C width of the residual stream, H
// heads of D = C / H, V vocabulary, K and N the inner and outer width of a linear layer. Everything is
// float32, row-major, but token ids, positions and targets are int32. Sums have one fixed order in each
// backend.
import { beat } from "../heartbeat.ts";

/** Element type that a tensor is asked for with. */
export type DataType = "f32" | "i32";

/** Element type of a tensor: f16 where a backend keeps activations in half the memory. */
export type StoredType = DataType | "f16";

/** A block of memory of a backend. Only the backend that made it can read it. */
export interface Tensor {
  /** Lengths of its dimensions, row-major. */
  readonly shape: readonly number[];
  /** Type of its elements. */
  readonly dtype: StoredType;
  /** Number of elements. */
  readonly size: number;
}

/**
 * Dropout of one place in the model at one step. Element i is kept, and multiplied by 1 / (1 - probability),
 * when `counterBits(i, key[0], key[1])` (src/rng.ts) is at least probability * 2^32; otherwise it is 0.
 */
export interface Dropout {
  /** In [0, 1). */
  readonly probability: number;
  /** Two 32-bit words that name the stream. */
  readonly key: readonly [number, number];
}

/** The documents of a ragged batch of T rows: attention never crosses them. */
export interface Documents {
  /** The first row of each document, and T. */
  readonly bounds: Int32Array;
}

/** Sizes and options of attention. */
export interface AttentionOptions {
  /** H; divides C. */
  readonly heads: number;
  /** Factor of q · k before the softmax. */
  readonly scale: number;
  /** Of the probabilities; its element for head h, row t and the document's key j: (h T + t) stride + j. */
  readonly dropout: Dropout | null;
  /** Distance between two rows' dropout elements: at least the longest document (contextLength). */
  readonly dropoutStride: number;
}

/** Options of {@linkcode Operations.qkNormRotaryForward}. */
export interface RotaryOptions {
  /** H; C / H is even. */
  readonly heads: number;
  /** Base of the frequencies: pair i of D / 2 turns by position * base^(-2 i / D). */
  readonly base: number;
  /** Added to the mean square. */
  readonly eps: number;
}

/** Entries of a key-value cache: row t sees slots[ranges[t][0]] to slots[ranges[t][1] - 1], in this order. */
export interface CacheEntries {
  /** int32, any number of them: places in the cache. */
  readonly slots: Tensor;
  /** int32 (T, 2): each row's first index into `slots`, and the one after its last; no row's are none. */
  readonly ranges: Tensor;
}

/** Options of {@linkcode Operations.pointerMixture}. */
export interface PointerOptions {
  /** Factor of query · key. */
  readonly scale: number;
  /** Added to the last column of `projected`. */
  readonly ownScore: number;
  /** Added to probabilities before their logarithm. */
  readonly floor: number;
}

/** Which columns {@linkcode Operations.addColumns} adds. */
export interface Columns {
  /** The first in the target. */
  readonly to: number;
  /** The first in the source. */
  readonly from: number;
  /** Their number. */
  readonly count: number;
}

/** The rows of a ragged batch, as {@linkcode Operations.pointerMixture} looks at them. */
export interface PointerRows {
  /** (T) int32 */
  readonly tokens: Tensor;
  /** (T) int32, negative: ignored */
  readonly targets: Tensor;
  /** Which rows belong together. */
  readonly documents: Documents;
}

/** Options of one AdamW update. */
export interface AdamWOptions {
  /** Of this update. */
  readonly learningRate: number;
  /** Decay of the first moment. */
  readonly beta1: number;
  /** Decay of the second moment. */
  readonly beta2: number;
  /** Added to the square root of the second moment. */
  readonly eps: number;
  /** Decoupled: parameters are first multiplied by 1 - learningRate * weightDecay. */
  readonly weightDecay: number;
  /** Updates done, this one included: 1 for the first. */
  readonly step: number;
  /**
   * Factor of the gradient: a number, or a tensor of one, see {@linkcode Operations.clipScale}. With a negative
   * one nothing is changed.
   */
  readonly gradientScale: number | Tensor;
}

/** Matrices of one shape in longer tensors. */
export interface MatrixPlaces {
  /** N */
  readonly rows: number;
  /** K */
  readonly columns: number;
  /** Index of each matrix's first element; none overlap. */
  readonly offsets: Int32Array;
}

/** Options of one Muon update. */
export interface MuonOptions {
  /** Of this update: the factor of an orthogonal matrix. With 0 only the momenta change. */
  readonly stepSize: number;
  /** Decay of the momentum. */
  readonly beta: number;
  /** Decoupled: the matrix is first multiplied by 1 - decay. */
  readonly decay: number;
  /** As {@linkcode AdamWOptions.gradientScale}. */
  readonly gradientScale: number | Tensor;
}

/** Memory of one device, and the operations on it that a model needs. */
export interface Backend extends Operations, Disposable {
  /** "wasm", "reference", … with what a user may want to know ("wasm, 6x16 kernel"). */
  readonly description: string;
  /** New memory, all zeros. @throws {RangeError} when there is not enough, with the bytes asked for */
  allocate(shape: readonly number[], dtype?: DataType): Tensor;
  /** New memory with undefined content: for outputs that are overwritten. */
  allocateUninitialized(shape: readonly number[], dtype?: DataType): Tensor;
  /**
   * The same for what a forward pass keeps for its backward pass, perhaps with fewer bits. Not for gradients,
   * parameters or the residual stream.
   */
  allocateActivation(shape: readonly number[]): Tensor;
  /** As allocateUninitialized, in no scope: {@linkcode Backend.free} gives it back. */
  allocateOwned(shape: readonly number[]): Tensor;
  /** Give back what {@linkcode Backend.allocateOwned} gave. */
  free(tensor: Tensor): void;
  /** Part of a tensor, without a copy: `size` elements from `offset`, with its own shape. */
  view(tensor: Tensor, offset: number, shape: readonly number[]): Tensor;
  /** What is allocated from now on is freed when the scope is disposed. Scopes nest like brackets. */
  scope(): Disposable;
  /** Copy into a tensor as many elements as it has. */
  write(tensor: Tensor, data: Float32Array | Int32Array): void;
  /** Copy out of a tensor, into `target` when given. Waits for the device. */
  read(tensor: Tensor, target?: Float32Array): Promise<Float32Array>;
  /** Set every element to 0. */
  zero(tensor: Tensor): void;
  /** Parameters have changed: nothing derived from them (packed copies of weights) is used any longer. */
  parametersChanged(): void;
}

/** What is computed. No operation allocates what outlives it. */
export interface Operations {
  /** out (T, C) = table[tokens] + positionTable[positions]; overwrites. Positions: both or none. */
  embeddingForward(
    out: Tensor,
    tokens: Tensor,
    table: Tensor,
    positions: Tensor | null,
    positionTable: Tensor | null,
  ): void;
  /** dTable (V, C) and dPositionTable (P, C) accumulate the rows of dOut (T, C), in row order. */
  embeddingBackward(
    dTable: Tensor,
    dPositionTable: Tensor | null,
    dOut: Tensor,
    tokens: Tensor,
    positions: Tensor | null,
  ): void;
  /** out (T, C) = inp * rstd * weight (C), rstd (T) = 1 / sqrt(mean(inp²) + eps); overwrites both. */
  rmsNormForward(out: Tensor, rstd: Tensor, inp: Tensor, weight: Tensor, eps: number): void;
  /** dInp (T, C) and dWeight (C) accumulate. */
  rmsNormBackward(
    dInp: Tensor,
    dWeight: Tensor,
    dOut: Tensor,
    inp: Tensor,
    weight: Tensor,
    rstd: Tensor,
  ): void;
  /** out (T, N) = inp (T, K) @ weight (N, K)^T; overwrites. */
  linearForward(out: Tensor, inp: Tensor, weight: Tensor): void;
  /** As linearForward for few rows; sums have one order whatever their number; no copy of the weight. */
  linearFewRows(out: Tensor, inp: Tensor, weight: Tensor): void;
  /** dInp (T, K) = dOut (T, N) @ weight (N, K); overwrites. */
  linearBackwardInput(dInp: Tensor, dOut: Tensor, weight: Tensor): void;
  /** dWeight (N, K) += dOut (T, N)^T @ inp (T, K); accumulates. */
  linearBackwardWeight(dWeight: Tensor, dOut: Tensor, inp: Tensor): void;
  /** out = inp * Phi(inp), Phi the normal distribution function (exact GELU); overwrites; out may be inp. */
  geluForward(out: Tensor, inp: Tensor): void;
  /** dInp = dOut * (Phi(inp) + inp * phi(inp)); overwrites; dInp may be dOut. */
  geluBackward(dInp: Tensor, dOut: Tensor, inp: Tensor): void;
  /** out = residual + dropout(branch); overwrites; out may be residual or branch. A null residual is 0. */
  residualForward(out: Tensor, residual: Tensor | null, branch: Tensor, dropout: Dropout | null): void;
  /** dBranch = the mask applied to dOut; overwrites; dBranch may be dOut. The residual's is dOut. */
  residualBackward(dBranch: Tensor, dOut: Tensor, dropout: Dropout | null): void;
  /**
   * In place on q and k of qkv (T, 3C): every head's D values are divided by sqrt(mean of squares + eps),
   * then turned by their row's position (pairs: i with i + D / 2). rstd (T, 2H) keeps the factors, q's first.
   */
  qkNormRotaryForward(qkv: Tensor, rstd: Tensor, positions: Tensor, options: RotaryOptions): void;
  /** In place on q and k of dQkv (T, 3C), given qkv as the forward pass left it. */
  qkNormRotaryBackward(
    dQkv: Tensor,
    qkv: Tensor,
    rstd: Tensor,
    positions: Tensor,
    options: RotaryOptions,
  ): void;
  /**
   * Causal attention inside each document: out (T, C) from qkv (T, 3C) = [q | k | v], head h in columns h D
   * to (h + 1) D of each; logSumExp (H, T): the log of each row's softmax denominator. Overwrites both.
   */
  attentionForward(
    out: Tensor,
    logSumExp: Tensor,
    qkv: Tensor,
    documents: Documents,
    options: AttentionOptions,
  ): void;
  /** dQkv (T, 3C); overwrites. */
  attentionBackward(
    dQkv: Tensor,
    dOut: Tensor,
    out: Tensor,
    logSumExp: Tensor,
    qkv: Tensor,
    documents: Documents,
    options: AttentionOptions,
  ): void;
  /** Head h of row t's k and v, of qkv (T, 3C), becomes row slots[t] of head h of keys, values (H, L, D). */
  storeKeysValues(keys: Tensor, values: Tensor, qkv: Tensor, slots: Tensor): void;
  /** out (T, C): qkv's (T, 3C) queries over entries of keys and values (H, L, D); overwrites. */
  attentionCached(
    out: Tensor,
    qkv: Tensor,
    keys: Tensor,
    values: Tensor,
    entries: CacheEntries,
    options: { readonly scale: number },
  ): void;
  /**
   * losses (T) = -log softmax(hidden (T, C) @ table (V, C)^T)[targets], in nats, 0 for negative targets;
   * overwrites. With `gradients` of the sum of rowScales (T) * losses: overwrites dHidden (T, C), accumulates
   * dTable (V, C). The logits of all T rows never exist at once.
   */
  crossEntropyHead(
    losses: Tensor,
    hidden: Tensor,
    table: Tensor,
    targets: Tensor,
    gradients: { readonly dHidden: Tensor; readonly dTable: Tensor; readonly rowScales: Tensor } | null,
  ): void;
  /**
   * The mixture of the vocabulary's distribution and of copies of earlier tokens. Row t of projected (T, 2D +
   * 1) is [query | key | own]. With a the softmax over own_t + ownScore and scale * query_t · key_j of every
   * earlier row j of the document, the probability of the target is p = a_own * exp(-losses[t]) + the sum of
   * a_j where tokens[j + 1] is the target.
   *
   * losses (T): on entry those of the vocabulary alone ({@linkcode Operations.crossEntropyHead}), on return
   * -log(p + floor), 0 where the target is negative. With `gradients`, of the sum of rowScales * losses as
   * returned: overwrites dProjected (T, 2D + 1) = [dQuery | dKey | dOwn], and multiplies rowScales (T) by the
   * vocabulary's share in p, with which its own gradient is scaled: a_own * exp(-losses[t] on entry) / (p +
   * floor), 0 where the target is negative.
   */
  pointerMixture(
    losses: Tensor,
    projected: Tensor,
    rows: PointerRows,
    options: PointerOptions,
    gradients: { readonly rowScales: Tensor; readonly dProjected: Tensor } | null,
  ): void;
  /** target += source. */
  add(target: Tensor, source: Tensor): void;
  /** Columns of target (T, N) += as many of source (T, M). */
  addColumns(target: Tensor, source: Tensor, columns: Columns): void;
  /** Squares summed over each run of `block` elements: sums (ceil(size / block)); overwrites. */
  sumSquares(sums: Tensor, values: Tensor, block: number): void;
  /**
   * out (2) = [norm, min(1, maxNorm / (norm + 1e-6))], norm the root of the sum of `squares`; overwrites. Where
   * norm or `alarm` (1) is not finite, the factor is -1 instead, and alarm is not finite from then on.
   */
  clipScale(out: Tensor, squares: Tensor, maxNorm: number, alarm: Tensor): void;
  /** One AdamW update of all elements, eps added after the root as in torch.optim.AdamW; m, v: moments. */
  adamW(parameters: Tensor, gradients: Tensor, m: Tensor, v: Tensor, options: AdamWOptions): void;
  /**
   * One Muon update (Jordan et al. 2024) of matrices (N, K) at the same places of three tensors: momentum =
   * beta * momentum + (1 - beta) * gradient; the direction (1 - beta) * gradient + beta * momentum
   * (Nesterov), divided by its Frobenius norm, is made nearly orthogonal by five Newton-Schulz iterations X =
   * (3.4445 I - 4.7750 X X^T + 2.0315 (X X^T)^2) X; parameters = (1 - decay) * parameters - stepSize * X.
   */
  muon(
    parameters: Tensor,
    gradients: Tensor,
    momenta: Tensor,
    matrices: MatrixPlaces,
    options: MuonOptions,
  ): void;
}

/** A backend's operations as functions that take one instance of a device first. */
export type OperationTable<Device> = {
  readonly [Name in keyof Operations]: (device: Device, ...inputs: Parameters<Operations[Name]>) => void;
};

/** The operations of a table on one instance. */
export function bindOperations<Device>(table: OperationTable<Device>, device: Device): Operations {
  const runs = Object.entries(table) as [string, (device: Device, ...inputs: never[]) => void][];
  return withBeats(Object.fromEntries(runs.map(([name, run]) => [name, run.bind(null, device)])));
}

/** The same operations, each a sign of life of its thread. */
export function withBeats(operations: object): Operations {
  const runs = Object.entries(operations) as [string, (...inputs: unknown[]) => void][];
  return Object.fromEntries(runs.map(([name, run]) => [name, (...inputs: unknown[]): void => {
    beat();
    run(...inputs);
  }])) as unknown as Operations;
}

/** Number of elements of a shape. @throws {RangeError} when a length is no integer from 0 on */
export function elementCount(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new RangeError(`internal: not a shape: [${shape.join(", ")}]`);
    }
    size *= length;
  }
  return size;
}
