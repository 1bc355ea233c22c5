// From proofs to a tokenized corpus, piece by piece, or from what is kept of an earlier time.
import { openProofs, type ProofFile, type ProofSource, readEach } from "../corpus/mod.ts";
import { modulesOf } from "../corpus/read.ts";
import { DataError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { CorpusCache, FEWEST_CACHED_TOKENS, type ReadCorpus } from "./corpus_cache.ts";
import type { PlainProof } from "./corpus_requests.ts";
import type { CorpusTable } from "./corpus_table.ts";
import { CorpusThreads } from "./corpus_threads.ts";
import { CorpusBuilder } from "./tokenized_corpus.ts";

/** What is being done, and how much of it is done, in [0, 1]. */
export type ReadProgress = (stage: "looking" | "tokenizing" | "keeping", share: number) => void;

/** Options of {@linkcode readTokenizedCorpus}. */
export interface ReadCorpusOptions {
  readonly tokenizer: Tokenizer;
  /** Where tokens are kept; null: nothing is written, but what is there is used. */
  readonly cacheFolder: string;
  /** Whether what is made may be kept. */
  readonly writes: boolean;
  /** Threads that encode a large corpus. */
  readonly workers: number;
  readonly progress?: ReadProgress;
  readonly signal?: AbortSignal | undefined;
}

/** So much is encoded sooner than threads are started; and what a thread is given at once. */
const [ALONE_BYTES, BATCH_BYTES] = [1 << 22, 1 << 19];

/** A corpus, and how it was come by. */
export interface OpenedCorpus extends ReadCorpus {
  /** Keeps what is found out of it; null where nothing is kept. */
  readonly derived: CorpusCache | null;
  /** Why its tokens are not kept; null: they are, or need not be. */
  readonly notKept: string | null;
  /** Tokens were kept that could not be used. */
  readonly isMadeAgain: boolean;
}

/**
 * Read a folder or a file of proofs as tokens.
 * @throws {DataError} when there are none that can be used
 */
export async function readTokenizedCorpus(path: string, options: ReadCorpusOptions): Promise<OpenedCorpus> {
  const { tokenizer, cacheFolder, writes, progress = () => {} } = options;
  using source = await openProofs(path);
  progress("looking", 0);
  const identity = await source.identity();
  const cache = identity === null ? null : new CorpusCache(cacheFolder, identity, tokenizer);
  const known = await cache?.loadCorpus() ?? null;
  const told = { derived: cache, notKept: null, isMadeAgain: false };
  if (known !== null) return { ...withModules(known), ...told };
  const isMadeAgain = await cache?.hasCorpus() ?? false;
  const read = await tokenize(source, options);
  const isSmall = read.corpus.table.ids.length < FEWEST_CACHED_TOKENS;
  if (cache === null || isSmall || !writes || await source.identity() !== identity) {
    return { ...withModules(read), ...told, isMadeAgain, derived: null };
  }
  progress("keeping", 0);
  try {
    await cache.saveCorpus(read);
    return { ...withModules(read), ...told, isMadeAgain };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { ...withModules(read), ...told, isMadeAgain, derived: null, notKept: error.message };
  }
}

async function tokenize(source: ProofSource, options: ReadCorpusOptions): Promise<ReadCorpus> {
  const { progress, signal } = options;
  using encoding = new Encoding(options);
  const report = await readEach(source, (file) => encoding.add(file), {
    progress: (share) => progress?.("tokenizing", share),
    signal,
  });
  const builder = await encoding.end();
  return { corpus: builder.finish({ isSorted: source.kind === "archive" }), report };
}

/** Encodes proofs in their order: the first ones here, and when there are more, batches of them in threads. */
class Encoding implements Disposable {
  readonly #options: ReadCorpusOptions;
  readonly #builder: CorpusBuilder;
  #threads: CorpusThreads | null = null;
  #encodedBytes = 0;
  #batch: PlainProof[] = [];
  #batchBytes = 0;
  /** Batches that threads have, the oldest first. */
  readonly #given: Promise<CorpusTable>[] = [];

  constructor(options: ReadCorpusOptions) {
    this.#options = options;
    this.#builder = new CorpusBuilder(options.tokenizer);
  }

  /** @returns a promise where there is enough to do already */
  add(file: ProofFile): void | Promise<void> {
    if (this.#options.workers < 2 || this.#encodedBytes < ALONE_BYTES) {
      this.#encodedBytes += file.sizeBytes;
      return this.#builder.add(file);
    }
    const { name, text, sizeBytes } = file;
    this.#batch.push({ name, text, sizeBytes });
    this.#batchBytes += sizeBytes;
    if (this.#batchBytes >= BATCH_BYTES) return this.#give();
  }

  async end(): Promise<CorpusBuilder> {
    if (this.#batch.length > 0) await this.#give();
    while (this.#given.length > 0) await this.#take();
    this[Symbol.dispose](); // their memory is needed to put the ids together
    return this.#builder;
  }

  [Symbol.dispose](): void {
    this.#threads?.[Symbol.dispose]();
    this.#threads = null;
  }

  async #give(): Promise<void> {
    const { tokenizer, workers } = this.#options;
    const threads = this.#threads ??= await CorpusThreads.start(tokenizer, workers);
    const answer = threads.ask({ kind: "encode", proofs: this.#batch });
    answer.catch(() => {}); // told when it is taken
    this.#given.push(answer);
    [this.#batch, this.#batchBytes] = [[], 0];
    if (this.#given.length > 2 * workers) await this.#take();
  }

  async #take(): Promise<void> {
    this.#builder.append(await this.#given.shift()!);
  }
}

/** The corpus with its documents' modules, where it has an index of them. */
function withModules({ corpus, report }: ReadCorpus): ReadCorpus {
  const { modules, problem } = modulesOf(corpus.table.names, report.index);
  corpus.modules = modules;
  if (problem === null) return { corpus, report };
  const problems = [...report.problems, problem];
  return { corpus, report: { ...report, problems, problemCount: report.problemCount + 1 } };
}
