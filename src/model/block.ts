// One transformer block over ragged rows, for training and decoding alike:
//     middle = inp    + dropout(attention(norm1(inp)) @ proj^T)
//     out    = middle + dropout(gelu(norm2(middle) @ fc1^T) @ fc2^T)
// A pointer model's blocks have no norm2: both halves take norm1(inp), side by side (Wang 2021, GPT-J), so
// that all of the first block before its attention depends on the token alone (src/export/token_table.ts).
// The forward pass returns what the backward pass needs; both allocate in the caller's scope.
import type { Backend, Columns, Dropout, RotaryOptions, Tensor } from "../backend/mod.ts";
import type { ModelConfig } from "../config.ts";
import { HEAD_EPS, isPointerModel, NORM_EPS, ROTARY_BASE } from "./architecture.ts";
import type { Attention, BatchAttention } from "./attention.ts";
import type { BlockWeights, ModelWeights } from "./parameters.ts";
import { copyingHead } from "./pointer.ts";

/** The dropout of each place in the model during one pass; null: none. */
export type DropoutSource = (site: number) => Dropout | null;

/** What the blocks of one pass share. */
export interface Pass {
  readonly backend: Backend;
  readonly config: ModelConfig;
  readonly weights: ModelWeights;
  readonly attention: Attention;
  /** (T) int32 */
  readonly positions: Tensor;
  /** (T, 3C) in a pointer model: the first block's, whose values are added to the others'. Null in others. */
  readonly firstQkv: Tensor | null;
  /** (T, 2D + 1) in a pointer model, zeros at first: takes the copying head's queries and keys. */
  readonly copying: Tensor | null;
  /** Site 0: the embedding. Then three a block: attention's probabilities, its output, the MLP's output. */
  readonly dropout: DropoutSource;
  /** The backend's product with a block's weights. Few rows, at inference, read them where they lie. */
  readonly product: "linearForward" | "linearFewRows";
  /** Where activations lie: perhaps in fewer bits, as training keeps them, or in float32. */
  readonly storage: "allocateActivation" | "allocateUninitialized";
}

/** A pass that can go back. */
export type TrainingPass = Pass & { readonly attention: BatchAttention };

/** What a block's forward pass keeps. T rows, C = dModel, M = dMlp, H heads. */
export interface BlockActivations {
  readonly inp: Tensor; // (T, C)
  readonly rstd1: Tensor; // (T)
  readonly normed1: Tensor; // (T, C) norm1's output
  readonly qkv: Tensor; // (T, 3C), queries and keys as attention takes them
  readonly qkRstd: Tensor | null; // (T, 2H), with rotary positions
  readonly mixed: Tensor; // (T, C) attention's output
  readonly logSumExp: Tensor | null; // (H, T), in training
  readonly middle: Tensor; // (T, C) the residual stream between the halves
  readonly rstd2: Tensor | null; // (T), with norm2
  readonly normed2: Tensor; // (T, C) norm2's output, or norm1's where it serves both halves
  readonly hidden: Tensor; // (T, M) before GELU
  readonly activated: Tensor; // (T, M) after GELU
}

const SITES_PER_BLOCK = 3;

/** inp (T, C) → out (T, C), which may be inp where there is no way back. */
export function blockForward(pass: Pass, index: number, inp: Tensor, out: Tensor): BlockActivations {
  const { backend, config, product, dropout } = pass;
  const weights = pass.weights.blocks[index]!;
  const { dModel: C, dMlp: M, nHeads: H } = config;
  const T = inp.shape[0]!;
  const site = firstSite(index);
  const rows = (...shape: number[]): Tensor => backend.allocateUninitialized([T, ...shape]);
  const kept = (width: number): Tensor => backend[pass.storage]([T, width]);

  const [rstd1, normed1] = [rows(), kept(C)];
  backend.rmsNormForward(normed1, rstd1, inp, weights.norm1, NORM_EPS);
  const qkv = index === 0 ? pass.firstQkv ?? kept(3 * C) : kept(3 * C);
  backend[product](qkv, normed1, weights.qkv);
  if (index > 0 && pass.firstQkv !== null) backend.addColumns(qkv, pass.firstQkv, valueColumns(config));
  const qkRstd = isPointerModel(config) ? rows(2 * H) : null;
  if (qkRstd !== null) turnHeads(pass, index, { qkv, qkRstd });
  const mixed = kept(C);
  const logSumExp = pass.attention.forward(index, mixed, qkv, dropout(site));
  const middle = rows(C);
  backend[product](middle, mixed, weights.proj);
  backend.residualForward(middle, inp, middle, dropout(site + 1));

  const [rstd2, normed2] = weights.norm2 === null ? [null, normed1] : [rows(), kept(C)];
  if (rstd2 !== null) backend.rmsNormForward(normed2, rstd2, middle, weights.norm2!, NORM_EPS);
  const [hidden, activated] = [kept(M), kept(M)];
  backend[product](hidden, normed2, weights.fc1);
  backend.geluForward(activated, hidden);
  backend[product](out, activated, weights.fc2);
  backend.residualForward(out, middle, out, dropout(site + 2));
  return { inp, rstd1, normed1, qkv, qkRstd, mixed, logSumExp, middle, rstd2, normed2, hidden, activated };
}

/**
 * The first block of a pointer model where a table has its part before attention, without a way back:
 * tokens (T) → out (T, C), all of it written.
 */
