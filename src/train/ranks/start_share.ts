// Which way of sharing a run (share.ts) it is.
import type { PoolOptions } from "../engine/pool.ts";
import { EveryStep } from "./every_step.ts";
import { LocalSteps } from "./local_steps.ts";
import type { Rank } from "./rank.ts";
import type { RankShare } from "./share.ts";

/** Start this rank's pool. */
export function startShare(rank: Rank, options: PoolOptions): Promise<RankShare> {
  return options.train.syncEvery === null ? EveryStep.start(rank, options) : LocalSteps.start(rank, options);
}
