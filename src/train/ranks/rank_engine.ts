// The engine of a run on several ranks, in rank 0: its own pool does its share, the others are told theirs.
// Steps have the bits of one pool with as many shards: shards are cut here as there, and summed in the same
// tree by whoever owns a slice. An evaluation's batches are dealt to all ranks, samples are drawn here.
import type { RaggedBatch, Sequence } from "../../model/batch.ts";
import type { SequenceLosses } from "../../evaluate/bits_per_byte.ts";
import type { Engine, EngineState, SampledTokens, SamplingOptions, StepOptions } from "../engine/engine.ts";
import { Pool, type PoolOptions } from "../engine/pool.ts";
import { cutIntoJobs, type PoolStep, stepOf } from "../engine/step_jobs.ts";
import { lossesOf, packMicroBatches } from "../shards.ts";
import type { Order, StepReport } from "./orders.ts";
import { type Rank, together } from "./rank.ts";

/** Batches of an evaluation that a worker is given at a time; after them an interruption is looked for. */
const BATCHES_AT_ONCE = 4;

export class RankEngine implements Engine {
  readonly description: string;
  readonly stepsInFlight = 1;
  readonly workers: number;
  readonly peakGigaflops: number | null;
  readonly #rank: Rank;
  readonly #pool: Pool;
  readonly #options: Pick<PoolOptions, "model" | "train">;
  /** The last request: the next waits for it, since both speak with the same ranks. */
  #last: Promise<unknown> = Promise.resolve();

  /** Start a pool in every rank. @param options with the workers of each */
  static async start(rank: Rank, options: PoolOptions): Promise<RankEngine> {
    const { model, train, workers, backend } = options;
    const { ranks } = rank.job;
    await rank.tell({ kind: "begin", model, train, workers, backend: backend.kind });
    const pool = await Pool.start({ ...options, ranks: { rank: 0, ranks } });
    try {
      await rank.ask({ kind: "collect" });
      await rank.ask({ kind: "attach", setup: { model, train, place: pool.place, shared: pool.shared } });
      const engine = new RankEngine(rank, pool, { model, train });
      await engine.load(pool.sharedState);
      return engine;
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(rank: Rank, pool: Pool, options: Pick<PoolOptions, "model" | "train">) {
    [this.#rank, this.#pool, this.#options] = [rank, pool, options];
    const { ranks, library } = rank.job;
    this.workers = ranks * pool.workers;
    this.peakGigaflops = pool.peakGigaflops && ranks * pool.peakGigaflops;
    this.description = `${pool.description}; ${ranks} ranks, ${library}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool[Symbol.asyncDispose]();
  }

  step(sequences: readonly Sequence[], options: StepOptions): Promise<PoolStep> {
    return this.#inTurn(async () => {
      const { step, apply } = options;
      const { targets, jobs } = cutIntoJobs(sequences, {
        ...options,
        ...this.#options,
        place: this.#pool.place,
      });
      const [own, ...others] = jobs;
      const orders = others.map((jobs): Order => ({ kind: "step", step, apply, jobs }));
      await this.#rank.ask({ kind: "tell", messages: orders });
      const [results] = await together(
        this.#pool.doJobs(own!),
        this.#rank.ask({ kind: "step", step, apply }),
      );
      const reports = await this.#rank.ask({ kind: "collect" }) as readonly StepReport[];
      return stepOf([...results, ...reports.flat()], targets);
    });
  }

  evaluate(sequences: readonly Sequence[], signal?: AbortSignal): Promise<SequenceLosses> {
    const batches = packMicroBatches(sequences, this.#options.model.contextLength);
    return this.#inTurn(() => lossesOf(batches, this.#losses(batches, signal)));
  }

  generate(prompt: Int32Array, options: SamplingOptions): Promise<SampledTokens> {
    return this.#inTurn(() => this.#pool.generate(prompt, options));
  }

  state(): Promise<EngineState> {
    return this.#inTurn(async () => {
      await this.#rank.tell({ kind: "state" });
      const state = await this.#pool.state();
      await this.#rank.ask({ kind: "moments" });
      return state;
    });
  }

  load(state: EngineState): Promise<void> {
    return this.#inTurn(async () => {
      await this.#rank.tell({ kind: "load" });
      await this.#pool.load(state);
      const { parameters, m, v } = this.#pool.sharedState;
      await this.#rank.ask({ kind: "share", vectors: [parameters, m, v] });
    });
  }

  /** Runs of neighbours to each rank, some at a time. */
  async *#losses(
    batches: readonly RaggedBatch[],
    signal?: AbortSignal,
  ): AsyncGenerator<Float32Array, void, void> {
    const { ranks } = this.#rank.job;
    const each = BATCHES_AT_ONCE * this.#pool.workers;
    for (let begin = 0; begin < batches.length; begin += ranks * each) {
      signal?.throwIfAborted();
      const now = batches.slice(begin, begin + ranks * each);
      const share = Math.ceil(now.length / ranks);
      const [own, ...others] = Array.from(
        { length: ranks },
        (_, rank) => now.slice(rank * share, (rank + 1) * share),
      );
      const orders = others.map((batches): Order => ({ kind: "evaluate", batches }));
      await this.#rank.ask({ kind: "tell", messages: orders });
      const losses = await Array.fromAsync(this.#pool.losses(own!));
      const reports = await this.#rank.ask({ kind: "collect" }) as readonly Float32Array[][];
      yield* [...losses, ...reports.flat()];
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}
