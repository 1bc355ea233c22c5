// One worker's share of training, with its own copy of the model. A step on every worker, between meetings:
// gradients of its shards, added into subtrees in shared slots | over its slice the sum of all slots
// (worker_gradients.ts) | clipping, AdamW on its slice, Muon on its matrices, into the shared parameters
// (worker_optimizer.ts) | a copy of all parameters. Where there are other ranks, a meeting ends when the link
// (../ranks/) has exchanged with them what is due.
import type { Backend } from "../../backend/mod.ts";
import { Gpt } from "../../model/gpt.ts";
import type { ReplicaSetup, StepJob, StepResult } from "./messages.ts";
import { PhaseClock } from "./phase_clock.ts";
import { memberOf, partiesOf } from "./place.ts";
import { Barrier, parameterSlice, type SharedState } from "./shared_state.ts";
import { WorkerGradients } from "./worker_gradients.ts";
import { WorkerOptimizer } from "./worker_optimizer.ts";

export class Replica {
  readonly gpt: Gpt;
  readonly barrier: Barrier;
  readonly optimizer: WorkerOptimizer;
  readonly #gradients: WorkerGradients;
  readonly #shared: SharedState;
  readonly #hasLink: boolean;

  constructor(backend: Backend, setup: ReplicaSetup) {
    const { worker, ranks, shared } = setup;
    const { member, members } = memberOf(setup, worker);
    this.gpt = new Gpt(backend, setup.model);
    this.#hasLink = ranks > 1;
    this.barrier = new Barrier(shared.barrier, partiesOf(setup));
    const slice = parameterSlice(member, members, this.gpt.weights.flat.size);
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
    this.#gradients.handOver();
    clock.end("handOver");
    this.#meet(clock);
    const gradient = await this.#gradients.reduceSlice();
    clock.end("reduce");
    this.#meet(clock);
    const gradientNorm = this.#gradients.norm();
    if (job.apply && Number.isFinite(gradientNorm)) {
      await this.optimizer.update(job, { gradient, gradientNorm, scratch: this.#gradients.scratch });
    }
    clock.end("update");
    this.#meet(clock);
    this.gpt.load(this.#shared.parameters);
    clock.end("pull");
    return { shardNats, gradientNorm, times: clock.times };
  }

  #meet(clock: PhaseClock): void {
    this.barrier.wait();
    clock.end("waiting");
    if (!this.#hasLink) return;
    this.barrier.wait();
    clock.end("exchange");
  }
}
