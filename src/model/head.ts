// The head: each row's loss from the last norm's output, and the gradients. It is cross-entropy with the tied
// output projection; of a pointer model, that of the mixture with copies of earlier tokens (pointer.ts).
import type { PointerRows, Tensor } from "../backend/mod.ts";
import type { Pass } from "./block.ts";
import { ownColumn, pointerOptions } from "./pointer.ts";
import { linear } from "./stack.ts";
import type { ModelWeights } from "./parameters.ts";

/** The rows that a head looks at, and their output of the last norm (T, C). */
export type HeadInputs = PointerRows & { readonly normed: Tensor };

/** Gradients of rowScales (T) times the losses: dNormed (T, C) is overwritten, the weights' accumulate. */
export interface HeadGradients {
  readonly gradients: ModelWeights;
  readonly dNormed: Tensor;
  /** In a pointer model, each is multiplied by the vocabulary's share of its row. */
  readonly rowScales: Tensor;
  /** (T, 2D + 1), in a pointer model: overwritten. */
  readonly dCopying: Tensor | null;
}

/** Losses (T) in nats, 0 where there is no target; with `back`, the gradients as well. */
export function headLosses(pass: Pass, inputs: HeadInputs, back: HeadGradients | null): Tensor {
  const { backend, config, weights: { tokenEmbedding, pointer } } = pass;
  const { normed, targets } = inputs;
  const losses = backend.allocateUninitialized(targets.shape);
  const vocabulary = back && {
    dHidden: back.dNormed,
    dTable: back.gradients.tokenEmbedding,
    rowScales: back.rowScales,
  };
  backend.crossEntropyHead(losses, normed, tokenEmbedding, targets, pointer === null ? vocabulary : null);
  if (pointer === null) return losses;
  const copying = scoredCopies(pass, normed)!;
  const copies = back && { rowScales: back.rowScales, dProjected: back.dCopying! };
  backend.pointerMixture(losses, copying, inputs, pointerOptions(config), copies);
  if (back === null) return losses;
  // Only now is the vocabulary's share in a row's probability known, with which its own gradient is scaled.
  const again = backend.allocateUninitialized(targets.shape);
  backend.crossEntropyHead(again, normed, tokenEmbedding, targets, vocabulary);
  const dOwn = backend.allocate([targets.size, 1]);
  backend.addColumns(dOwn, back.dCopying!, { to: 0, from: ownColumn(config), count: 1 });
  backend.linearBackwardWeight(back.gradients.pointer!, dOwn, normed);
  const dInp = backend.allocateUninitialized(normed.shape);
  backend.linearBackwardInput(dInp, dOwn, pointer);
  backend.add(back.dNormed, dInp);
  return losses;
}

/** Puts the own score of every row of `normed` (T, C) behind the copying head's query and key. @returns all */
export function scoredCopies(pass: Pass, normed: Tensor): Tensor | null {
  const { backend, config, copying, weights: { pointer } } = pass;
  if (copying === null || pointer === null) return null;
  backend.addColumns(copying, linear(pass, normed, pointer), { to: ownColumn(config), from: 0, count: 1 });
  return copying;
}
