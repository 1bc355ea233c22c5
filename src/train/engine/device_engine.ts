// An engine whose whole step happens on one device, in this thread: token ids and positions go up, losses and
// the norm come back, and nobody waits for them before the next steps are handed over. A gradient is one
// running sum over the micro-batches in order (a pool's tree would cost a second gradient here). With dropout
// the micro-batches are a pool's, because the masks are theirs; without, as large as the device likes them.
// From the first loss or gradient on that is not finite, the device itself leaves the parameters alone: when
// the host hears of it, later steps are under way.
import type { Backend, Tensor } from "../../backend/mod.ts";
import type { RaggedBatch, Sequence } from "../../model/batch.ts";
import { Gpt } from "../../model/gpt.ts";
import { allocateWeights, type ModelWeights } from "../../model/parameters.ts";
import { muonPlaces } from "../../optim/mod.ts";
import { inOrder } from "../../workers/mod.ts";
import { maxDeviceRows } from "../memory.ts";
import { countStepTargets, cutIntoShards, packMicroBatches } from "../shards.ts";
import { lossesOf, type Shard, stepDropout, sumInOrder } from "../shards.ts";
import type { SequenceLosses } from "../../evaluate/bits_per_byte.ts";
import type { Engine, EngineOptions, EngineState, EngineStep } from "./engine.ts";
import type { SampledTokens, SamplingOptions, StepOptions } from "./engine.ts";
import { sampleTokens } from "./sample_tokens.ts";
import { BLOCK_ELEMENTS } from "./shared_state.ts";
import { adamWOptions, adamWRanges, muonOptions, type ParameterRange } from "./update.ts";

/** Enough that the device has work while the host prepares more, few enough that news of them is not old. */
const [STEPS_IN_FLIGHT, BATCHES_IN_FLIGHT] = [4, 8];

export class DeviceEngine implements Engine {
  readonly description: string;
  readonly workers = 1;
  readonly peakGigaflops = null;
  readonly stepsInFlight = STEPS_IN_FLIGHT;
  readonly #options: Pick<EngineOptions, "model" | "train">;
  readonly #gpt: Gpt;
  readonly #gradients: ModelWeights;
  /** The optimizers' moments, flat. */
  readonly #m: Tensor;
  readonly #v: Tensor;
  readonly #squares: Tensor;
  /** The gradient's norm and the factor that clips it. */
  readonly #clip: Tensor;
  /** A number that is no longer finite once a loss or a norm was not. */
  readonly #alarm: Tensor;
  readonly #adamW: readonly ParameterRange[];
  readonly #muon: ReturnType<typeof muonPlaces>;

  /** @param backend is the engine's from now on @throws {RangeError} when it has not enough memory */
  constructor(backend: Backend, { model, train, parameters }: EngineOptions) {
    this.#options = { model, train };
    this.description = backend.description;
    this.#gpt = new Gpt(backend, model);
    this.#gradients = allocateWeights(backend, model);
    const size = parameters.length;
    [this.#m, this.#v] = [backend.allocate([size]), backend.allocate([size])];
    this.#squares = backend.allocate([Math.ceil(size / BLOCK_ELEMENTS)]);
    this.#clip = backend.allocate([2]);
    this.#alarm = backend.allocate([1]);
    this.#adamW = adamWRanges({ begin: 0, end: size }, model, train);
    this.#muon = train.optimizer === "muon" ? muonPlaces(model) : [];
    this.#gpt.load(parameters);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#gpt.backend[Symbol.dispose]();
    return Promise.resolve();
  }

  async step(sequences: readonly Sequence[], options: StepOptions): Promise<EngineStep> {
    const { targets, scale } = countStepTargets(sequences, options.proofWeight);
    const { backend } = this.#gpt;
    const losses = this.#accumulateGradients(sequences, options, scale);
    backend.sumSquares(this.#squares, this.#gradients.flat, BLOCK_ELEMENTS);
    backend.clipScale(this.#clip, this.#squares, this.#options.train.gradClip, this.#alarm);
    const clip = toldLater(backend.read(this.#clip));
    if (options.apply) this.#update(options);
    const [[norm], ...found] = await Promise.all([clip, ...losses]);
    const nats = found.reduce((total, batch) => total + sumInOrder(batch), 0);
    return { loss: nats / targets, targets, gradientNorm: norm! };
  }

  evaluate(sequences: readonly Sequence[], signal?: AbortSignal): Promise<SequenceLosses> {
    const batches = this.#largeBatches(sequences);
    const ask = (batch: RaggedBatch) => this.#gpt.losses(batch);
    return lossesOf(batches, inOrder(batches, ask, { signal, width: BATCHES_IN_FLIGHT }));
  }

  generate(prompt: Int32Array, options: SamplingOptions): Promise<SampledTokens> {
    return sampleTokens(this.#gpt, prompt, options);
  }

  async state(): Promise<EngineState> {
    const vectors = [this.#gpt.weights.flat, this.#m, this.#v] as const;
    const [parameters, m, v] = await Promise.all(vectors.map((vector) => this.#gpt.backend.read(vector)));
    return { parameters: parameters!, m: m!, v: v! };
  }

  load({ parameters, m, v }: EngineState): Promise<void> {
    this.#gpt.load(parameters);
    this.#gpt.backend.write(this.#m, m);
    this.#gpt.backend.write(this.#v, v);
    this.#gpt.backend.zero(this.#alarm);
    return Promise.resolve();
  }

  #accumulateGradients(
    sequences: readonly Sequence[],
    { step, proofWeight }: StepOptions,
    scale: number,
  ): Promise<Float32Array>[] {
    const { model: { dropout, contextLength }, train: { seed, shards } } = this.#options;
    this.#gpt.backend.zero(this.#gradients.flat);
    const isCut = dropout > 0;
    const cut = isCut ? cutIntoShards(sequences, shards, contextLength) : [this.#largeBatches(sequences)];
    return cut.flatMap((batches, shard) =>
      batches.map((batch, micro) => {
        const masks = stepDropout({ seed, dropout }, { step, shard, micro });
        const gradientOptions = { scale, dropout: masks, proofWeight, lossSquares: this.#alarm };
        return toldLater(this.#gpt.accumulateGradients(this.#gradients, batch, gradientOptions));
      })
    );
  }

  #largeBatches(sequences: readonly Sequence[]): Shard {
    const { model } = this.#options;
    return packMicroBatches(sequences, model.contextLength, maxDeviceRows(model));
  }

  #update(step: StepOptions): void {
    const { backend } = this.#gpt;
    const { train } = this.#options;
    const [parameters, gradients] = [this.#gpt.weights.flat, this.#gradients.flat];
    const gradientScale = backend.view(this.#clip, 1, [1]);
    for (const { begin, end } of this.#adamW) {
      const part = (flat: Tensor): Tensor => backend.view(flat, begin, [end - begin]);
      const options = adamWOptions(train, step, gradientScale);
      backend.adamW(part(parameters), part(gradients), part(this.#m), part(this.#v), options);
    }
    for (const matrices of this.#muon) {
      const options = muonOptions(train, step, { shape: matrices, gradientScale });
      backend.muon(parameters, gradients, this.#m, matrices, options);
    }
    backend.parametersChanged();
  }
}

/** A read that the step waits for, unless it fails before. */
function toldLater(read: Promise<Float32Array>): Promise<Float32Array> {
  read.catch(() => {});
  return read;
}
