/**
 * One worker's share of training: its own copy of the model, the gradients of its shards, and its slice of the reduction and of the
 * optimizer. A step on every worker:
 *
 *     gradients of my shards → tree → my subtrees into shared slots        | barrier
 *     my slice: sum of all slots in tree order; block sums of squares      | barrier
 *     norm → clip → AdamW on my slice → shared parameters                  | barrier
 *     copy the parameters
 */
import type { Backend, Tensor } from "../../backend/mod.ts";
import type { ModelConfig, TrainConfig } from "../../config.ts";
import type { RaggedBatch } from "../../model/batch.ts";
import { type DropoutSource, Gpt } from "../../model/gpt.ts";
import { allocateWeights, type Weights } from "../../model/weights.ts";
import { streamKey } from "../../rng.ts";
import { GradientTree, type TreeNode } from "../gradient_tree.ts";
import type { Shard } from "../shards.ts";
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

/** AdamW's denominator offset; PyTorch's default. */
const ADAM_EPS = 1e-8;
/** Added to the norm before clipping; PyTorch's clip_grad_norm_. */
const CLIP_EPS = 1e-6;

/** What a replica is made from. */
export interface ReplicaSetup {
  /** Its number, from 0. */
  readonly worker: number;
  readonly workers: number;
  readonly model: ModelConfig;
  readonly train: Pick<TrainConfig, "seed" | "shards" | "weightDecay" | "beta1" | "beta2" | "gradClip">;
  readonly shared: SharedState;
}

/** A worker's part of one step. */
export interface StepJob {
  /** Number of the step: 1 for the first. */
  readonly step: number;
  /** This worker's shards, with their numbers. */
  readonly shards: readonly { readonly index: number; readonly batches: Shard }[];
  /** 1 / the number of targets of the whole step. */
  readonly scale: number;
  readonly learningRate: number;
  /** False: do all the work but leave parameters and moments as they are (to measure a step). */
  readonly apply: boolean;
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

/** Of a worker's slice: AdamW's moments, and the sums of squares of its blocks. */
interface OptimizerState {
  readonly m: Tensor;
  readonly v: Tensor;
  readonly squares: Tensor;
}

/** See the top of this file. */
export class Replica {
  readonly gpt: Gpt;
  readonly #setup: ReplicaSetup;
  readonly #backend: Backend;
  readonly #barrier: Barrier;
  readonly #slots: readonly GradientSlot[];
  readonly #slice: { begin: number; end: number };
  readonly #sharedParameters: Float32Array;
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
    this.#sharedParameters = new Float32Array(shared.parameters);
    this.#blockSums = new Float64Array(shared.blockSums);
    this.pullParameters();
  }

  /** Copy the shared parameters. */
  pullParameters(): void {
    this.gpt.load(this.#sharedParameters);
  }

  /** Take this worker's slice of the moments from shared memory. */
  loadMoments(): void {
    const { begin, end } = this.#slice;
    const { m, v } = this.#optimizerState();
    const shared = sharedMoments(this.#setup.shared);
    this.#backend.write(m, shared.m.subarray(begin, end));
    this.#backend.write(v, shared.v.subarray(begin, end));
  }

  /** Hand over this worker's slice of the moments in shared memory. */
  async saveMoments(): Promise<void> {
    const { begin, end } = this.#slice;
    const { m, v } = this.#optimizerState();
    const shared = sharedMoments(this.#setup.shared);
    await this.#backend.read(m, shared.m.subarray(begin, end));
    await this.#backend.read(v, shared.v.subarray(begin, end));
  }

  /** One step; every worker of the run must be given its part of the same step. */
  async step(job: StepJob): Promise<StepResult> {
    const clock = new PhaseClock();
    this.#optimizerState();
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
    if (job.apply && Number.isFinite(gradientNorm)) await this.#update(job, gradient, gradientNorm);
    clock.end("update");
    this.#barrier.wait();
    clock.end("waiting");
    this.pullParameters();
    clock.end("pull");
    return { shardNats, gradientNorm, times: clock.times };
  }

  /** Sum of the losses of each batch, in nats, without dropout. */
  async evaluate(batches: readonly RaggedBatch[]): Promise<number[]> {
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
        const dropout = this.#dropoutSource(job.step, index, micro);
        nats += sum(await this.gpt.accumulateGradients(gradients, batch, job.scale, dropout));
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

  /** The sum of all slots over this worker's slice, in a gradient buffer, with its blocks' sums of squares in shared memory. */
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
    const { begin, end } = this.#slice;
    const { m, v } = this.#optimizerState();
    const { weightDecay, beta1, beta2, gradClip } = this.#setup.train;
    const parameters = this.#backend.view(this.gpt.weights.flat, begin, [end - begin]);
    this.#backend.adamW(parameters, gradient, m, v, {
      learningRate: job.learningRate,
      beta1,
      beta2,
      eps: ADAM_EPS,
      weightDecay,
      step: job.step,
      gradientScale: Math.min(1, gradClip / (gradientNorm + CLIP_EPS)),
    });
    await this.#backend.read(parameters, this.#sharedParameters.subarray(begin, end));
  }

  #optimizerState(): OptimizerState {
    const size = this.#slice.end - this.#slice.begin;
    return this.#optimizer ??= {
      m: this.#backend.allocate([size]),
      v: this.#backend.allocate([size]),
      squares: this.#backend.allocate([Math.ceil(size / BLOCK_ELEMENTS)]),
    };
  }

  #dropoutSource(step: number, shard: number, micro: number): DropoutSource {
    const probability = this.#setup.model.dropout;
    const { seed } = this.#setup.train;
    if (probability === 0) return () => null;
    return (site) => ({ probability, key: streamKey(seed, "dropout", step, shard, micro, site) });
  }
}

/** Sum in float64, in index order. */
function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
