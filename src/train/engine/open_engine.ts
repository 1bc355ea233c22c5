/** Which engine a run gets: a GPU does all of a step by itself; otherwise workers share it. */
import { openBackend } from "../../backend/choose.ts";
import { checkMemory } from "../memory.ts";
import { DeviceEngine } from "./device_engine.ts";
import type { Engine } from "./engine.ts";
import { Pool, type PoolOptions } from "./pool.ts";

/**
 * Open the engine of a run.
 *
 * @param options.workers of a pool
 * @param options.availableBytes that a pool may take. Default: not checked
 * @throws {UsageError} when a pool does not fit into memory
 * @throws {DeviceError} when the GPU cannot be opened, or has not enough memory for the parameters
 */
export async function openEngine(
  options: PoolOptions & { readonly availableBytes?: number },
): Promise<Engine> {
  if (options.backend.kind !== "webgpu") {
    checkMemory(options.model, options.train, options.workers, options.availableBytes ?? Infinity);
    return await Pool.start(options);
  }
  const backend = await openBackend(options.backend);
  try {
    return new DeviceEngine(backend, options);
  } catch (error) {
    backend[Symbol.dispose]();
    throw error;
  }
}
