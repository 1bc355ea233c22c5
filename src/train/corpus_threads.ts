// Threads that do what takes long with a large corpus, each a part of it: encoding, reading names, counting an
// epoch. What comes of it does not depend on how many they are. They end before training begins, and their
// memory with them.
import { inOrder, WorkerPool } from "../workers/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { CorpusAnswers, CorpusRequest, DocumentRange } from "./corpus_requests.ts";

const MODULE = import.meta.resolve("./corpus_worker.ts");
/** Documents of a part. */
const PART_DOCUMENTS = 2048;

export class CorpusThreads implements Disposable {
  readonly #pool: WorkerPool<CorpusRequest, CorpusAnswers>;

  private constructor(threads: number) {
    this.#pool = new WorkerPool(MODULE, { workers: threads });
  }

  /** @param threads how many, at least one */
  static async start(tokenizer: Tokenizer, threads: number): Promise<CorpusThreads> {
    const started = new CorpusThreads(threads);
    try {
      await started.tell({ kind: "tokenizer", json: tokenizer.toJson() });
      return started;
    } catch (error) {
      started[Symbol.dispose]();
      throw error;
    }
  }

  get size(): number {
    return this.#pool.size;
  }

  /** The same to each. */
  async tell(request: CorpusRequest): Promise<void> {
    await Promise.all(Array.from({ length: this.size }, (_, i) => this.#pool.ask(i, request)));
  }

  /** Whoever is free. */
  ask<R extends CorpusRequest>(request: R): Promise<CorpusAnswers[R["kind"]]> {
    return this.#pool.askFree(request);
  }

  /** Ask for each part of so many documents; answers come in their order. */
  parts<R extends CorpusRequest>(
    documents: number,
    request: (range: DocumentRange) => R,
    signal?: AbortSignal,
  ): AsyncGenerator<{ range: DocumentRange; answer: CorpusAnswers[R["kind"]] }, void, void> {
    const ranges = Array.from({ length: Math.ceil(documents / PART_DOCUMENTS) }, (_, i) => {
      return { first: i * PART_DOCUMENTS, end: Math.min(documents, (i + 1) * PART_DOCUMENTS) };
    });
    return inOrder(ranges, async (range) => ({ range, answer: await this.ask(request(range)) }), { signal });
  }

  [Symbol.dispose](): void {
    this.#pool[Symbol.dispose]();
  }
}
