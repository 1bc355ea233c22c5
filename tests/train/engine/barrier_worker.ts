/**
 * A worker of shared_state_test.ts: so many rounds over one barrier, each looking whether the others have
 * come as far.
 */
import { Barrier } from "../../../src/train/engine/shared_state.ts";

/** What the worker is asked to do. */
export interface BarrierJob {
  readonly barrier: SharedArrayBuffer;
  /** int32: the round that each worker has come to. */
  readonly rounds: SharedArrayBuffer;
  readonly worker: number;
  readonly workers: number;
  readonly count: number;
  /** Break the barrier, instead of coming to it, in this round; -1: never. */
  readonly breakAt: number;
}

self.onmessage = (event: MessageEvent<BarrierJob>): void => {
  const { rounds, worker, workers, count, breakAt } = event.data;
  const barrier = new Barrier(event.data.barrier, workers);
  const reached = new Int32Array(rounds);
  try {
    for (let round = 1; round <= count; round++) {
      if (round === breakAt) return barrier.break();
      Atomics.store(reached, worker, round);
      barrier.wait();
      for (let other = 0; other < workers; other++) {
        if (Atomics.load(reached, other) < round) throw new Error(`worker ${other} was left behind`);
      }
    }
    self.postMessage("done");
  } catch (error) {
    self.postMessage((error as Error).message);
  }
};
