/**
 * The decoder-only GPT, forward and backward, written once over {@linkcode Backend}:
 *
 *     stream = dropout(embed(tokens))  →  blocks  →  norm  →  cross-entropy with the tied output projection, perhaps mixed with copies (pointer.ts)
 *
 * Shapes: T rows of a ragged batch, C = dModel, V = vocabSize.
 */
import type { Backend, Dropout, Tensor } from "../backend/mod.ts";
import type { ModelConfig } from "../config.ts";
import { isPointerModel, NORM_EPS } from "./architecture.ts";
import type { RaggedBatch } from "./batch.ts";
import { type BlockActivations, blockBackward, blockForward, type PassContext } from "./block.ts";
import { pointerOptions, pointerSize } from "./pointer.ts";
import { PointerMemory } from "./pointer_memory.ts";
import { allocateWeights, type Weights } from "./weights.ts";

/** The dropout of each place in the model during one pass; null: none. */
export type DropoutSource = (site: number) => Dropout | null;

const EMBEDDING_SITE = 0;
const noDropout: DropoutSource = () => null;

/** A model on one backend. */
export class Gpt {
  /** Where its tensors live. */
  readonly backend: Backend;
  /** Its sizes. */
  readonly config: ModelConfig;
  /** The parameters. After writing to `weights.flat`, call `backend.parametersChanged()`. */
  readonly weights: Weights;

  /** Allocates the parameters (zeros). */
  constructor(backend: Backend, config: ModelConfig) {
    this.backend = backend;
    this.config = config;
    this.weights = allocateWeights(backend, config);
  }

  /**
   * Set the parameters.
   *
   * @param parameters flat, in the parameter table's order
   */
  load(parameters: Float32Array): void {
    this.backend.write(this.weights.flat, parameters);
    this.backend.parametersChanged();
  }

  /**
   * Losses without dropout.
   *
   * @param batch T rows
   * @returns (T) loss of every row, in nats; 0 where there is no target
   */
  losses(batch: RaggedBatch): Promise<Float32Array> {
    const { backend } = this;
    using _scope = backend.scope();
    const { tokens, normed } = this.#forward(batch, noDropout, false);
    const [losses, targets] = this.#lossTensors(batch);
    backend.crossEntropyHead(losses, normed, this.weights.tokenEmbedding, targets, null);
    const rows = { tokens, targets, documents: { bounds: batch.bounds } };
    if (this.weights.pointer !== null) {
      const projected = this.#projectPointer(normed, this.weights.pointer);
      backend.pointerMixture(losses, projected, rows, pointerOptions(this.config), null);
    }
    return backend.read(losses);
  }

  /**
   * Add the gradient of scale * (sum of the rows' losses) to `gradients`. All work is handed to the backend before this returns; only the losses are
   * waited for.
   *
   * @param gradients made by {@linkcode allocateWeights} for this model
   * @param batch T rows
   * @param scale usually 1 / the number of targets
   * @param proofWeight factor of the losses of `batch.proofRows` in the gradient
   * @returns (T) loss of every row, in nats, with this dropout
   */
  accumulateGradients(
    gradients: Weights,
    batch: RaggedBatch,
    scale: number,
    dropout: DropoutSource = noDropout,
    proofWeight = 1,
  ): Promise<Float32Array> {
    const { backend, weights } = this;
    using _scope = backend.scope();
    const { pass, tokens, kept, stream, rstd, normed } = this.#forward(batch, dropout, true);
    const rowScales = new Float32Array(batch.tokens.length).fill(scale);
    for (const row of batch.proofRows ?? []) rowScales[row] = scale * proofWeight;
    const { losses, dNormed } = this.#head(gradients, batch, { tokens, normed, rowScales });
    const dStream = backend.allocate(normed.shape);
    backend.rmsNormBackward(dStream, gradients.norm, dNormed, stream, weights.norm, rstd);
    const dFirstQkv = pass.firstQkv === null ? null : backend.allocate(pass.firstQkv.shape);
    for (let i = kept.length - 1; i >= 0; i--) {
      blockBackward(pass, weights.blocks[i]!, gradients.blocks[i]!, i, kept[i]!, dStream, dFirstQkv);
    }
    backend.residualBackward(dStream, dStream, dropout(EMBEDDING_SITE));
    const positions = gradients.positionEmbedding === null ? null : pass.positions;
    backend.embeddingBackward(
      gradients.tokenEmbedding,
      gradients.positionEmbedding,
      dStream,
      tokens,
      positions,
    );
    return backend.read(losses);
  }

  /**
   * Logits of every row of one sequence; with a pointer, the logarithms of the mixture's probabilities.
   *
   * @param tokens (T), at most contextLength
   * @returns (T, V), row-major
   */
  async logits(tokens: Int32Array): Promise<Float32Array> {
    const { backend } = this;
    using _scope = backend.scope();
    const { normed } = this.#forward(
      {
        tokens,
        targets: tokens,
        positions: Int32Array.from(tokens, (_, i) => i),
        bounds: Int32Array.of(0, tokens.length),
      },
      noDropout,
      false,
    );
    const tensor = backend.allocateUninitialized([tokens.length, this.config.vocabSize]);
    backend.linearForward(tensor, normed, this.weights.tokenEmbedding);
    const reading = backend.read(tensor);
    if (this.weights.pointer === null) return await reading;
    const projected = backend.read(this.#projectPointer(normed, this.weights.pointer));
    return mixAllRows(this.config, { logits: await reading, projected: await projected, tokens });
  }

