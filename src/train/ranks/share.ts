// A rank's share of a run: its pool, and what it does together with the other ranks' in a step and for a
// checkpoint. The same in rank 0 (rank_engine.ts) and in the others (follow.ts). Either all ranks make each
// step together (every_step.ts), or each makes some alone before they meet (local_steps.ts).
import type { Sequence } from "../../model/batch.ts";
import type { EngineOptions, EngineState, StepOptions } from "../engine/engine.ts";
import type { StepJob, StepResult } from "../engine/messages.ts";
import type { Pool } from "../engine/pool.ts";
import type { Rank } from "./rank.ts";

export interface RankShare {
  readonly pool: Pool;
  /** Of rank 0: a step's jobs: by rank, by its worker. */
  cut(sequences: readonly Sequence[], options: StepOptions): { targets: number; jobs: StepJob[][] };
  /** Do this rank's part of a step, while the others do theirs. */
  work(
    jobs: readonly StepJob[],
    options: Pick<StepOptions, "step" | "apply" | "meet">,
  ): Promise<StepResult[]>;
  /** The norm that is told of a step, of what each rank tells. */
  norm(norms: readonly number[]): number;
  /** All that others own of the state goes to rank 0. @returns there: the state */
  gather(): Promise<EngineState>;
  /** Take over rank 0's state. @param state there: what it is to be */
  spread(state?: EngineState): Promise<void>;
}

/** What a share works with. */
export interface ShareParts extends Pick<EngineOptions, "model" | "train"> {
  readonly rank: Rank;
  readonly pool: Pool;
}
