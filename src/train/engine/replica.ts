// One worker's share of training, with its own copy of the model. A step on every worker, between barriers:
// gradients of its shards, added into subtrees in shared slots | over its slice the sum of all slots
// (worker_gradients.ts) | clipping, AdamW on its slice, Muon on its matrices, into the shared parameters
// (worker_optimizer.ts) | a copy of all parameters.
import type { Backend } from "../../backend/mod.ts";
import { Gpt } from "../../model/gpt.ts";
import type { ReplicaSetup, StepJob, StepResult } from "./messages.ts";
import { PhaseClock } from "./phase_clock.ts";
import { Barrier, parameterSlice, type SharedState } from "./shared_state.ts";
import { WorkerGradients } from "./worker_gradients.ts";
import { WorkerOptimizer } from "./worker_optimizer.ts";

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

  load(): void {
    this.gpt.load(this.#shared.parameters);
    this.optimizer.loadMoments();
  }

  /** Every worker of the run must be given its part of the same step. */
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
}
