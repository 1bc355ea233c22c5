// From proofs to a tokenized corpus, piece by piece, or from what is kept of an earlier time.
import { openProofs, type ProofSource, readEach } from "../corpus/mod.ts";
import { modulesOf } from "../corpus/read.ts";
import { DataError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { CorpusCache, FEWEST_CACHED_TOKENS, type ReadCorpus } from "./corpus_cache.ts";
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
  readonly progress?: ReadProgress;
  readonly signal?: AbortSignal | undefined;
}

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
  const { tokenizer, progress, signal } = options;
  const builder = new CorpusBuilder(tokenizer);
  const report = await readEach(source, (file) => builder.add(file), {
    progress: (share) => progress?.("tokenizing", share),
    signal,
  });
  return { corpus: builder.finish({ isSorted: source.kind === "archive" }), report };
}

/** The corpus with its documents' modules, where it has an index of them. */
function withModules({ corpus, report }: ReadCorpus): ReadCorpus {
  const { modules, problem } = modulesOf(corpus.table.names, report.index);
  corpus.modules = modules;
  if (problem === null) return { corpus, report };
  const problems = [...report.problems, problem];
  return { corpus, report: { ...report, problems, problemCount: report.problemCount + 1 } };
}
