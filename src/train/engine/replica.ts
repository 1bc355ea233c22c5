/**
 * One worker's share of training: its own copy of the model, the gradients of its shards, and its slice of the reduction and of the
 * optimizer. A step on every worker:
 *
 *     gradients of my shards → tree → my subtrees into shared slots        | barrier
 *     my slice: sum of all slots in tree order; block sums of squares      | barrier
 *     norm → clip → AdamW on my slice, Muon on my matrices
 *     → shared parameters                                                  | barrier
 *     copy the parameters
 *
 * Here is the order of these; the first two lines are worker_gradients.ts, the third and fourth worker_optimizer.ts.
 */
import type { Backend } from "../../backend/mod.ts";
import type { RaggedBatch } from "../../model/batch.ts";
import { Gpt } from "../../model/gpt.ts";
import type { ReplicaSetup, StepJob, StepResult } from "./messages.ts";
import { PhaseClock } from "./phase_clock.ts";
import { Barrier, parameterSlice } from "./shared_state.ts";
import { sumInOrder, WorkerGradients } from "./worker_gradients.ts";
import { WorkerOptimizer } from "./worker_optimizer.ts";

/** See the top of this file. */
export class Replica {
  readonly gpt: Gpt;
  readonly #barrier: Barrier;
  readonly #gradients: WorkerGradients;
  readonly #optimizer: WorkerOptimizer;
  readonly #sharedParameters: Float32Array;

  constructor(backend: Backend, setup: ReplicaSetup) {
    const { worker, workers, shared } = setup;
    this.gpt = new Gpt(backend, setup.model);
    this.#barrier = new Barrier(shared.barrier, workers);
    const { flat } = this.gpt.weights;
    const slice = parameterSlice(worker, workers, flat.size);
    this.#gradients = new WorkerGradients(this.gpt, backend, { setup, slice });
    this.#optimizer = new WorkerOptimizer(flat, backend, { setup, slice });
    this.#sharedParameters = new Float32Array(shared.parameters);
    this.pullParameters();
  }

  /** Copy the shared parameters. */
  pullParameters(): void {
    this.gpt.load(this.#sharedParameters);
  }

  /** Take this worker's moments from shared memory. */
  loadMoments(): void {
    this.#optimizer.loadMoments();
  }

  /** Hand over this worker's moments in shared memory. */
  saveMoments(): Promise<void> {
    return this.#optimizer.saveMoments();
  }

  /** One step; every worker of the run must be given its part of the same step. */
  async step(job: StepJob): Promise<StepResult> {
    const clock = new PhaseClock();
    this.#optimizer.allocate();
    const { shardNats, subtrees } = await this.#gradients.ofShards(job);
    clock.end("gradients");
    await this.#gradients.handOver(subtrees);
    clock.end("handOver");
    this.#barrier.wait();
    clock.end("waiting");
    const gradient = await this.#gradients.reduceSlice();
    clock.end("reduce");
    this.#barrier.wait();
    clock.end("waiting");
    const norm = this.#gradients.norm();
    if (job.apply && Number.isFinite(norm)) {
      await this.#optimizer.update(job, { gradient, norm, scratch: this.#gradients.scratch });
    }
    clock.end("update");
    this.#barrier.wait();
    clock.end("waiting");
    this.pullParameters();
    clock.end("pull");
    return { shardNats, gradientNorm: norm, times: clock.times };
  }

  /** Sum of the losses of each batch, in nats, without dropout. */
  async evaluate(batches: readonly RaggedBatch[]): Promise<number[]> {
    const sums: number[] = [];
    for (const batch of batches) sums.push(sumInOrder(await this.gpt.losses(batch)));
    return sums;
  }

  /** Let the other workers go when this one cannot finish a step. */
  breakBarrier(): void {
    this.#barrier.break();
  }
}
