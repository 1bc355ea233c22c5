/**
 * One transformer block, forward and backward, over ragged rows:
 *
 *     middle = inp    + dropout(attention(norm1(inp)) @ proj^T)
 *     out    = middle + dropout(gelu(norm2(middle) @ fc1^T) @ fc2^T)
 *
 * The forward pass keeps what the backward pass needs; both allocate in the caller's scope.
 */
import type { AttentionOptions, Backend, Documents, Dropout, Tensor } from "../backend/mod.ts";
import type { ModelConfig } from "../config.ts";
import { attentionScale, isPointerModel, NORM_EPS, ROTARY_BASE } from "./architecture.ts";
import type { BlockWeights } from "./weights.ts";

/** What the blocks of one pass share. */
export interface PassContext {
  readonly backend: Backend;
  readonly config: ModelConfig;
  readonly documents: Documents;
  /** (T) int32 */
  readonly positions: Tensor;
  /** (T, 3C) with value residuals: the first block's queries, keys and values. Null without. */
  readonly firstQkv: Tensor | null;
  /** The dropout of a place in the model, or null in evaluation. */
  dropout(site: number): Dropout | null;
}

/** What a block's forward pass keeps. T rows, C = dModel, M = dMlp, H heads. */
export interface BlockActivations {
  /** (T, C) */
  readonly inp: Tensor;
  /** (T) */
  readonly rstd1: Tensor;
  /** (T, C) norm1's output */
  readonly normed1: Tensor;
  /** (T, 3C), queries and keys as attention takes them */
  readonly qkv: Tensor;
  /** (T, 2H), with rotary positions */
  readonly qkRstd: Tensor | null;
  /** (T, C) */
  readonly mixed: Tensor;
  /** (H, T) */
  readonly logSumExp: Tensor;
  /** (T, C) the residual stream between the halves */
  readonly middle: Tensor;
  /** (T) */
  readonly rstd2: Tensor;
  /** (T, C) norm2's output */
  readonly normed2: Tensor;
  /** (T, M) before GELU */
  readonly hidden: Tensor;
  /** (T, M) after GELU */
  readonly activated: Tensor;
  /** (T, C) */
  readonly out: Tensor;
}

/** Places with dropout in one block: attention probabilities, attention's output, the MLP's output. */
const SITES_PER_BLOCK = 3;

/** inp (T, C) → activations, of which `out` (T, C) goes on. */
export function blockForward(
  pass: PassContext,
  weights: BlockWeights,
  index: number,
  inp: Tensor,
): BlockActivations {
  const { backend, config, documents, positions } = pass;
  const { dModel: C, dMlp: M, nHeads: H } = config;
  const T = inp.shape[0]!;
  const site = firstSite(index);
  const rows = (width: number): Tensor => backend.allocateUninitialized([T, width]);
  const kept = (width: number): Tensor => backend.allocateActivation([T, width]);

  const [rstd1, normed1] = [backend.allocateUninitialized([T]), kept(C)];
  backend.rmsNormForward(normed1, rstd1, inp, weights.norm1, NORM_EPS);
  const qkv = index === 0 ? pass.firstQkv ?? kept(3 * C) : kept(3 * C);
  backend.linearForward(qkv, normed1, weights.qkv);
  if (index > 0 && pass.firstQkv !== null) backend.addValues(qkv, pass.firstQkv);
  const qkRstd = isPointerModel(config) ? rows(2 * H) : null;
  if (qkRstd !== null) backend.qkNormRotaryForward(qkv, qkRstd, positions, rotaryOptions(config));
  const [mixed, logSumExp] = [kept(C), backend.allocateUninitialized([H, T])];
  backend.attentionForward(mixed, logSumExp, qkv, documents, attentionOptions(pass, site));
  const middle = rows(C);
  backend.linearForward(middle, mixed, weights.proj);
  backend.residualForward(middle, inp, middle, pass.dropout(site + 1));

  const [rstd2, normed2] = [backend.allocateUninitialized([T]), kept(C)];
  backend.rmsNormForward(normed2, rstd2, middle, weights.norm2, NORM_EPS);
  const [hidden, activated, out] = [kept(M), kept(M), rows(C)];
  backend.linearForward(hidden, normed2, weights.fc1);
  backend.geluForward(activated, hidden);
  backend.linearForward(out, activated, weights.fc2);
  backend.residualForward(out, middle, out, pass.dropout(site + 2));
  return {
    inp,
    rstd1,
    normed1,
    qkv,
    qkRstd,
    mixed,
    logSumExp,
    middle,
    rstd2,
    normed2,
    hidden,
    activated,
    out,
  };
}