export function firstBlockForward(
  pass: Pass,
  { tokens, tokenTable }: { tokens: Tensor; tokenTable: Tensor },
  out: Tensor,
): void {
  const { backend, config, product, firstQkv: qkv } = pass;
  const { dModel: C, nHeads: H } = config;
  const row = (width: number): Tensor => backend.allocateUninitialized([tokens.size, width]);
  const [looked, qkRstd, mixed, branch] = [row(4 * C), row(2 * H), row(C), row(C)];
  backend.embeddingForward(looked, tokens, tokenTable, null, null);
  for (const [target, from, count] of [[out, 0, C], [qkv!, C, 3 * C]] as const) {
    backend.zero(target);
    backend.addColumns(target, looked, { to: 0, from, count });
  }
  turnHeads(pass, 0, { qkv: qkv!, qkRstd });
  pass.attention.forward(0, mixed, qkv!, null);
  backend[product](branch, mixed, pass.weights.blocks[0]!.proj);
  backend.add(out, branch);
}

/** Gradients of what blocks share in a pointer model, shaped as in {@linkcode Pass}. */
export interface SharedGradients {
  readonly dFirstQkv: Tensor;
  readonly dCopying: Tensor;
}

/**
 * dStream (T, C): on entry the gradient of `out`, on return that of `inp`. Gradients of the weights
 * accumulate; so do the first block's values, in dFirstQkv (T, 3C), from the last block to the second.
 */
export function blockBackward(
  pass: TrainingPass,
  gradients: BlockWeights,
  index: number,
  kept: BlockActivations,
  dStream: Tensor,
  shared: SharedGradients | null,
): void {
  const { backend, config, dropout } = pass;
  const weights = pass.weights.blocks[index]!;
  const { dModel: C, dMlp: M } = config;
  const T = dStream.shape[0]!;
  const site = firstSite(index);
  using _scope = backend.scope();
  const rows = (width: number): Tensor => backend.allocateUninitialized([T, width]);
  const [dBranch, dNormed, dMixed, dHidden, dQkv] = [rows(C), rows(C), rows(C), rows(M), rows(3 * C)];

  backend.residualBackward(dBranch, dStream, dropout(site + 2));
  backend.linearBackwardWeight(gradients.fc2, dBranch, kept.activated);
  backend.linearBackwardInput(dHidden, dBranch, weights.fc2);
  backend.geluBackward(dHidden, dHidden, kept.hidden);
  backend.linearBackwardWeight(gradients.fc1, dHidden, kept.normed2);
  backend.linearBackwardInput(dNormed, dHidden, weights.fc1);
  if (kept.rstd2 !== null) {
    backend.rmsNormBackward(dStream, gradients.norm2!, dNormed, kept.middle, weights.norm2!, kept.rstd2);
  }

  backend.residualBackward(dBranch, dStream, dropout(site + 1));
  backend.linearBackwardWeight(gradients.proj, dBranch, kept.mixed);
  backend.linearBackwardInput(dMixed, dBranch, weights.proj);
  const forward = { out: kept.mixed, logSumExp: kept.logSumExp!, qkv: kept.qkv };
  pass.attention.backward(dQkv, dMixed, forward, dropout(site));
  if (shared !== null) {
    const [target, source] = index > 0 ? [shared.dFirstQkv, dQkv] : [dQkv, shared.dFirstQkv];
    backend.addColumns(target, source, valueColumns(config));
    for (const { own, ofQkv, count } of copyingHead(config, index)) {
      backend.addColumns(dQkv, shared.dCopying, { to: ofQkv, from: own, count });
    }
  }
  if (kept.qkRstd !== null) {
    backend.qkNormRotaryBackward(dQkv, kept.qkv, kept.qkRstd, pass.positions, rotaryOptions(config));
  }
  backend.linearBackwardWeight(gradients.qkv, dQkv, kept.normed1);
  const dInput = kept.rstd2 === null ? dBranch : dNormed;
  backend.linearBackwardInput(dInput, dQkv, weights.qkv);
  if (kept.rstd2 === null) backend.add(dInput, dNormed);
  backend.rmsNormBackward(dStream, gradients.norm1, dInput, kept.inp, weights.norm1, kept.rstd1);
}

/** Queries and keys in qkv (T, 3C): heads of RMS 1, turned by their positions; the copying head's are kept. */
function turnHeads(pass: Pass, index: number, { qkv, qkRstd }: { qkv: Tensor; qkRstd: Tensor }): void {
  const { backend, config, copying } = pass;
  backend.qkNormRotaryForward(qkv, qkRstd, pass.positions, rotaryOptions(config));
  if (copying === null) return;
  for (const { own, ofQkv, count } of copyingHead(config, index)) {
    backend.addColumns(copying, qkv, { to: own, from: ofQkv, count });
  }
}

function firstSite(index: number): number {
  return 1 + SITES_PER_BLOCK * index;
}

/** The values in qkv (T, 3C), but for the last column, which no block reads of the first (parameters.ts). */
function valueColumns({ dModel: C }: ModelConfig): Columns {
  return { to: 2 * C, from: 2 * C, count: C - 1 };
}

function rotaryOptions({ nHeads }: ModelConfig): RotaryOptions {
  return { heads: nHeads, base: ROTARY_BASE, eps: HEAD_EPS };
}