  #forward(batch: RaggedBatch, dropout: DropoutSource, keep: boolean): {
    pass: PassContext;
    tokens: Tensor;
    kept: BlockActivations[];
    stream: Tensor;
    rstd: Tensor;
    normed: Tensor;
  } {
    const { backend, config, weights } = this;
    const [T, C] = [batch.tokens.length, config.dModel];
    const tokens = this.#integers(batch.tokens);
    const positions = this.#integers(batch.positions);
    const firstQkv = isPointerModel(config) ? backend.allocateActivation([T, 3 * C]) : null;
    const documents = { bounds: batch.bounds };
    const pass: PassContext = { backend, config, documents, positions, firstQkv, dropout };

    let stream = backend.allocateUninitialized([T, C]);
    const learned = weights.positionEmbedding === null ? null : positions;
    backend.embeddingForward(stream, tokens, weights.tokenEmbedding, learned, weights.positionEmbedding);
    const embeddingDropout = dropout(EMBEDDING_SITE);
    if (embeddingDropout !== null) backend.residualForward(stream, null, stream, embeddingDropout);
    const kept: BlockActivations[] = [];
    for (const [i, block] of weights.blocks.entries()) {
      if (keep) {
        kept.push(blockForward(pass, block, i, stream));
        stream = kept[i]!.out;
      } else {
        using _scope = backend.scope();
        const { out } = blockForward(pass, block, i, stream);
        backend.residualForward(stream, null, out, null); // a copy that outlives the block's scope
      }
    }
    const [rstd, normed] = [backend.allocateUninitialized([T]), backend.allocateUninitialized([T, C])];
    backend.rmsNormForward(normed, rstd, stream, weights.norm, NORM_EPS);
    return { pass, tokens, kept, stream, rstd, normed };
  }

  /** The losses (T), and the gradient (T, C) of the sum of rowScales (T) times them. Gradients of the weights accumulate. */
  #head(
    gradients: Weights,
    batch: RaggedBatch,
    given: { readonly tokens: Tensor; readonly normed: Tensor; readonly rowScales: Float32Array },
  ): { losses: Tensor; dNormed: Tensor } {
    const { backend, config, weights } = this;
    const { tokens, normed } = given;
    const [losses, targets] = this.#lossTensors(batch);
    const [dNormed, rowScales] = [
      backend.allocateUninitialized(normed.shape),
      backend.allocateUninitialized([batch.tokens.length]),
    ];
    backend.write(rowScales, given.rowScales);
    const vocabulary = { dHidden: dNormed, dTable: gradients.tokenEmbedding, rowScales };
    if (weights.pointer === null || gradients.pointer === null) {
      backend.crossEntropyHead(losses, normed, weights.tokenEmbedding, targets, vocabulary);
      return { losses, dNormed };
    }
    // The vocabulary's share in a row's probability is known when its own loss is.
    backend.crossEntropyHead(losses, normed, weights.tokenEmbedding, targets, null);
    const projected = this.#projectPointer(normed, weights.pointer);
    const dProjected = backend.allocateUninitialized(projected.shape);
    const rows = { tokens, targets, documents: { bounds: batch.bounds } };
    backend.pointerMixture(losses, projected, rows, pointerOptions(config), { rowScales, dProjected });
    const [again] = this.#lossTensors(batch);
    backend.crossEntropyHead(again, normed, weights.tokenEmbedding, targets, vocabulary);
    backend.linearBackwardWeight(gradients.pointer, dProjected, normed);
    const dPointer = backend.allocateUninitialized(normed.shape);
    backend.linearBackwardInput(dPointer, dProjected, weights.pointer);
    backend.add(dNormed, dPointer);
    return { losses, dNormed };
  }

  /** (T, 2D + 1): each row's query, key and own score, as the products leave them. */
  #projectPointer(normed: Tensor, weight: Tensor): Tensor {
    const projected = this.backend.allocateUninitialized([
      normed.shape[0]!,
      2 * pointerSize(this.config) + 1,
    ]);
    this.backend.linearForward(projected, normed, weight);
    return projected;
  }

  #lossTensors(batch: RaggedBatch): [losses: Tensor, targets: Tensor] {
    return [this.backend.allocateUninitialized([batch.tokens.length]), this.#integers(batch.targets)];
  }

  #integers(values: Int32Array): Tensor {
    const tensor = this.backend.allocateUninitialized([values.length], "i32");
    this.backend.write(tensor, values);
    return tensor;
  }
}

/** The logits (T, V) of one sequence, in place, with the copies mixed in. */
function mixAllRows(
  config: ModelConfig,
  { logits, projected, tokens }: { logits: Float32Array; projected: Float32Array; tokens: Int32Array },
): Float32Array {
  const [V, width] = [config.vocabSize, 2 * pointerSize(config) + 1];
  const memory = new PointerMemory(config);
  const slots = Int32Array.from(tokens, (_, t) => t);
  memory.store(slots, tokens, projected);
  for (const t of slots) {
    const row = projected.subarray(t * width, (t + 1) * width);
    memory.mix(logits.subarray(t * V, (t + 1) * V), row, slots.subarray(0, t + 1));
  }
  return logits;
}
