/**
 * The decoder-only GPT, forward and backward, written once over {@linkcode Backend}:
 *
 *     stream = dropout(embed(tokens))  →  blocks  →  norm  →  cross-entropy with the tied output projection
 *
 * Shapes: T rows of a ragged batch, C = dModel, V = vocabSize.
 */
import type { Backend, Dropout, Tensor } from "../backend/mod.ts";
import type { ModelConfig } from "../config.ts";
import { attentionForm, NORM_EPS } from "./attention_form.ts";
import type { RaggedBatch } from "./batch.ts";
import { type BlockActivations, blockBackward, blockForward, type PassContext } from "./block.ts";
import { allocateWeights, type Weights } from "./weights.ts";

/** The dropout of each place in the model during one pass; null: none. */
export type DropoutSource = (site: number) => Dropout | null;

/** What the backward pass begins with. */
interface HeadGradient {
  /** Asks for the losses (T) at once; they come when the device is done. */
  losses(): Promise<Float32Array>;
  /** (T, C) */
  readonly dNormed: Tensor;
}

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
    const { normed } = this.#forward(batch, noDropout, false);
    const [losses, targets] = this.#lossTensors(batch);
    backend.crossEntropyHead(losses, normed, this.weights.tokenEmbedding, targets, null);
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
    const { losses, dNormed } = proofWeight === 1 || batch.proofRows === undefined
      ? this.#head(gradients, batch, normed, scale)
      : this.#weightedHead(gradients, { ...batch, proofRows: batch.proofRows }, normed, scale, proofWeight);
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
    return losses();
  }

  /**
   * Logits of every row of one sequence.
   *
   * @param tokens (T), at most contextLength
   * @returns (T, V), row-major
   */
  logits(tokens: Int32Array): Promise<Float32Array> {
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
    const logits = backend.allocateUninitialized([tokens.length, this.config.vocabSize]);
    backend.linearForward(logits, normed, this.weights.tokenEmbedding);
    return backend.read(logits);
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
    const firstQkv = attentionForm(config).valueResidual ? backend.allocateActivation([T, 3 * C]) : null;
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

  /** The losses (T), to be read at the end, and the gradient (T, C) of scale * (their sum). */
  #head(gradients: Weights, batch: RaggedBatch, normed: Tensor, scale: number): HeadGradient {
    const { backend, weights } = this;
    const [losses, targets] = this.#lossTensors(batch);
    const dNormed = backend.allocateUninitialized(normed.shape);
    backend.crossEntropyHead(losses, normed, weights.tokenEmbedding, targets, {
      dHidden: dNormed,
      dTable: gradients.tokenEmbedding,
      scale,
    });
    return { losses: () => backend.read(losses), dNormed };
  }

  /**
   * As {@linkcode Gpt.#head}, with another scale for the rows of proofs: the rows are sorted into those before proofs and those in proofs (an embedding's forward
   * and backward pass gather and scatter them), and each part has a head of its own.
   */
  #weightedHead(
    gradients: Weights,
    batch: RaggedBatch & { readonly proofRows: Int32Array },
    normed: Tensor,
    scale: number,
    proofWeight: number,
  ): HeadGradient {
    const { backend, weights } = this;
    const [T, C] = normed.shape as [number, number];
    const isProof = new Uint8Array(T);
    for (const row of batch.proofRows) isProof[row] = 1;
    const order = Int32Array.from({ length: T }, (_, row) => row).toSorted((a, b) =>
      isProof[a]! - isProof[b]!
    );
    const rows = this.#integers(order);
    const targets = this.#integers(order.map((row) => batch.targets[row]!));
    const losses = backend.allocateUninitialized([T]);
    const [sorted, dSorted] = [backend.allocateUninitialized([T, C]), backend.allocateUninitialized([T, C])];
    backend.embeddingForward(sorted, rows, normed, null, null);
    const first = T - batch.proofRows.length;
    for (const [begin, end, weight] of [[0, first, 1], [first, T, proofWeight]] as const) {
      if (begin === end) continue;
      const part = (tensor: Tensor, width: number): Tensor =>
        backend.view(tensor, begin * width, width === 1 ? [end - begin] : [end - begin, width]);
      backend.crossEntropyHead(part(losses, 1), part(sorted, C), weights.tokenEmbedding, part(targets, 1), {
        dHidden: part(dSorted, C),
        dTable: gradients.tokenEmbedding,
        scale: scale * weight,
      });
    }
    const dNormed = backend.allocate([T, C]);
    backend.embeddingBackward(dNormed, null, dSorted, rows, null);
    return {
      losses: async () => {
        const [found, sortedLosses] = [new Float32Array(T), await backend.read(losses)];
        for (const [i, row] of order.entries()) found[row] = sortedLosses[i]!;
        return found;
      },
      dNormed,
    };
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
