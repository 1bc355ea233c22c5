// What does the work of a run: steps, evaluations, samples, and the state that checkpoints keep. A pool of
// worker threads shares a step (pool.ts, replica.ts), or one device does all of it (device_engine.ts); they
// add gradients in different orders, so they agree up to rounding. Not which step is due (../run.ts), nor the
// arithmetic itself (src/model, src/backend). Read engine.ts first.
import { UsageError } from "../../errors.ts";
import { openBackend } from "../../backend/choose.ts";
import { DeviceEngine } from "./device_engine.ts";
import type { Engine } from "./engine.ts";
import { Pool, type PoolOptions } from "./pool.ts";

/**
 * @throws {UsageError} when the run is one of ranks that make steps alone
 * @throws {DeviceError} when a GPU cannot be opened, or has not enough memory for the parameters
 */
export async function openEngine(options: PoolOptions): Promise<Engine> {
  const { syncEvery } = options.train;
  if (syncEvery !== null) {
    throw new UsageError(`syncEvery ${syncEvery} is for a run of several processes, this is one`, {
      hint: "Start it with `mpirun -n 2 deno task train --distributed mpi`, or `resume` in its place.",
    });
  }
  if (options.backend.kind !== "webgpu") return await Pool.start(options);
  const backend = await openBackend(options.backend);
  try {
    return new DeviceEngine(backend, options);
  } catch (error) {
    backend[Symbol.dispose]();
    throw error;
  }
}
