/**
 * A model in several workers, each with a copy. A request goes to a worker that is free; what comes back does not depend on which, so
 * figures are the same with any number of workers.
 */
import type { BackendChoice } from "../backend/choose.ts";
import { DataError } from "../errors.ts";
import { askedBy, type AskedModel, type ModelAnswer, type ModelRequest } from "./requests.ts";
import type { WorkerReply, WorkerRequest } from "./worker.ts";

/** Options of {@linkcode ModelPool.open}. */
export interface ModelPoolOptions {
  /** Worker threads, at least 1. */
  readonly workers: number;
  /** What computes for a checkpoint. */
  readonly backend: BackendChoice;
}

interface Job {
  readonly request: ModelRequest;
  resolve(answer: ModelAnswer): void;
  reject(error: Error): void;
}

/** See the top of this file. */
export class ModelPool implements AsyncDisposable {
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #jobs: Job[] = [];
  /** Jobs that are being done, to be told when the pool fails. */
  readonly #running = new Map<Worker, Job>();
  #failure: Error | null = null;
  /** Asks the next worker that is free. */
  readonly model: AskedModel = askedBy((request) => this.#ask(request));

  private constructor() {}

  /**
   * Start the workers.
   *
   * @param path what `openModel()` opens
   * @throws {DataError} what is wrong with the model's files
   */
  static async open(path: string, { workers, backend }: ModelPoolOptions): Promise<ModelPool> {
    const pool = new ModelPool();
    try {
      await Promise.all(Array.from({ length: workers }, () => pool.#start({ kind: "open", path, backend })));
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
    return pool;
  }

  /** Stops the workers; what was asked and not answered fails. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#fail(new Error("the pool was closed"));
    return Promise.resolve();
  }

  #ask(request: ModelRequest): Promise<ModelAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure);
      this.#jobs.push({ request, resolve, reject });
      this.#next();
    });
  }

  #start(request: WorkerRequest & { kind: "open" }): Promise<void> {
    const worker = new Worker(import.meta.resolve("./worker.ts"), { type: "module" });
    this.#workers.push(worker);
    return new Promise<void>((resolve, reject) => {
      worker.onerror = (event): void => {
        event.preventDefault();
        const error = new Error(`a worker stopped: ${event.message}`);
        reject(error);
        this.#fail(error);
      };
      worker.onmessage = ({ data }: MessageEvent<WorkerReply>): void => {
        if (!data.ok) return reject(errorOf(data));
        worker.onmessage = ({ data }: MessageEvent<WorkerReply>): void => this.#finish(worker, data);
        this.#idle.push(worker);
        resolve();
      };
      worker.postMessage(request);
    });
  }

  #next(): void {
    while (this.#idle.length > 0 && this.#jobs.length > 0) {
      const [worker, job] = [this.#idle.pop()!, this.#jobs.shift()!];
      this.#running.set(worker, job);
      worker.postMessage(job.request satisfies WorkerRequest);
    }
  }

  #finish(worker: Worker, reply: WorkerReply): void {
    const job = this.#running.get(worker)!;
    this.#running.delete(worker);
    this.#idle.push(worker);
    if (reply.ok) job.resolve(reply.value!);
    else job.reject(errorOf(reply));
    this.#next();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const worker of this.#workers.splice(0)) worker.terminate();
    for (const { reject } of [...this.#running.values(), ...this.#jobs.splice(0)]) reject(error);
    this.#running.clear();
  }
}

function errorOf({ error, isUsage, hint }: WorkerReply & { ok: false }): Error {
  if (!isUsage) return error;
  return new DataError(error.message, { cause: error, ...(hint === undefined ? {} : { hint }) });
}
