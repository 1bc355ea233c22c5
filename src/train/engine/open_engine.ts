/** Which engine a run gets: a pool of workers, or the device that the backend stands for. */
import { checkMemory } from "../memory.ts";
import type { Engine } from "./engine.ts";
import { Pool, type PoolOptions } from "./pool.ts";

/**
 * Open the engine of a run.
 *
 * @param options.workers of a pool
 * @param options.availableBytes that a pool may take. Default: not checked
 * @throws {UsageError} when a pool does not fit into memory
 * @throws what the backend cannot open or allocate
 */
export async function openEngine(
  options: PoolOptions & { readonly availableBytes?: number },
): Promise<Engine> {
  checkMemory(options.model, options.train, options.workers, options.availableBytes ?? Infinity);
  return await Pool.start(options);
}
