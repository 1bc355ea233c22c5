// What is known of a corpus before an epoch begins: in how many documents each name is, and how many sequences
// each document gives. Both take about as long as encoding the corpus did, so threads share it where there are
// many documents, and the result is kept.
import { isTurnDue, takeTurns } from "../turns.ts";
import type { CountedPart, DocumentRange } from "./corpus_requests.ts";
import { CorpusThreads } from "./corpus_threads.ts";
import type { DocumentForms, FormOptions } from "./document_forms.ts";
import type { DocumentList } from "./document_list.ts";
import type { EpochDraws } from "./epoch.ts";
import { countPart, namesOf } from "./epoch_parts.ts";
import { NameCounts } from "./renaming.ts";

/** What is done before an epoch begins: all names are read, and what each document gives is counted. */
export type StreamStage = "names" | "epoch";

/** Options of {@linkcode EpochCounter}. */
export interface CountingOptions extends FormOptions {
  /** Threads that share the work. Default: 1, this one */
  readonly workers?: number;
  /** Told what is done, and how much of it is, in [0, 1]. */
  readonly progress?: ((stage: StreamStage, share: number) => void) | undefined;
}

/** What an epoch is counted from. */
export interface EpochParts {
  readonly draws: EpochDraws;
  /** Of all documents; null: none are changed. */
  readonly names: NameCounts | null;
  /** Of the same documents. */
  readonly forms: DocumentForms;
}

/** Fewer documents are counted sooner than threads are started. */
const FEWEST_SHARED = 20_000;
/** Documents that this thread works on before it looks at the clock. */
const PIECE_DOCUMENTS = 16;

/** Counts epochs of documents; between two of them nothing is kept but the names. */
export class EpochCounter {
  readonly #documents: DocumentList;
  readonly #options: CountingOptions;
  #threads: CorpusThreads | null = null;

  constructor(documents: DocumentList, options: CountingOptions) {
    this.#documents = documents;
    this.#options = options;
  }

  /** @throws the signal's reason */
  async names(signal?: AbortSignal): Promise<NameCounts> {
    const { progress } = this.#options;
    const { length } = this.#documents;
    const names = new NameCounts();
    const threads = await this.#started();
    if (threads === null) {
      const work = (range: DocumentRange): void => names.merge(namesOf(this.#documents, range));
      await this.#inTurns("names", work, signal);
      return names;
    }
    for await (
      const { range, answer } of threads.parts(length, (range) => ({ kind: "names", ...range }), signal)
    ) {
      names.merge(NameCounts.of(answer, range.end - range.first));
      progress?.("names", range.end / length);
    }
    return names;
  }

  /** Count an epoch. @throws the signal's reason */
  async count({ draws, names, forms }: EpochParts, signal?: AbortSignal): Promise<CountedPart> {
    const { progress, seed, contextLength, proverForm, renaming } = this.#options;
    const { length } = this.#documents;
    const counts = new Uint32Array(length);
    let targets = 0;
    const take = (range: DocumentRange, part: CountedPart): void => {
      counts.set(part.counts, range.first);
      targets += part.targets;
    };
    const threads = await this.#started();
    if (threads === null) {
      const work = (range: DocumentRange): void => take(range, countPart(forms, draws, range));
      await this.#inTurns("epoch", work, signal);
      return { counts, targets };
    }
    const options = { seed, contextLength, proverForm, renaming };
    await threads.tell({ kind: "options", options, names: names && [...names.counts] });
    const request = (range: DocumentRange) => ({ kind: "count", epoch: draws.epoch, ...range }) as const;
    for await (const { range, answer } of threads.parts(length, request, signal)) {
      take(range, answer);
      progress?.("epoch", range.end / length);
    }
    return { counts, targets };
  }

  /** End the threads; they are started again when they are needed. */
  rest(): void {
    this.#threads?.[Symbol.dispose]();
    this.#threads = null;
  }

  /** The threads, or null: this one does it. */
  async #started(): Promise<CorpusThreads | null> {
    const { workers = 1, tokenizer } = this.#options;
    const { shared, length } = this.#documents;
    if (shared === undefined || workers < 2 || length < FEWEST_SHARED) return null;
    if (this.#threads === null) {
      this.#threads = await CorpusThreads.start(tokenizer, workers);
      await this.#threads.tell({ kind: "documents", documents: shared });
    }
    return this.#threads;
  }

  async #inTurns(
    stage: StreamStage,
    work: (range: DocumentRange) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const { progress } = this.#options;
    const { length } = this.#documents;
    for (let first = 0; first < length; first += PIECE_DOCUMENTS) {
      work({ first, end: Math.min(length, first + PIECE_DOCUMENTS) });
      if (!isTurnDue()) continue;
      progress?.(stage, first / length);
      await takeTurns(signal);
    }
  }
}
