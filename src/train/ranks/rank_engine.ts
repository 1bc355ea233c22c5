// The engine of a run on several ranks, in rank 0: its own pool does its share (share.ts), the others are told
// theirs. An evaluation's batches are dealt to all ranks, samples are drawn here.
import type { RaggedBatch, Sequence } from "../../model/batch.ts";
import type { SequenceLosses } from "../../evaluate/bits_per_byte.ts";
import type { Engine, EngineState, SampledTokens, SamplingOptions, StepOptions } from "../engine/engine.ts";
import type { Pool, PoolOptions } from "../engine/pool.ts";
import { type PoolStep, stepOf } from "../engine/step_jobs.ts";
import { lossesOf, packMicroBatches } from "../shards.ts";
import type { Order, StepReport } from "./orders.ts";
import type { Rank } from "./rank.ts";
import type { RankShare } from "./share.ts";
import { startShare } from "./start_share.ts";

/** Batches of an evaluation that a worker is given at a time; after them an interruption is looked for. */
const BATCHES_AT_ONCE = 4;

export class RankEngine implements Engine {
  readonly description: string;
  readonly stepsInFlight = 1;
  readonly workers: number;
  readonly peakGigaflops: number | null;
  readonly #rank: Rank;
  readonly #share: RankShare;
  readonly #pool: Pool;
  readonly #contextLength: number;
  /** The last request: the next waits for it, since both speak with the same ranks. */
  #last: Promise<unknown> = Promise.resolve();

  /** Start a pool in every rank. @param options with the workers of each */
  static async start(rank: Rank, options: PoolOptions): Promise<RankEngine> {
    const { model, train, workers, backend } = options;
    await rank.tell({ kind: "begin", model, train, workers, backend: backend.kind });
    const share = await startShare(rank, options);
    try {
      await rank.ask({ kind: "collect" });
      const engine = new RankEngine(rank, share, model.contextLength);
      await engine.load(share.pool.sharedState);
      return engine;
    } catch (error) {
      await share.pool[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(rank: Rank, share: RankShare, contextLength: number) {
    const { pool } = share;
    [this.#rank, this.#share, this.#pool, this.#contextLength] = [rank, share, pool, contextLength];
    const { ranks, library } = rank.job;
    this.workers = ranks * pool.workers;
    this.peakGigaflops = pool.peakGigaflops && ranks * pool.peakGigaflops;
    this.description = `${pool.description}; ${ranks} ${ranks === 1 ? "rank" : "ranks"}, ${library}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool[Symbol.asyncDispose]();
  }

  step(sequences: readonly Sequence[], options: StepOptions): Promise<PoolStep> {
    return this.#inTurn(async () => {
      const { step, apply, meet = false } = options;
      const { targets, jobs: [own, ...others] } = this.#share.cut(sequences, options);
      const orders = others.map((jobs): Order => ({ kind: "step", step, apply, meet, jobs }));
      await this.#rank.ask({ kind: "sent" }); // for what was not a step
      await this.#rank.ask({ kind: "tell", messages: orders });
      const results = await this.#share.work(own!, options);
      const reports = await this.#rank.ask({ kind: "collect" }) as readonly StepReport[];
      const all = [results, ...reports.map(({ results }) => results)];
      const sent = [await this.#rank.ask({ kind: "sent" }), ...reports.map(({ sentBytes }) => sentBytes)];
      return {
        ...stepOf(all.flat(), targets),
        gradientNorm: this.#share.norm(all.map(([first]) => first!.gradientNorm)),
        sentBytes: sent.reduce((sum, bytes) => sum + bytes, 0),
      };
    });
  }

  evaluate(sequences: readonly Sequence[], signal?: AbortSignal): Promise<SequenceLosses> {
    const batches = packMicroBatches(sequences, this.#contextLength);
    return this.#inTurn(() => lossesOf(batches, this.#losses(batches, signal)));
  }

  generate(prompt: Int32Array, options: SamplingOptions): Promise<SampledTokens> {
    return this.#inTurn(() => this.#pool.generate(prompt, options));
  }

  state(): Promise<EngineState> {
    return this.#inTurn(async () => {
      await this.#rank.tell({ kind: "state" });
      return await this.#share.gather();
    });
  }

  load(state: EngineState): Promise<void> {
    return this.#inTurn(async () => {
      await this.#rank.tell({ kind: "load" });
      await this.#share.spread(state);
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
