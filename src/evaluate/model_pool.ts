// A model in several workers, each with a copy. What comes back does not depend on which is asked.
import type { BackendChoice } from "../backend/choose.ts";
import { SILENCE_MS, WorkerPool } from "../workers/mod.ts";
import { askedBy, type AskedModel, type ModelAnswers, type PoolRequest } from "./requests.ts";

/** Options of {@linkcode ModelPool.open}. */
export interface ModelPoolOptions {
  /** Worker threads, at least 1. */
  readonly workers: number;
  /** What computes for a checkpoint. */
  readonly backend: BackendChoice;
}

/** A model in several workers. */
export class ModelPool implements AsyncDisposable {
  /** Asks the next worker that is free. */
  readonly model: AskedModel;
  readonly #workers: WorkerPool<PoolRequest, ModelAnswers & { open: null }>;

  private constructor(workers: number, silenceMs: number) {
    this.#workers = new WorkerPool(import.meta.resolve("./worker.ts"), { workers, silenceMs });
    this.model = askedBy((request) => this.#workers.askFree(request));
  }

  /** Start workers with what `openModel()` opens. @throws {DataError} what is wrong with the model's files */
  static async open(path: string, { workers, backend }: ModelPoolOptions): Promise<ModelPool> {
    // ONNX Runtime gives no sign of life within a whole window's run.
    const pool = new ModelPool(workers, path.endsWith(".safetensors") ? SILENCE_MS : 3 * SILENCE_MS);
    try {
      const open = (worker: number) => pool.#workers.ask(worker, { kind: "open", path, backend });
      await Promise.all(Array.from({ length: workers }, (_, worker) => open(worker)));
      return pool;
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Stops the workers; what was asked and not answered fails. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#workers[Symbol.dispose]();
    return Promise.resolve();
  }
}
