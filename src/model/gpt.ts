// The decoder-only GPT, forward and backward, written once over Backend: tokens → embedding, blocks, norm
// (stack.ts, block.ts, attention.ts) → losses (head.ts) or logits. Token by token: src/infer/gpt_decoder.ts.
import type { Backend, Tensor } from "../backend/mod.ts";
import type { ModelConfig } from "../config.ts";
import { isPointerModel } from "./architecture.ts";
import { BatchAttention } from "./attention.ts";
import type { RaggedBatch } from "./batch.ts";
import type { BlockActivations, DropoutSource, TrainingPass } from "./block.ts";
import { type HeadInputs, headLosses, scoredCopies } from "./head.ts";
import { ownColumn, PointerMemory } from "./pointer.ts";
import { integerTensor, lastNorm, linear, stackBackward, stackForward } from "./stack.ts";
import { allocateWeights, type ModelWeights } from "./parameters.ts";

const noDropout: DropoutSource = () => null;

/** Options of {@linkcode Gpt.accumulateGradients}. */
export interface GradientOptions {
  /** Factor of the losses' sum. */
  readonly scale: number;
  /** Default: none */
  readonly dropout?: DropoutSource;
  /** Factor of the losses of proofRows. Default: 1 */
  readonly proofWeight?: number | undefined;
  /** (1) The losses' squares are added to it: it shows on the device whether all are finite. */
  readonly lossSquares?: Tensor;
  /** Called when the gradients of a block, and of all that lies behind it, are handed to the backend. */
  readonly blockDone?: ((layer: number) => void) | undefined;
}

/** A model on one backend. */
export class Gpt {
  /** The parameters. After writing to `weights.flat`, call `backend.parametersChanged()`. */
  readonly weights: ModelWeights;

  /** Allocates the parameters (zeros). @param tokenTable (V, 4C) of an exported model, which cannot be trained */
  constructor(
    readonly backend: Backend,
    readonly config: ModelConfig,
    { tokenTable = null }: { tokenTable?: Float32Array | null } = {},
  ) {
    this.weights = allocateWeights(backend, config);
    if (tokenTable === null) return;
    const table = backend.allocate([config.vocabSize, 4 * config.dModel]);
    backend.write(table, tokenTable);
    this.weights = { ...this.weights, tokenTable: table };
  }

  /** Set the parameters, flat, in the parameter table's order. */
  load(parameters: Float32Array): void {
    this.backend.write(this.weights.flat, parameters);
    this.backend.parametersChanged();
  }

  /** (T) loss of every row without dropout, in nats; 0 where there is no target. */
  losses(batch: RaggedBatch): Promise<Float32Array> {
    using _scope = this.backend.scope();
    const pass = this.#pass(batch, noDropout);
    const inputs = this.#inputs(batch);
    const { normed } = lastNorm(pass, stackForward(pass, inputs.tokens));
    return this.backend.read(headLosses(pass, { ...inputs, normed }, null));
  }

  /**
   * Add the gradient of scale * (sum of the losses, those of proofRows * proofWeight) to `gradients`. All
   * work is handed to the backend before this returns; only the losses (T), in nats, are waited for.
   */
  accumulateGradients(
    gradients: ModelWeights,
    batch: RaggedBatch,
    { scale, dropout = noDropout, proofWeight = 1, lossSquares, blockDone }: GradientOptions,
  ): Promise<Float32Array> {
    const { backend, weights } = this;
    if (weights.tokenTable !== null) throw new Error("internal: an exported model cannot be trained");
    using _scope = backend.scope();
    const pass = this.#pass(batch, dropout);
    const inputs = this.#inputs(batch);
    const kept: BlockActivations[] = [];
    const stream = stackForward(pass, inputs.tokens, kept);
    const { normed, rstd } = lastNorm(pass, stream);

    const scales = new Float32Array(batch.tokens.length).fill(scale);
    for (const row of batch.proofRows ?? []) scales[row] = scale * proofWeight;
    const rowScales = backend.allocateUninitialized([scales.length]);
    backend.write(rowScales, scales);
    const dNormed = backend.allocateUninitialized(normed.shape);
    const dCopying = pass.copying && backend.allocateUninitialized(pass.copying.shape);
    const back = { gradients, dNormed, rowScales, dCopying };
    const losses = headLosses(pass, { ...inputs, normed }, back);
    if (lossSquares !== undefined) {
      const sum = backend.allocateUninitialized([1]);
      backend.sumSquares(sum, losses, losses.size);
      backend.add(lossSquares, sum);
    }

    const dStream = backend.allocate(normed.shape);
    backend.rmsNormBackward(dStream, gradients.norm, dNormed, stream, weights.norm, rstd);
    stackBackward(pass, gradients, inputs.tokens, kept, dStream, dCopying, blockDone);
    return backend.read(losses);
  }

  /** Logits (T, V) of one sequence; with a pointer, those of the mixture (pointer.ts). */
  async logits(tokens: Int32Array): Promise<Float32Array> {
    const { backend, config, weights } = this;
    using _scope = backend.scope();
    const rows = Int32Array.from(tokens, (_, t) => t);
    const pass = this.#pass({ positions: rows, bounds: Int32Array.of(0, tokens.length) }, noDropout);
    const { normed } = lastNorm(pass, stackForward(pass, integerTensor(backend, tokens)));
    const reading = backend.read(linear(pass, normed, weights.tokenEmbedding));
    const copying = scoredCopies(pass, normed);
    if (copying === null) return await reading;
    const copies = await backend.read(copying);
    const ranges = Int32Array.from({ length: 2 * tokens.length }, (_, i) => i % 2 === 0 ? 0 : (i + 1) / 2);
    const logits = await reading;
    new PointerMemory(config).mix(logits, copies, tokens, { newSlots: rows, slots: rows, ranges });
    return logits;
  }

  #pass(
    { positions, bounds }: Pick<RaggedBatch, "positions" | "bounds">,
    dropout: DropoutSource,
  ): TrainingPass {
    const { backend, config, weights } = this;
    const qkvShape = [positions.length, 3 * config.dModel];
    return {
      ...{ backend, config, weights, dropout, product: "linearForward", storage: "allocateActivation" },
      attention: new BatchAttention(backend, config, { bounds }),
      positions: integerTensor(backend, positions),
      firstQkv: isPointerModel(config) ? backend.allocateActivation(qkvShape) : null,
      copying: isPointerModel(config) ? backend.allocate([positions.length, ownColumn(config) + 1]) : null,
    };
  }

  #inputs({ tokens, targets, bounds }: RaggedBatch): Omit<HeadInputs, "normed"> {
    const [t, y] = [integerTensor(this.backend, tokens), integerTensor(this.backend, targets)];
    return { tokens: t, targets: y, documents: { bounds } };
  }
}
