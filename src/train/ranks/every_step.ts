// All ranks make each step together: shards are cut as for one pool, and their sums exchanged within the step,
// so that its bits are those of one pool with as many shards. Each rank keeps the moments of what it updates.
import type { Sequence } from "../../model/batch.ts";
import type { EngineState, StepOptions } from "../engine/engine.ts";
import type { StepJob, StepResult } from "../engine/messages.ts";
import { Pool, type PoolOptions } from "../engine/pool.ts";
import { cutIntoJobs } from "../engine/step_jobs.ts";
import { type Rank, together } from "./rank.ts";
import type { RankShare, ShareParts } from "./share.ts";

export class EveryStep implements RankShare {
  readonly pool: Pool;
  readonly #parts: ShareParts;

  static async start(rank: Rank, options: PoolOptions): Promise<EveryStep> {
    const { model, train } = options;
    const pool = await Pool.start({ ...options, ranks: rank.job });
    try {
      await rank.ask({ kind: "attach", setup: { model, train, place: pool.place, shared: pool.shared } });
      return new EveryStep({ rank, pool, model, train });
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(parts: ShareParts) {
    [this.#parts, this.pool] = [parts, parts.pool];
  }

  cut(sequences: readonly Sequence[], options: StepOptions): { targets: number; jobs: StepJob[][] } {
    const { model, train, pool: { place } } = this.#parts;
    return cutIntoJobs(sequences, { ...options, model, train, place });
  }

  async work(
    jobs: readonly StepJob[],
    { step, apply }: Pick<StepOptions, "step" | "apply">,
  ): Promise<StepResult[]> {
    const { rank } = this.#parts;
    const [results] = await together(this.pool.doJobs(jobs), rank.ask({ kind: "step", step, apply }));
    return results;
  }

  norm([norm]: readonly number[]): number {
    return norm!; // each rank has the whole gradient's
  }

  async gather(): Promise<EngineState> {
    const state = await this.pool.state();
    await this.#parts.rank.ask({ kind: "moments" });
    return state;
  }

  async spread(state?: EngineState): Promise<void> {
    const { parameters, m, v } = this.pool.sharedState;
    if (state !== undefined) await this.pool.load(state);
    await this.#parts.rank.ask({ kind: "share", vectors: [parameters, m, v] });
    if (state === undefined) await this.pool.loadShared();
  }
}
