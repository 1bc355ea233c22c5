/** Where the time of a step goes: one replica in this thread, on a backend that measures every operation. */
import type { Backend } from "../src/backend/mod.ts";
import type { ModelConfig, TrainConfig } from "../src/config.ts";
import type { Sequence } from "../src/model/batch.ts";
import { initialParameters } from "../src/model/parameters.ts";
import type { StepJob } from "../src/train/engine/messages.ts";
import { Replica } from "../src/train/engine/replica.ts";
import { allocateSharedState } from "../src/train/engine/shared_state.ts";
import { cutIntoShards } from "../src/train/shards.ts";
import { targetsOf } from "./batches.ts";
import type { PeakProduct } from "./peak.ts";
import { type OperationTime, timeBackend } from "./timed_backend.ts";

/** A profile: `operations` and `betweenMs` add up to `wallMs`. All over `steps` steps. */
export interface Profile {
  readonly steps: number;
  readonly tokens: number;
  readonly wallMs: number;
  /**
   * Arithmetic per second by that of the peak product, which runs now and then between operations (its time
   * is not part of `wallMs`).
   */
  readonly peakShare: number;
  /** Longest first. */
  readonly operations: readonly OperationTime[];
  /** JavaScript between operations, and what the clock costs. */
  readonly betweenMs: number;
}

/** Profile one step on each batch, after one that is not counted. */
export async function profileSteps(
  inner: Backend,
  batches: readonly (readonly Sequence[])[],
  options: { model: ModelConfig; train: TrainConfig; peak: PeakProduct; flopsPerToken: number },
): Promise<Profile> {
  const { model, train, peak, flopsPerToken } = options;
  const place = { rank: 0, ranks: 1, workers: 1 };
  const shared = allocateSharedState(model, place, train.shards);
  shared.parameters.set(initialParameters(model, train.seed));
  const probe = new PeakProbe(peak);
  const { backend, times, reset } = timeBackend(inner, () => probe.visit());
  const replica = new Replica(backend, { ...place, worker: 0, model, train, shared });
  const job = (batch: readonly Sequence[], step: number): StepJob => {
    const shards = cutIntoShards(batch, train.shards, model.contextLength);
    return {
      step,
      learningRate: train.learningRate,
      scale: 1 / targetsOf(batch),
      apply: true,
      shards: shards.map((batches, index) => ({ index, batches })),
    };
  };
  await replica.step(job(batches[0]!, 1));
  reset();
  probe.reset();
  const started = performance.now();
  for (const [i, batch] of batches.entries()) await replica.step(job(batch, i + 2));
  const wallMs = performance.now() - started - probe.totalMs;
  const tokens = batches.reduce((sum, batch) => sum + targetsOf(batch), 0);
  const operations = times().sort((a, b) => b.ms - a.ms);
  return {
    steps: batches.length,
    tokens,
    wallMs,
    peakShare: tokens * flopsPerToken / wallMs / probe.flopsPerMs(),
    operations,
    betweenMs: wallMs - operations.reduce((sum, { ms }) => sum + ms, 0),
  };
}

/** The peak product, run once in a while. */
class PeakProbe {
  /** Spent on it so far. */
  totalMs = 0;
  #timedMs = 0;
  #timedRuns = 0;
  #visits = 0;
  constructor(readonly peak: PeakProduct) {}

  reset(): void {
    [this.totalMs, this.#timedMs, this.#timedRuns, this.#visits] = [0, 0, 0, 0];
  }

  /** Does something every eighth time: once to fill the caches, then timed. */
  visit(): void {
    if (++this.#visits % 8 !== 0) return;
    const started = performance.now();
    this.peak.run();
    const warm = performance.now();
    this.peak.run();
    this.peak.run();
    const ended = performance.now();
    this.totalMs += ended - started;
    this.#timedMs += ended - warm;
    this.#timedRuns += 2;
  }

  flopsPerMs(): number {
    return this.#timedRuns * this.peak.flops / this.#timedMs;
  }
}
