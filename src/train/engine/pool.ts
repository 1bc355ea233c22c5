// The pool of workers of one rank, mostly all of a run. The main thread only coordinates: it posts requests and
// adds up what comes back; weights and gradients move through shared memory.
import type { BackendChoice } from "../../backend/choose.ts";
import type { ModelConfig } from "../../config.ts";
import type { RaggedBatch, Sequence } from "../../model/batch.ts";
import { inOrder, SILENCE_MS, WorkerPool } from "../../workers/mod.ts";
import type { SequenceLosses } from "../../evaluate/bits_per_byte.ts";
import { lossesOf, packMicroBatches } from "../shards.ts";
import type { Engine, EngineOptions, EngineState } from "./engine.ts";
import type { SampledTokens, SamplingOptions, StepOptions } from "./engine.ts";
import type { StepJob, StepResult, WorkerAnswers, WorkerRequest } from "./messages.ts";
import { partiesOf, type RankPlace } from "./place.ts";
import { allocateSharedState, Barrier, BROKEN_MESSAGE, sharedMoments } from "./shared_state.ts";
import type { SharedState } from "./shared_state.ts";
import { cutIntoJobs, type PoolStep, stepOf } from "./step_jobs.ts";

/** Where a bundler made one script of this module, the worker's lies beside it. */
const WORKER = import.meta.resolve(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js");

export interface PoolOptions extends EngineOptions {
  /** Number of workers: at least 1, with those of other ranks at most `train.shards`. */
  readonly workers: number;
  /** Where there are other ranks: this one. */
  readonly ranks?: Pick<RankPlace, "rank" | "ranks">;
  readonly backend: BackendChoice;
  /** How long a worker may give no sign of life. Default: {@linkcode patience}. */
  readonly silenceMs?: number;
  readonly module?: string;
}

export class Pool implements Engine {
  description = "";
  readonly stepsInFlight = 1;
  readonly peakGigaflops: number | null;
  readonly place: RankPlace;
  readonly shared: SharedState;
  readonly #options: Pick<PoolOptions, "model" | "train">;
  readonly #pool: WorkerPool<WorkerRequest, WorkerAnswers>;

  /** Start the workers and wait until all are ready. @throws what a worker cannot allocate or load */
  static async start(options: PoolOptions): Promise<Pool> {
    const { model, train, backend } = options;
    const pool = new Pool(options);
    try {
      const setup = { ...pool.place, model, train, shared: pool.shared };
      const start = (worker: number) => ({ kind: "start" as const, backend, setup: { ...setup, worker } });
      pool.description = (await pool.#askAll(start))[0]!;
      return pool;
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor({ model, train, workers, parameters, ...options }: PoolOptions) {
    const gigaflops = options.backend.kind === "wasm" ? options.backend.gigaflops : undefined;
    this.peakGigaflops = gigaflops === undefined ? null : workers * gigaflops;
    this.#options = { model, train }; // not the parameters, which are only copied
    const { rank, ranks } = options.ranks ?? { rank: 0, ranks: 1 };
    this.place = { rank, ranks, workers };
    this.shared = allocateSharedState(model, this.place, train.shards);
    this.shared.parameters.set(parameters);
    const barrier = new Barrier(this.shared.barrier, partiesOf(this.place));
    const { module = WORKER, silenceMs = patience(model) } = options;
    this.#pool = new WorkerPool(module, { workers, silenceMs, failed: () => barrier.break() });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#pool[Symbol.dispose]();
    return Promise.resolve();
  }

  get workers(): number {
    return this.#pool.size;
  }

  async step(sequences: readonly Sequence[], options: StepOptions): Promise<PoolStep> {
    const { targets, jobs: [jobs] } = cutIntoJobs(sequences, {
      ...options,
      ...this.#options,
      place: this.place,
    });
    return stepOf(await this.doJobs(jobs!), targets);
  }

  /** A step, cut already: a job for each worker. */
  doJobs(jobs: readonly StepJob[]): Promise<StepResult[]> {
    return this.#askAll((worker) => ({ kind: "step", job: jobs[worker]! }));
  }

  /** The same bits with any number of workers. */
  evaluate(sequences: readonly Sequence[], signal?: AbortSignal): Promise<SequenceLosses> {
    const batches = packMicroBatches(sequences, this.#options.model.contextLength);
    return lossesOf(batches, this.losses(batches, signal));
  }

  /** The losses of batches, as they come, in order. */
  losses(batches: readonly RaggedBatch[], signal?: AbortSignal): AsyncGenerator<Float32Array, void, void> {
    const ask = (batch: RaggedBatch) => this.#pool.askFree({ kind: "evaluate", batch });
    return inOrder(batches, ask, { signal, width: 2 * this.workers });
  }

  /** By the first worker. */
  generate(prompt: Int32Array, options: SamplingOptions): Promise<SampledTokens> {
    return this.#pool.ask(0, { kind: "generate", prompt, options });
  }

  /** In shared memory: nothing is copied. */
  async state(): Promise<EngineState> {
    await this.#askAll(() => ({ kind: "saveMoments" }));
    return this.sharedState;
  }

  /** Where {@linkcode state} puts it, and {@linkcode loadShared} takes it from. */
  get sharedState(): EngineState {
    return { parameters: this.shared.parameters, ...sharedMoments(this.shared) };
  }

  /** Let every worker take what is in shared memory. */
  async loadShared(): Promise<void> {
    await this.#askAll(() => ({ kind: "load" }));
  }

  async load({ parameters, m, v }: EngineState): Promise<void> {
    const shared = this.sharedState;
    shared.parameters.set(parameters);
    shared.m.set(m);
    shared.v.set(v);
    await this.loadShared();
  }

  /** Ask every worker; when one fails, the first error that is not a consequence of another is thrown. */
  async #askAll<R extends WorkerRequest>(
    request: (worker: number) => R,
  ): Promise<WorkerAnswers[R["kind"]][]> {
    const workers = [...Array(this.workers).keys()];
    const results = await Promise.allSettled(workers.map((i) => this.#pool.ask(i, request(i))));
    const errors = results.flatMap((result) => result.status === "rejected" ? [result.reason as Error] : []);
    if (errors.length > 0) throw errors.find(({ message }) => message !== BROKEN_MESSAGE) ?? errors[0]!;
    return results.map((result) => (result as PromiseFulfilledResult<WorkerAnswers[R["kind"]]>).value);
  }
}

/** Milliseconds in which the longest operation ends on a slow machine: Muon on a matrix, or attention. */
function patience({ dModel: C, dMlp: M, contextLength: T }: ModelConfig): number {
  return Math.max(SILENCE_MS, (30 * C * C * M + 10 * T * T * C) / 4e6);
}
