/** Timing of what a backend only records: so many calls in a row that their end can be waited for. */
import type { Backend, Tensor } from "../src/backend/mod.ts";

/** How often the measurement is repeated; the best counts. */
const REPEATS = 3;
/** Most calls in a row. */
const MOST_CALLS = 4096;

/**
 * Milliseconds of one call on the device: the best of several rows of calls, without the time that waiting for nothing takes.
 *
 * @param run only hands work to the backend
 * @param output one that `run` writes: reading its first element waits for the device
 * @param budgetMs about as much is spent
 */
export async function timedOnGpu(
  backend: Backend,
  run: () => void,
  output: Tensor,
  budgetMs: number,
): Promise<number> {
  const first = backend.view(output, 0, [1]);
  const row = async (calls: number): Promise<number> => {
    const started = performance.now();
    for (let i = 0; i < calls; i++) run();
    await backend.read(first);
    return performance.now() - started;
  };
  await row(1); // compiles
  const once = await row(1);
  const calls = Math.min(MOST_CALLS, Math.max(1, Math.floor(budgetMs / REPEATS / once)));
  let [best, waiting] = [Infinity, Infinity];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    waiting = Math.min(waiting, await row(0));
    best = Math.min(best, await row(calls));
  }
  return Math.max(best - waiting, 1e-6) / calls;
}
