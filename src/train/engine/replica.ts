/**
 * One worker's share of training: its own copy of the model, the gradients of its shards, and its slice of the reduction and of the
 * optimizer. A step on every worker:
 *
 *     gradients of my shards → tree → my subtrees into shared slots        | barrier
 *     my slice: sum of all slots in tree order; block sums of squares      | barrier
 *     norm → clip → AdamW on my slice, Muon on my matrices
 *     → shared parameters                                                  | barrier
 *     copy the parameters; average my slice, where an average is kept
 */
import type { Backend, Tensor } from "../../backend/mod.ts";
import type { ModelConfig, TrainConfig } from "../../config.ts";
import type { RaggedBatch } from "../../model/batch.ts";
import { Gpt } from "../../model/gpt.ts";
import { allocateWeights, type Weights } from "../../model/weights.ts";
import { updateAverage } from "../../optim/average.ts";
import type { MuonMatrix } from "../../optim/muon.ts";
import { GradientTree, type TreeNode } from "../gradient_tree.ts";
import type { Shard } from "../shards.ts";
import type { StepOptions } from "./engine.ts";
import { PhaseClock, type StepTimes } from "./phase_clock.ts";
import {
  Barrier,
  BLOCK_ELEMENTS,
  type GradientSlot,
  gradientSlots,
  parameterSlice,
  sharedMoments,
  type SharedState,
  slotValues,
} from "./shared_state.ts";
import { stepDropout } from "./step_dropout.ts";
import { adamWOptions, muonOptions } from "./update_options.ts";
import { type ParameterRange, type UpdatePlan, updatePlan } from "./update_plan.ts";

/** Added to the norm before clipping; PyTorch's clip_grad_norm_. */
const CLIP_EPS = 1e-6;

/** The options of a run that its workers need. */
export type ReplicaTrainConfig = Pick<
  TrainConfig,
  | "seed"
  | "shards"
  | "optimizer"
  | "learningRate"
  | "muonLearningRate"
  | "weightDecay"
  | "beta1"
  | "beta2"
  | "gradClip"
  | "ema"
  | "proofWeight"
>;

/** What a replica is made from. */
export interface ReplicaSetup {
  /** Its number, from 0. */
  readonly worker: number;
  readonly workers: number;
  readonly model: ModelConfig;
  readonly train: ReplicaTrainConfig;
  readonly shared: SharedState;
}

/** A worker's part of one step. */
export interface StepJob extends StepOptions {
  /** This worker's shards, with their numbers. */
  readonly shards: readonly { readonly index: number; readonly batches: Shard }[];
  /** 1 / the number of targets of the whole step, those in proofs counted by their weight. */
  readonly scale: number;
}

/** What a worker tells of a step. */
export interface StepResult {
  /** Sum of the losses of each of its shards, in nats. */
  readonly shardNats: readonly { readonly index: number; readonly nats: number }[];
  /** Norm of the whole gradient before clipping; not finite: the step was not applied. */
  readonly gradientNorm: number;
  /** Where the worker's time went. */
  readonly times: StepTimes;
}

/** AdamW's moments and Muon's momenta of a worker's plan, and the sums of squares of its slice's blocks. */
interface OptimizerState {
  readonly adamW: readonly { readonly range: ParameterRange; readonly m: Tensor; readonly v: Tensor }[];
  readonly muon: readonly { readonly matrix: MuonMatrix; readonly momentum: Tensor }[];
  readonly squares: Tensor;
}

/** See the top of this file. */
export class Replica {
  readonly gpt: Gpt;
  readonly #setup: ReplicaSetup;
  readonly #backend: Backend;
  readonly #barrier: Barrier;
  readonly #slots: readonly GradientSlot[];
  readonly #slice: ParameterRange;
  readonly #plan: UpdatePlan;
  readonly #sharedParameters: Float32Array;
  readonly #average: Float32Array | null;
  /** Whether the model has the average's weights at the moment. */
  #isAverage = false;
  readonly #blockSums: Float64Array;
  /** Made at the first step, so that a worker that only evaluates stays small. */
  #optimizer: OptimizerState | null = null;
  /** Buffers for a gradient each. Between the gradients of two steps, the reduction and the optimizer work in them. */
  readonly #freeGradients: Weights[] = [];
  readonly #extraSlices: Tensor[] = [];

  constructor(backend: Backend, setup: ReplicaSetup) {
    this.#backend = backend;
    this.#setup = setup;
    const { worker, workers, shared } = setup;
    this.gpt = new Gpt(backend, setup.model);
    this.#barrier = new Barrier(shared.barrier, workers);
    this.#slots = gradientSlots(workers, setup.train.shards);
    this.#slice = parameterSlice(worker, workers, this.gpt.weights.flat.size);
    this.#plan = updatePlan(this.#slice, { ...setup, optimizer: setup.train.optimizer });
    this.#sharedParameters = new Float32Array(shared.parameters);
    this.#average = shared.average === null ? null : new Float32Array(shared.average);
    this.#blockSums = new Float64Array(shared.blockSums);
    this.pullParameters();
  }

