// Each rank makes steps alone, on its part of every batch, with an optimizer of its own; after `syncEvery` of
// them all meet (outer_step.ts): DiLoCo (Douillard et al. 2023, https://arxiv.org/abs/2311.08105), with Muon
// MuLoCo (Thérien et al. 2025, https://arxiv.org/abs/2505.23725). The ranks meet in their moments, too, so that
// after a meeting all have the same state: a checkpoint is as large as ever but for the outer step's momentum,
// and any number of ranks goes on from it. Results depend on the number of ranks, not on their workers'.
import type { TrainConfig } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import type { Sequence } from "../../model/batch.ts";
import { parameterTable } from "../../model/parameters.ts";
import type { EngineState, StepOptions } from "../engine/engine.ts";
import type { StepJob, StepResult } from "../engine/messages.ts";
import { Pool, type PoolOptions } from "../engine/pool.ts";
import { parameterSlice } from "../engine/shared_state.ts";
import { cutIntoJobs } from "../engine/step_jobs.ts";
import { dealByRows } from "../shards.ts";
import type { Rank } from "./rank.ts";
import type { RankShare, ShareParts } from "./share.ts";

export class LocalSteps implements RankShare {
  readonly pool: Pool;
  readonly #parts: ShareParts;
  /** In shared memory, of the outer step: in rank 0 of all parameters, elsewhere of this rank's slice. */
  readonly #momentum: Float32Array;

  /** @throws {UsageError} when there are more ranks than sequences in a batch */
  static async start(rank: Rank, options: PoolOptions): Promise<LocalSteps> {
    const { model, train } = options;
    const { ranks } = rank.job;
    if (ranks > train.batchSize) {
      throw new UsageError(`${ranks} ranks cannot share ${train.batchSize} sequences with --sync-every`, {
        hint: `Use at most ${train.batchSize} ranks, or --batch-size ${ranks}.`,
      });
    }
    const pool = await Pool.start({ ...options, train: ownConfig(train, rank) });
    try {
      const { size } = parameterTable(model);
      const { begin, end } = parameterSlice(rank.job.rank, ranks, size);
      const momentum = new Float32Array(
        new SharedArrayBuffer(4 * (rank.job.rank === 0 ? size : end - begin)),
      );
      const place = { ...rank.job, workers: pool.workers };
      await rank.ask({ kind: "attach", setup: { model, train, place, shared: pool.shared, momentum } });
      return new LocalSteps({ rank, pool, model, train }, momentum);
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(parts: ShareParts, momentum: Float32Array) {
    [this.#parts, this.pool, this.#momentum] = [parts, parts.pool, momentum];
  }

  cut(sequences: readonly Sequence[], options: StepOptions): { targets: number; jobs: StepJob[][] } {
    const { model, train, rank, pool: { place } } = this.#parts;
    const steps = dealByRows(sequences, rank.job.ranks).map((own) =>
      cutIntoJobs(own, { ...options, model, train: ownConfig(train, rank), place })
    );
    return {
      targets: steps.reduce((sum, { targets }) => sum + targets, 0),
      jobs: steps.map(({ jobs: [jobs] }) => jobs!),
    };
  }

  async work(jobs: readonly StepJob[], { meet }: Pick<StepOptions, "meet">): Promise<StepResult[]> {
    const results = await this.pool.doJobs(jobs);
    if (meet) {
      await this.pool.state();
      await this.#parts.rank.ask({ kind: "meet" });
      await this.pool.loadShared();
    }
    return results;
  }

  /** Root of the mean square. */
  norm(norms: readonly number[]): number {
    return Math.sqrt(norms.reduce((sum, norm) => sum + norm * norm, 0) / norms.length);
  }

  /** To be called after a meeting. */
  async gather(): Promise<EngineState> {
    await this.#parts.rank.ask({ kind: "gatherMomentum" });
    return { ...await this.pool.state(), outer: this.#momentum };
  }

  async spread(state?: EngineState): Promise<void> {
    const { parameters, m, v } = this.pool.sharedState;
    if (state !== undefined) {
      await this.pool.load(state);
      if (state.outer === undefined) this.#momentum.fill(0);
      else this.#momentum.set(state.outer);
    }
    const { rank } = this.#parts;
    await rank.ask({ kind: "share", vectors: [parameters, m, v] });
    await rank.ask({ kind: "spreadMomentum" });
    if (state === undefined) await this.pool.loadShared();
  }
}

/** What a rank's pool trains with: its part of the shards, and dropout of its own. */
function ownConfig(train: TrainConfig, { job: { rank, ranks } }: Rank): TrainConfig {
  const shards = Math.max(1, Math.floor(train.shards / ranks));
  return { ...train, shards, seed: (train.seed + rank) % 2 ** 32 };
}
