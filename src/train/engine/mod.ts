// What does the work of a run: steps, evaluations, samples, and the state that checkpoints keep. A pool of
// worker threads shares a step (pool.ts; each worker's part is replica.ts), or one device does all of it
// (device_engine.ts). Both cut a batch into the same shards and micro-batches, in the same order, with the
// same dropout; they add gradients in different orders, so their numbers agree up to rounding.
//
// Not here: which step is due, with which rate and batch (../run.ts), and the arithmetic itself (src/model,
// src/backend). Read engine.ts first.
import { openBackend } from "../../backend/choose.ts";
import { DeviceEngine } from "./device_engine.ts";
import type { Engine } from "./engine.ts";
import { Pool, type PoolOptions } from "./pool.ts";

/**
 * Open the engine of a run: a GPU does all of a step by itself, otherwise workers share it.
 *
 * @param options.workers of a pool
 * @throws {DeviceError} when the GPU cannot be opened, or has not enough memory for the parameters
 */
export async function openEngine(options: PoolOptions): Promise<Engine> {
  if (options.backend.kind !== "webgpu") return await Pool.start(options);
  const backend = await openBackend(options.backend);
  try {
    return new DeviceEngine(backend, options);
  } catch (error) {
    backend[Symbol.dispose]();
    throw error;
  }
}