  /** Copy the shared parameters. */
  pullParameters(): void {
    this.gpt.load(this.#sharedParameters);
    this.#isAverage = false;
  }

  /** Give the model the weights to evaluate: the average where one is kept. The next step goes on from the parameters. */
  showAverage(): void {
    if (this.#average === null || this.#isAverage) return;
    this.gpt.load(this.#average);
    this.#isAverage = true;
  }

  /** Take this worker's moments from shared memory. */
  loadMoments(): void {
    const { adamW, muon } = this.#optimizerState();
    const shared = sharedMoments(this.#setup.shared);
    for (const { range: { begin, end }, m, v } of adamW) {
      this.#backend.write(m, shared.m.subarray(begin, end));
      this.#backend.write(v, shared.v.subarray(begin, end));
    }
    for (const { matrix, momentum } of muon) this.#backend.write(momentum, valuesOf(shared.m, matrix));
  }

  /** Hand over this worker's moments in shared memory. */
  async saveMoments(): Promise<void> {
    const { adamW, muon } = this.#optimizerState();
    const shared = sharedMoments(this.#setup.shared);
    for (const { range: { begin, end }, m, v } of adamW) {
      await this.#backend.read(m, shared.m.subarray(begin, end));
      await this.#backend.read(v, shared.v.subarray(begin, end));
    }
    for (const { matrix, momentum } of muon) {
      await this.#backend.read(momentum, valuesOf(shared.m, matrix));
      valuesOf(shared.v, matrix).fill(0);
    }
  }

  /** One step; every worker of the run must be given its part of the same step. */
  async step(job: StepJob): Promise<StepResult> {
    const clock = new PhaseClock();
    this.#optimizerState();
    if (this.#isAverage) this.pullParameters();
    const { shardNats, subtrees } = await this.#shardGradients(job);
    clock.end("gradients");
    await this.#handOver(subtrees);
    clock.end("handOver");
    this.#barrier.wait();
    clock.end("waiting");
    const gradient = await this.#reduceSlice();
    clock.end("reduce");
    this.#barrier.wait();
    clock.end("waiting");
    const gradientNorm = Math.sqrt(this.#blockSums.reduce((sum, value) => sum + value, 0));
    const isApplied = job.apply && Number.isFinite(gradientNorm);
    if (isApplied) await this.#update(job, gradient, gradientNorm);
    clock.end("update");
    this.#barrier.wait();
    clock.end("waiting");
    this.pullParameters();
    if (isApplied) this.#updateAverage(job.step);
    clock.end("pull");
    return { shardNats, gradientNorm, times: clock.times };
  }

  /** Sum of the losses of each batch, in nats, without dropout. */
  async evaluate(batches: readonly RaggedBatch[]): Promise<number[]> {
    this.showAverage();
    const sums: number[] = [];
    for (const batch of batches) sums.push(sum(await this.gpt.losses(batch)));
    return sums;
  }

  /** Let the other workers go when this one cannot finish a step. */
  breakBarrier(): void {
    this.#barrier.break();
  }

  /** The gradients of this worker's shards, added up as far as they are siblings. */
  async #shardGradients(
    job: StepJob,
  ): Promise<{ shardNats: { index: number; nats: number }[]; subtrees: readonly TreeNode<Weights>[] }> {
    const backend = this.#backend;
    const { proofWeight, seed } = this.#setup.train;
    const tree = new GradientTree<Weights>((left, right) => {
      backend.add(left.flat, right.flat);
      this.#freeGradients.push(right);
    });
    const shardNats: { index: number; nats: number }[] = [];
    for (const { index, batches } of job.shards) {
      const gradients = this.#freeGradients.pop() ?? allocateWeights(backend, this.#setup.model);
      backend.zero(gradients.flat);
      let nats = 0;
      for (const [micro, batch] of batches.entries()) {
        const dropout = stepDropout(
          { seed, probability: this.#setup.model.dropout },
          { step: job.step, shard: index, micro },
        );
        nats += sum(await this.gpt.accumulateGradients(gradients, batch, job.scale, dropout, proofWeight));
      }
      shardNats.push({ index, nats });
      tree.push({ first: index, size: 1, value: gradients });
    }
    return { shardNats, subtrees: tree.nodes };
  }

  /** Copy finished subtrees into their shared slots. */
  async #handOver(subtrees: readonly TreeNode<Weights>[]): Promise<void> {
    for (const { first, size, value } of subtrees) {
      const slot = this.#slots.findIndex((slot) => slot.first === first && slot.size === size);
      await this.#backend.read(value.flat, slotValues(this.#setup.shared, slot));
      this.#freeGradients.push(value);
    }
  }

  /**
   * The sum of all slots over this worker's slice, in a gradient buffer, with its blocks' sums of squares in shared memory. Where there are matrices,
   * which other workers may update, it goes into slot 0 as well: that part of the slot has been read by then, by nobody else.
   */
  async #reduceSlice(): Promise<Tensor> {
    const { begin, end } = this.#slice;
    const { squares } = this.#optimizerState();
    const backend = this.#backend;
    const free = this.#sliceBuffers();
    const tree = new GradientTree<Tensor>((left, right) => {
      backend.add(left, right);
      free.push(right);
    });
    for (const [index, slot] of this.#slots.entries()) {
      const part = free.pop() ?? this.#extraSlice();
      backend.write(part, slotValues(this.#setup.shared, index).subarray(begin, end));
      tree.push({ first: slot.first, size: slot.size, value: part });
    }
    const total = tree.total();
    backend.sumSquares(squares, total, BLOCK_ELEMENTS);
    this.#blockSums.set(await backend.read(squares), begin / BLOCK_ELEMENTS);
    if (this.#setup.train.optimizer === "muon") {
      await backend.read(total, slotValues(this.#setup.shared, 0).subarray(begin, end));
    }
    return total;
  }

  /** The free gradient buffers, cut to the length of this worker's slice, and what they lacked in earlier steps. */
  #sliceBuffers(): Tensor[] {
    const size = this.#slice.end - this.#slice.begin;
    const cuts = size === 0 ? 0 : Math.floor(this.gpt.weights.flat.size / size);
    const cut = this.#freeGradients.flatMap(({ flat }) =>
      Array.from({ length: cuts }, (_, i) => this.#backend.view(flat, i * size, [size]))
    );
    return [...this.#extraSlices, ...cut];
  }

  /** For a worker of a single shard, whose one gradient buffer may hold fewer slices than the tree needs. */
  #extraSlice(): Tensor {
    const slice = this.#backend.allocateUninitialized([this.#slice.end - this.#slice.begin]);
    this.#extraSlices.push(slice);
    return slice;
  }

  async #update(job: StepJob, gradient: Tensor, gradientNorm: number): Promise<void> {
    const backend = this.#backend;
    const { flat } = this.gpt.weights;
    const { adamW, muon } = this.#optimizerState();
    const { train } = this.#setup;
    const gradientScale = Math.min(1, train.gradClip / (gradientNorm + CLIP_EPS));
    for (const { range: { begin, end }, m, v } of adamW) {
      const parameters = backend.view(flat, begin, [end - begin]);
      const part = backend.view(gradient, begin - this.#slice.begin, [end - begin]);
      backend.adamW(parameters, part, m, v, adamWOptions(train, job, gradientScale));
      await backend.read(parameters, this.#sharedParameters.subarray(begin, end));
    }
    const sharedGradient = slotValues(this.#setup.shared, 0);
    for (const { matrix, momentum } of muon) {
      const parameters = backend.view(flat, matrix.offset, [matrix.rows, matrix.columns]);
      // AdamW is done with the slice's gradient, which may lie in the same buffer.
      const part = backend.view(this.#freeGradients[0]!.flat, 0, parameters.shape);
      backend.write(part, valuesOf(sharedGradient, matrix));
      const { learningRate } = job;
      const { rows, columns } = matrix;
      const whole = { rows, columns, offsets: Int32Array.of(0) };
      const options = muonOptions(train, { learningRate, shape: matrix }, gradientScale);
      backend.muon(parameters, part, momentum, whole, options);
      await backend.read(parameters, valuesOf(this.#sharedParameters, matrix));
    }
  }

  /** In this worker's slice; the others read it only when the step's answers are in. */
  #updateAverage(step: number): void {
    if (this.#average === null) return;
    const [average, parameters] = [this.#average, this.#sharedParameters].map((flat) =>
      flat.subarray(this.#slice.begin, this.#slice.end)
    ) as [Float32Array, Float32Array];
    updateAverage(average, parameters, { decay: this.#setup.train.ema, step });
  }

  #optimizerState(): OptimizerState {
    const { begin, end } = this.#slice;
    const { adamW, muon } = this.#plan;
    const backend = this.#backend;
    return this.#optimizer ??= {
      adamW: adamW.map((range) => ({
        range,
        m: backend.allocate([range.end - range.begin]),
        v: backend.allocate([range.end - range.begin]),
      })),
      muon: muon.map((matrix) => ({
        matrix,
        momentum: backend.allocate([matrix.rows, matrix.columns]),
      })),
      squares: backend.allocate([Math.ceil((end - begin) / BLOCK_ELEMENTS)]),
    };
  }
}

/** A matrix's elements of a flat vector. */
function valuesOf(flat: Float32Array, { offset, rows, columns }: MuonMatrix): Float32Array {
  return flat.subarray(offset, offset + rows * columns);
}

/** Sum in float64, in index order. */
function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
