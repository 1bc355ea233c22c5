// One worker's share of training: its own copy of the model, the gradients of its shards, and its slice of
// the reduction and of the optimizer. A step on every worker:
//
//     gradients of my shards → tree → my subtrees into shared slots        | barrier
//     my slice: sum of all slots in tree order; block sums of squares      | barrier
//     norm → clip → AdamW on my slice, Muon on my matrices
//     → shared parameters                                                  | barrier
//     copy the parameters
//
// Here is the order of these; the first two lines are worker_gradients.ts, the third and fourth
// worker_optimizer.ts.
import type { Backend } from "../../backend/mod.ts";
import type { RaggedBatch } from "../../model/batch.ts";
import { Gpt } from "../../model/gpt.ts";
import { sumInOrder } from "../shards.ts";
import type { ReplicaSetup, StepJob, StepResult } from "./messages.ts";
import { PhaseClock } from "./phase_clock.ts";
import { Barrier, parameterSlice, type SharedState } from "./shared_state.ts";
import { WorkerGradients } from "./worker_gradients.ts";
import { WorkerOptimizer } from "./worker_optimizer.ts";

/** See the top of this file. */
export class Replica {
  readonly gpt: Gpt;
  readonly barrier: Barrier;
  readonly optimizer: WorkerOptimizer;
  readonly #gradients: WorkerGradients;
  readonly #shared: SharedState;

  constructor(backend: Backend, setup: ReplicaSetup) {
    const { worker, workers, shared } = setup;
    this.gpt = new Gpt(backend, setup.model);
    this.barrier = new Barrier(shared.barrier, workers);
    const slice = parameterSlice(worker, workers, this.gpt.weights.flat.size);
    this.#gradients = new WorkerGradients(this.gpt, { setup, slice });
    this.optimizer = new WorkerOptimizer(this.gpt, { setup, slice });
    this.#shared = shared;
    this.gpt.load(shared.parameters);
  }

  /** Take parameters and moments from shared memory. */
  load(): void {
    this.gpt.load(this.#shared.parameters);
    this.optimizer.loadMoments();
  }

  /** One step; every worker of the run must be given its part of the same step. */
  async step(job: StepJob): Promise<StepResult> {
    const clock = new PhaseClock();
    const shardNats = await this.#gradients.ofShards(job);
    clock.end("gradients");
    await this.#gradients.handOver();
    clock.end("handOver");
    this.barrier.wait();
    clock.end("waiting");
    const gradient = await this.#gradients.reduceSlice();
    clock.end("reduce");
    this.barrier.wait();
    clock.end("waiting");
    const gradientNorm = this.#gradients.norm();
    if (job.apply && Number.isFinite(gradientNorm)) {
      await this.optimizer.update(job, { gradient, gradientNorm, scratch: this.#gradients.scratch });
    }
    clock.end("update");
    this.barrier.wait();
    clock.end("waiting");
    this.gpt.load(this.#shared.parameters);
    clock.end("pull");
    return { shardNats, gradientNorm, times: clock.times };
  }

  /** Sum of a batch's losses, in nats, without dropout. */
  async evaluate(batch: RaggedBatch): Promise<number> {
    return sumInOrder(await this.gpt.losses(batch));
  }
}
