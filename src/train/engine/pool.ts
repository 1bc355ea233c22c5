// The pool of workers of one run. The main thread only coordinates: it posts requests and adds up what comes
// back; weights and gradients move through shared memory.
import type { BackendChoice } from "../../backend/choose.ts";
import type { ModelConfig } from "../../config.ts";
import type { RaggedBatch, Sequence } from "../../model/batch.ts";
import { inOrder, SILENCE_MS, WorkerPool } from "../../workers/mod.ts";
import type { SequenceLosses } from "../../evaluate/bits_per_byte.ts";
import { countStepTargets, cutIntoShards, lossesOf, packMicroBatches, shardRange } from "../shards.ts";
import type { Engine, EngineOptions, EngineState, EngineStep } from "./engine.ts";
import type { SampledTokens, SamplingOptions, StepOptions } from "./engine.ts";
import type { WorkerAnswers, WorkerRequest } from "./messages.ts";
import type { StepTimes } from "./phase_clock.ts";
import { allocateSharedState, Barrier, BROKEN_MESSAGE, sharedMoments } from "./shared_state.ts";
import type { SharedState } from "./shared_state.ts";

/** Where a bundler made one script of this module, the worker's lies beside it. */
const WORKER = import.meta.resolve(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js");

export interface PoolOptions extends EngineOptions {
  /** Number of workers: at least 1, at most `train.shards`. */
  readonly workers: number;
  readonly backend: BackendChoice;
  /** How long a worker may give no sign of life. Default: {@linkcode patience}. */
  readonly silenceMs?: number;
  readonly module?: string;
}

/** One step, with where each worker's time went. */
export type PoolStep = EngineStep & { readonly times: readonly StepTimes[] };

export class Pool implements Engine {
  description = "";
  readonly stepsInFlight = 1;
  readonly peakGigaflops: number | null;
  readonly #options: Pick<PoolOptions, "model" | "train">;
  readonly #shared: SharedState;
  readonly #pool: WorkerPool<WorkerRequest, WorkerAnswers>;

  /** Start the workers and wait until all are ready. @throws what a worker cannot allocate or load */
  static async start(options: PoolOptions): Promise<Pool> {
    const { model, train, workers, backend } = options;
    const pool = new Pool(options);
    try {
      const setup = { workers, model, train, shared: pool.#shared };
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
    this.#shared = allocateSharedState(model, workers, train.shards);
    this.#shared.parameters.set(parameters);
    const barrier = new Barrier(this.#shared.barrier, workers);
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
    const { train, model } = this.#options;
    const shards = cutIntoShards(sequences, train.shards, model.contextLength);
    const { targets, scale } = countStepTargets(sequences, options.proofWeight);
    const results = await this.#askAll((worker) => {
      const { first, end } = shardRange(worker, this.workers, train.shards);
      const own = shards.slice(first, end).map((batches, i) => ({ index: first + i, batches }));
      return { kind: "step", job: { ...options, scale, shards: own } };
    });
    const nats = results.flatMap(({ shardNats }) => shardNats).reduce((sum, shard) => sum + shard, 0);
    const [{ gradientNorm }, times] = [results[0]!, results.map((result) => result.times)];
    return { loss: nats / targets, targets, gradientNorm, times };
  }

  /** The same bits with any number of workers. */
  evaluate(sequences: readonly Sequence[], signal?: AbortSignal): Promise<SequenceLosses> {
    const batches = packMicroBatches(sequences, this.#options.model.contextLength);
    const ask = (batch: RaggedBatch) => this.#pool.askFree({ kind: "evaluate", batch });
    return lossesOf(batches, inOrder(batches, ask, { signal, width: 2 * this.workers }));
  }

  /** By the first worker. */
  generate(prompt: Int32Array, options: SamplingOptions): Promise<SampledTokens> {
    return this.#pool.ask(0, { kind: "generate", prompt, options });
  }

  /** In shared memory: nothing is copied. */
  async state(): Promise<EngineState> {
    await this.#askAll(() => ({ kind: "saveMoments" }));
    return { parameters: this.#shared.parameters, ...sharedMoments(this.#shared) };
  }

  async load({ parameters, m, v }: EngineState): Promise<void> {
    this.#shared.parameters.set(parameters);
    const moments = sharedMoments(this.#shared);
    moments.m.set(m);
    moments.v.set(v);
    await this.#askAll(() => ({ kind: "load" }));
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
