// From tokens to the head, in training and decoding: dropout(embed(tokens)), through the blocks, normalised.
import type { Backend, Tensor } from "../backend/mod.ts";
import { NORM_EPS } from "./architecture.ts";
import { type BlockActivations, blockBackward, blockForward, firstBlockForward } from "./block.ts";
import type { Pass, SharedGradients, TrainingPass } from "./block.ts";
import type { ModelWeights } from "./parameters.ts";

const EMBEDDING_SITE = 0;

/** The stream (T, C) after the last block. Without `kept`, activations are freed block by block. */
export function stackForward(pass: Pass, tokens: Tensor, kept?: BlockActivations[]): Tensor {
  const { backend, weights: { tokenEmbedding, positionEmbedding, blocks, tokenTable } } = pass;
  const rows = (): Tensor => backend.allocateUninitialized([tokens.size, pass.config.dModel]);
  let stream = rows();
  const learned = positionEmbedding === null ? null : pass.positions;
  backend.embeddingForward(stream, tokens, tokenEmbedding, learned, positionEmbedding);
  const dropout = pass.dropout(EMBEDDING_SITE);
  if (dropout !== null) backend.residualForward(stream, null, stream, dropout);
  for (const i of blocks.keys()) {
    if (kept === undefined) {
      using _scope = backend.scope();
      if (i === 0 && tokenTable !== null) firstBlockForward(pass, { tokens, tokenTable }, stream);
      else blockForward(pass, i, stream, stream);
    } else {
      const out = rows();
      kept.push(blockForward(pass, i, stream, out));
      stream = out;
    }
  }
  return stream;
}

/** dStream (T, C): on entry the gradient of the stack's output. Gradients of the weights accumulate.
 * @param dCopying that of pass.copying */
export function stackBackward(
  pass: TrainingPass,
  { blocks, tokenEmbedding, positionEmbedding }: ModelWeights,
  tokens: Tensor,
  kept: readonly BlockActivations[],
  dStream: Tensor,
  dCopying: Tensor | null,
  blockDone: (layer: number) => void = () => {},
): void {
  const { backend, firstQkv } = pass;
  const shared: SharedGradients | null = firstQkv &&
    { dFirstQkv: backend.allocate(firstQkv.shape), dCopying: dCopying! };
  for (let i = kept.length - 1; i >= 0; i--) {
    blockBackward(pass, blocks[i]!, i, kept[i]!, dStream, shared);
    blockDone(i);
  }
  backend.residualBackward(dStream, dStream, pass.dropout(EMBEDDING_SITE));
  const learned = positionEmbedding === null ? null : pass.positions;
  backend.embeddingBackward(tokenEmbedding, positionEmbedding, dStream, tokens, learned);
}

/** The last norm: normed (T, C), and rstd (T) for the way back. */
export function lastNorm({ backend, weights }: Pass, stream: Tensor): { normed: Tensor; rstd: Tensor } {
  const rstd = backend.allocateUninitialized([stream.shape[0]!]);
  const normed = backend.allocateUninitialized(stream.shape);
  backend.rmsNormForward(normed, rstd, stream, weights.norm, NORM_EPS);
  return { normed, rstd };
}

/** New memory (T, N) with inp (T, K) @ weight (N, K)^T. */
export function linear(
  { backend, product }: Pick<Pass, "backend" | "product">,
  inp: Tensor,
  weight: Tensor,
): Tensor {
  const out = backend.allocateUninitialized([inp.shape[0]!, weight.shape[0]!]);
  backend[product](out, inp, weight);
  return out;
}

/** New memory with these integers. */
export function integerTensor(backend: Backend, values: Int32Array, shape = [values.length]): Tensor {
  const tensor = backend.allocateUninitialized(shape, "i32");
  backend.write(tensor, values);
  return tensor;
}
