// A step as jobs for the workers of all ranks, and what their results say of it.
import type { Sequence } from "../../model/batch.ts";
import { countStepTargets, cutIntoShards, shardRange } from "../shards.ts";
import type { EngineOptions, EngineStep, StepOptions } from "./engine.ts";
import type { StepJob, StepResult } from "./messages.ts";
import type { StepTimes } from "./phase_clock.ts";
import { memberOf, type RankPlace } from "./place.ts";

/** One step, with where each worker's time went. */
export type PoolStep = EngineStep & { readonly times: readonly StepTimes[] };

/** A step's jobs: by rank, by its worker. */
export function cutIntoJobs(
  sequences: readonly Sequence[],
  options: StepOptions & Pick<EngineOptions, "model" | "train"> & { readonly place: RankPlace },
): { targets: number; jobs: StepJob[][] } {
  const { model, train, place, step, learningRate, proofWeight, apply } = options;
  const shards = cutIntoShards(sequences, train.shards, model.contextLength);
  const { targets, scale } = countStepTargets(sequences, proofWeight);
  const jobOf = (rank: number, worker: number): StepJob => {
    const { member, members } = memberOf({ ...place, rank }, worker);
    const { first, end } = shardRange(member, members, train.shards);
    const own = shards.slice(first, end).map((batches, i) => ({ index: first + i, batches }));
    return { step, learningRate, apply, scale, shards: own, ...proofWeight !== undefined && { proofWeight } };
  };
  const counted = (length: number): number[] => Array.from({ length }, (_, i) => i);
  const { ranks, workers } = place;
  return {
    targets,
    jobs: counted(ranks).map((rank) => counted(workers).map((worker) => jobOf(rank, worker))),
  };
}

/** What a step gave. @param results of all workers of the run, in their order */
export function stepOf(
  results: readonly Pick<StepResult, "shardNats" | "gradientNorm" | "times">[],
  targets: number,
): PoolStep {
  const nats = results.flatMap(({ shardNats }) => shardNats).reduce((sum, shard) => sum + shard, 0);
  const [{ gradientNorm }, times] = [results[0]!, results.map((result) => result.times)];
  return { loss: nats / targets, targets, gradientNorm, times };
}