/**
 * dStream (T, C): on entry the gradient of `out`, on return that of `inp`. Gradients of the weights accumulate.
 *
 * @param dFirstQkv (T, 3C) with value residuals: its values accumulate the gradient of the first block's, from the last block to the second. Null without
 */
export function blockBackward(
  pass: PassContext,
  weights: BlockWeights,
  gradients: BlockWeights,
  index: number,
  kept: BlockActivations,
  dStream: Tensor,
  dFirstQkv: Tensor | null,
): void {
  const { backend, config, documents, positions } = pass;
  const { dModel: C, dMlp: M } = config;
  const T = dStream.shape[0]!;
  const site = firstSite(index);
  using _scope = backend.scope();
  const [dBranch, dNormed] = [
    backend.allocateUninitialized([T, C]),
    backend.allocateUninitialized([T, C]),
  ];
  const dHidden = backend.allocateUninitialized([T, M]);
  const dQkv = backend.allocateUninitialized([T, 3 * C]);

  backend.residualBackward(dBranch, dStream, pass.dropout(site + 2));
  backend.linearBackwardWeight(gradients.fc2, dBranch, kept.activated);
  backend.linearBackwardInput(dHidden, dBranch, weights.fc2);
  backend.geluBackward(dHidden, dHidden, kept.hidden);
  backend.linearBackwardWeight(gradients.fc1, dHidden, kept.normed2);
  backend.linearBackwardInput(dNormed, dHidden, weights.fc1);
  backend.rmsNormBackward(dStream, gradients.norm2, dNormed, kept.middle, weights.norm2, kept.rstd2);

  backend.residualBackward(dBranch, dStream, pass.dropout(site + 1));
  backend.linearBackwardWeight(gradients.proj, dBranch, kept.mixed);
  backend.linearBackwardInput(dNormed, dBranch, weights.proj);
  backend.attentionBackward(
    dQkv,
    dNormed,
    kept.mixed,
    kept.logSumExp,
    kept.qkv,
    documents,
    attentionOptions(pass, site),
  );
  if (dFirstQkv !== null) {
    if (index > 0) backend.addValues(dFirstQkv, dQkv);
    else backend.addValues(dQkv, dFirstQkv);
  }
  if (kept.qkRstd !== null) {
    backend.qkNormRotaryBackward(dQkv, kept.qkv, kept.qkRstd, positions, rotaryOptions(config));
  }
  backend.linearBackwardWeight(gradients.qkv, dQkv, kept.normed1);
  backend.linearBackwardInput(dNormed, dQkv, weights.qkv);
  backend.rmsNormBackward(dStream, gradients.norm1, dNormed, kept.inp, weights.norm1, kept.rstd1);
}

/** Site 0 is the embedding. */
function firstSite(index: number): number {
  return 1 + SITES_PER_BLOCK * index;
}

function attentionOptions(pass: PassContext, site: number): AttentionOptions {
  return {
    heads: pass.config.nHeads,
    scale: attentionScale(pass.config),
    dropout: pass.dropout(site),
    dropoutStride: pass.config.contextLength,
  };
}

/** The rotary options of a model. */
export function rotaryOptions(config: ModelConfig): { heads: number; base: number; eps: number } {
  return { heads: config.nHeads, base: ROTARY_BASE, eps: NORM_EPS };
}
