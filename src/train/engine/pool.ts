/**
 * The pool of workers of one run. The main thread only coordinates: it posts requests and adds up what comes back; weights and gradients
 * move through shared memory.
 */
import type { BackendChoice } from "../../backend/choose.ts";
import type { SampleOptions } from "../../infer/sample.ts";
import type { Sequence } from "../../model/batch.ts";
import { countStepTargets, cutIntoShards, packMicroBatches, shardRange } from "../shards.ts";
import type { Engine, EngineOptions, EngineState, EngineStep, StepOptions } from "./engine.ts";
import type { StepTimes } from "./phase_clock.ts";
import type { WorkerAnswers, WorkerReply, WorkerRequest } from "./messages.ts";
import {
  allocateSharedState,
  Barrier,
  BROKEN_MESSAGE,
  sharedMoments,
  type SharedState,
} from "./shared_state.ts";

/** Where a bundler made one script of this module, the worker's lies beside it. */
const WORKER = import.meta.resolve(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js");

/** Options of {@linkcode Pool.start}. */
export interface PoolOptions extends EngineOptions {
  /** Number of workers: at least 1, at most `train.shards`. */
  readonly workers: number;
  readonly backend: BackendChoice;
}

/** One step, over all workers. */
export interface PoolStep extends EngineStep {
  /** Where each worker's time went. */
  readonly times: readonly StepTimes[];
}

interface Member {
  readonly worker: Worker;
  readonly waiting: { resolve(value: unknown): void; reject(error: Error): void }[];
}

/** See the top of this file. */
export class Pool implements Engine {
  description = "";
  readonly stepsInFlight = 1;
  readonly #options: Pick<PoolOptions, "model" | "train">;
  readonly #shared: SharedState;
  readonly #members: Member[];
  /** Why the workers were stopped; null while they run. */
  #failure: Error | null = null;

  /** Start the workers and wait until all are ready. @throws what a worker cannot allocate or load */
  static async start(options: PoolOptions): Promise<Pool> {
    const pool = new Pool(options);
    try {
      const descriptions = await pool.#askAll("start", (worker) => ({
        kind: "start",
        backend: options.backend,
        setup: {
          worker,
          workers: options.workers,
          model: options.model,
          train: options.train,
          shared: pool.#shared,
        },
      }));
      pool.description = descriptions[0]!;
      return pool;
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(options: PoolOptions) {
    this.#options = { model: options.model, train: options.train }; // not the parameters, which are only copied
    const { model, train, workers, parameters } = options;
    this.#shared = allocateSharedState(model, workers, train.shards);
    new Float32Array(this.#shared.parameters).set(parameters);
    this.#members = Array.from({ length: options.workers }, () => this.#startMember());
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#fail(new Error("the pool was closed"));
    return Promise.resolve();
  }

  get workers(): number {
    return this.#members.length;
  }

  async step(sequences: readonly Sequence[], options: StepOptions): Promise<PoolStep> {
    const { train, model } = this.#options;
    const shards = cutIntoShards(sequences, train.shards, model.contextLength);
    const { targets, scale } = countStepTargets(sequences, options.proofWeight);
    const results = await this.#askAll("step", (worker) => {
      const { first, end } = shardRange(worker, this.workers, train.shards);
      const own = shards.slice(first, end).map((batches, i) => ({ index: first + i, batches }));
      return { kind: "step", job: { ...options, scale, shards: own } };
    });
    const nats = results.flatMap((result) => result.shardNats).reduce((sum, shard) => sum + shard.nats, 0);
    const times = results.map((result) => result.times);
    return { loss: nats / targets, targets, gradientNorm: results[0]!.gradientNorm, times };
  }

  /**
   * Losses of sequences, without dropout.
   *
   * @returns their sum in nats; the same bits with any number of workers
   */
  async evaluate(sequences: readonly Sequence[]): Promise<number> {
    const batches = packMicroBatches(sequences, this.#options.model.contextLength);
    const results = await this.#askAll("evaluate", (worker) => ({
      kind: "evaluate",
      batches: batches.filter((_, i) => i % this.workers === worker),
    }));
    return batches.reduce((sum, _, i) => sum + results[i % this.workers]![Math.floor(i / this.workers)]!, 0);
  }

  /** Logits (T, V) of one sequence, at most contextLength tokens, by the first worker. */
  logits(tokens: Int32Array): Promise<Float32Array> {
    return this.#ask(0, "logits", { kind: "logits", tokens });
  }

  /** By the first worker. */
  generate(prompt: Int32Array, options: SampleOptions & { maxTokens: number }): Promise<Int32Array> {
    return this.#ask(0, "generate", { kind: "generate", prompt, options });
  }

  /** In shared memory: nothing is copied. */
  async state(): Promise<EngineState> {
    await this.#askAll("saveMoments", () => ({ kind: "saveMoments" }));
    return { parameters: new Float32Array(this.#shared.parameters), ...sharedMoments(this.#shared) };
  }

  async load({ parameters, m, v }: EngineState): Promise<void> {
    new Float32Array(this.#shared.parameters).set(parameters);
    const moments = sharedMoments(this.#shared);
    moments.m.set(m);
    moments.v.set(v);
    await this.#askAll("load", () => ({ kind: "load" }));
  }

  #startMember(): Member {
    const worker = new Worker(WORKER, { type: "module" });
    const member: Member = { worker, waiting: [] };
    worker.onmessage = (event: MessageEvent<WorkerReply>): void => {
      const waiting = member.waiting.shift();
      if (event.data.ok) waiting?.resolve(event.data.value);
      else waiting?.reject(event.data.error);
    };
    worker.onerror = (event): void => {
      event.preventDefault();
      this.#fail(new Error(`a worker stopped: ${event.message}`));
    };
    return member;
  }

  #ask<K extends WorkerRequest["kind"]>(
    worker: number,
    _kind: K,
    request: WorkerRequest & { kind: K },
  ): Promise<WorkerAnswers[K]> {
    const member = this.#members[worker]!;
    return new Promise<WorkerAnswers[K]>((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure);
      member.waiting.push({ resolve: resolve as (value: unknown) => void, reject });
      member.worker.postMessage(request);
    });
  }

  /** Ask every worker; when one fails, the first error that is not a consequence of another is thrown. */
  async #askAll<K extends WorkerRequest["kind"]>(
    kind: K,
    request: (worker: number) => WorkerRequest & { kind: K },
  ): Promise<WorkerAnswers[K][]> {
    const results = await Promise.allSettled(this.#members.map((_, i) => this.#ask(i, kind, request(i))));
    const errors = results.flatMap((result) => result.status === "rejected" ? [result.reason as Error] : []);
    if (errors.length > 0) {
      throw errors.find((error) => error.message !== BROKEN_MESSAGE) ?? errors[0]!;
    }
    return results.map((result) => (result as PromiseFulfilledResult<WorkerAnswers[K]>).value);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    new Barrier(this.#shared.barrier, this.#members.length).break();
    for (const { worker, waiting } of this.#members) {
      worker.terminate();
      for (const { reject } of waiting.splice(0)) reject(error);
    }
  }
}
