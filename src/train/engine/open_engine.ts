/** Which engine a run gets: a pool of workers, or the device that the backend stands for. */
import type { BackendChoice } from "../../backend/choose.ts";
import type { Engine, EngineOptions } from "./engine.ts";
import { Pool } from "./pool.ts";

/**
 * Open the engine of a run.
 *
 * @param options.workers of a pool
 * @throws what the backend cannot open or allocate
 */
export async function openEngine(
  options: EngineOptions & { readonly backend: BackendChoice; readonly workers: number },
): Promise<Engine> {
  return await Pool.start(options);
}
