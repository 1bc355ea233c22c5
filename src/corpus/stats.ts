// Figures about a corpus: sizes, sections, theorems, copies, and token counts when there is a tokenizer.
import { groupByTheorem } from "./groups.ts";
import { SECTION_TAGS, type SectionTag, sectionText } from "./proof_file.ts";
import type { Corpus } from "./read.ts";

/** How a quantity is distributed over files. */
export interface Distribution {
  /** Arithmetic mean. */
  mean: number;
  /** Middle value; the mean of the two middle ones when their number is even. */
  median: number;
  /** 90th percentile (nearest rank). */
  p90: number;
  /** 95th percentile (nearest rank). */
  p95: number;
  /** 99th percentile (nearest rank). */
  p99: number;
  /** Largest value. */
  max: number;
}

/** Token figures of a corpus. */
export interface TokenStats {
  /** All tokens. */
  tokens: number;
  /** Unicode code points a token. */
  charactersPerToken: number;
  /** UTF-8 bytes a token. */
  bytesPerToken: number;
  /** Tokens a file. */
  tokensPerFile: Distribution;
  /** Number of files of at most `contextLength` tokens. */
  filesInContext: number;
  /** The context that was asked about, in tokens. */
  contextLength: number;
}

/** Figures of a corpus. */
export interface CorpusStats {
  /** Usable files. */
  files: number;
  /** Files that could not be used. */
  skippedFiles: number;
  /** Number of problems found. */
  problems: number;
  /** Sum of the usable files' sizes in UTF-8 bytes. */
  sizeBytes: number;
  /** Number of files that have the section. */
  sections: Record<SectionTag, number>;
  /** Sequences of sections ("T G C P") and in how many files they occur, most frequent first. */
  patterns: { pattern: string; files: number }[];
  /** Files with nothing after the @P line. */
  emptyProofs: number;
  /** Groups of neighbouring files that share a theorem. */
  theorems: number;
  /** Files whose contents equal an earlier file's. */
  duplicates: number;
  /** Distinct texts before the @P line. */
  distinctContexts: number;
  /** UTF-8 bytes. */
  bytesPerFile: Distribution;
  /** Non-empty lines after the @P line. */
  proofLinesPerFile: Distribution;
  /** null without a tokenizer. */
  tokens: TokenStats | null;
}

/** Options of {@linkcode corpusStats}. */
export interface CorpusStatsOptions {
  /** Counts tokens too when given. */
  tokenizer?: { encode(text: string): Int32Array };
  /** Context for {@linkcode TokenStats.filesInContext}; 256 when not given. */
  contextLength?: number;
}

/** Count everything there is to count about a corpus, tokens too where there is a tokenizer. */
export function corpusStats(corpus: Corpus, options: CorpusStatsOptions = {}): CorpusStats {
  const { files } = corpus;
  const sections: Record<SectionTag, number> = { T: 0, G: 0, H: 0, C: 0, P: 0 };
  const patterns = new Map<string, number>();
  const contents = new Set<string>();
  const contexts = new Set<string>();
  const proofLines: number[] = [];
  let emptyProofs = 0;
  for (const file of files) {
    const tags = file.sections.map((section) => section.tag);
    for (const tag of SECTION_TAGS) if (tags.includes(tag)) sections[tag]++;
    const pattern = tags.join(" ");
    patterns.set(pattern, (patterns.get(pattern) ?? 0) + 1);
    contents.add(file.text);
    const proof = sectionText(file, "P");
    contexts.add(proof === null ? file.text : file.text.slice(0, file.text.length - proof.length));
    const lines = proof === null ? 0 : proof.split("\n").filter((line) => line.trim() !== "").length;
    if (proof !== null && lines === 0) emptyProofs++;
    proofLines.push(lines);
  }
  const { tokenizer, contextLength = 256 } = options;
  return {
    files: files.length,
    skippedFiles: corpus.skippedFiles,
    problems: corpus.problems.length,
    sizeBytes: corpus.sizeBytes,
    sections,
    patterns: [...patterns].map(([pattern, files]) => ({ pattern, files })).sort((a, b) => b.files - a.files),
    emptyProofs,
    theorems: groupByTheorem(files).length,
    duplicates: files.length - contents.size,
    distinctContexts: contexts.size,
    bytesPerFile: distribution(files.map((file) => file.sizeBytes)),
    proofLinesPerFile: distribution(proofLines),
    tokens: tokenizer === undefined ? null : tokenStats(corpus, { tokenizer, contextLength }),
  };
}

/** The distribution of some numbers; all zero when there are none. */
export function distribution(values: readonly number[]): Distribution {
  if (values.length === 0) return { mean: 0, median: 0, p90: 0, p95: 0, p99: 0, max: 0 };
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * n) - 1)]!;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / n;
  const median = (sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2;
  return { mean, median, p90: rank(0.9), p95: rank(0.95), p99: rank(0.99), max: sorted[n - 1]! };
}

function tokenStats(corpus: Corpus, { tokenizer, contextLength }: Required<CorpusStatsOptions>): TokenStats {
  const counts = corpus.files.map((file) => tokenizer.encode(file.text).length);
  const tokens = counts.reduce((sum, count) => sum + count, 0);
  let characters = 0;
  for (const { text } of corpus.files) for (const _ of text) characters++;
  return {
    tokens,
    charactersPerToken: tokens === 0 ? 0 : characters / tokens,
    bytesPerToken: tokens === 0 ? 0 : corpus.sizeBytes / tokens,
    tokensPerFile: distribution(counts),
    filesInContext: counts.filter((count) => count <= contextLength).length,
    contextLength,
  };
}
