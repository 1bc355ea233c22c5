// Bits per byte: nats of all tokens but a document's first, the end left out / ln 2 / UTF-8 bytes.
import { type ProofFile, SECTION_TAGS, type SectionTag } from "../corpus/proof_file.ts";
import { placeLosses, type ScoringWindow, scoringWindows } from "../infer/scoring_windows.ts";
import type { Sequence } from "../model/batch.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { noSums, PARTS, type SectionSpan, sectionSpans, sumsOfSpans } from "./section_sums.ts";

/** A document to score: its tokens, without an end token, and the length of its text. */
export interface ScoredDocument {
  /** Token ids. */
  readonly tokens: Int32Array;
  /** UTF-8 bytes of the text. */
  readonly bytes: number;
  /** For each token, the bytes of the text up to its end. */
  readonly ends: Int32Array;
  /** Its sections, in the text's order. */
  readonly spans: readonly SectionSpan[];
}

/** Documents to score that are made when they are asked for. */
export interface ScoredList {
  /** How many there are. */
  readonly length: number;
  /** How many tokens a document has. */
  tokenCountOf(index: number): number;
  /** A document. */
  at(index: number): ScoredDocument;
}

/** Encode whole files for scoring. */
export function scoredDocuments(files: readonly ProofFile[], tokenizer: Tokenizer): ScoredDocument[] {
  return files.map((file) => {
    const tokens = tokenizer.encode(file.text);
    const ends = tokenizer.byteEnds(file.text, tokens);
    return { tokens, bytes: file.sizeBytes, ends, spans: sectionSpans(file) };
  });
}

/** A score over documents. */
export interface Score {
  /** Sum of the losses of all predicted tokens. */
  readonly nats: number;
  /** Mean loss of a predicted token, in nats. */
  readonly loss: number;
  /** `nats` / ln 2 / `bytes`. */
  readonly bitsPerByte: number;
  /** Predicted tokens. */
  readonly tokens: number;
  /** UTF-8 bytes. */
  readonly bytes: number;
  /** Documents scored. */
  readonly documents: number;
  /** Bits a byte of each section that any of them has, where their spans are known. */
  readonly sections: Readonly<Partial<Record<SectionTag, number>>>;
}

/** The losses of sequences, in nats. */
export interface SequenceLosses {
  /** Their sum. */
  readonly nats: number;
  /** Of each row, the sequences one behind the other; 0 where there is no target. */
  readonly rows: Float32Array;
}

/** Something that finds losses without dropout: a worker pool. */
export interface LossSource {
  /** The losses of all targets; soon after the signal its reason is thrown. */
  evaluate(sequences: readonly Sequence[], signal?: AbortSignal): Promise<SequenceLosses>;
}

/** Score documents, in windows of at most contextLength tokens. @throws the signal's reason */
export async function scoreDocuments(
  source: LossSource,
  documents: readonly (Pick<ScoredDocument, "tokens" | "bytes"> & Partial<ScoredDocument>)[],
  { contextLength, signal }: { contextLength: number; signal?: AbortSignal | undefined },
): Promise<Score> {
  const windows = documents.map(({ tokens }) => scoringWindows(tokens, contextLength));
  const { nats, rows } = await source.evaluate(windows.flat(), signal);
  const tokens = documents.reduce((sum, document) => sum + Math.max(0, document.tokens.length - 1), 0);
  const bytes = documents.reduce((sum, document) => sum + document.bytes, 0);
  const [loss, bitsPerByte] = [nats / tokens, nats / Math.LN2 / bytes];
  const sections = bitsOfSections(documents, windows, rows);
  return { nats, loss, bitsPerByte, tokens, bytes, documents: documents.length, sections };
}

/** Bits a byte by section, of documents whose sections are known. @param rows losses of all windows */
function bitsOfSections(
  documents: readonly (Pick<ScoredDocument, "tokens"> & Partial<ScoredDocument>)[],
  windows: readonly (readonly ScoringWindow[])[],
  rows: Float32Array,
): Score["sections"] {
  const total = noSums();
  let at = 0;
  for (const [i, { tokens, bytes = 0, ends, spans }] of documents.entries()) {
    const losses = new Float32Array(tokens.length);
    for (const window of windows[i]!) {
      placeLosses(losses, window, rows.subarray(at, at + window.tokens.length));
      at += window.tokens.length;
    }
    if (ends === undefined || spans === undefined) continue;
    const sums = sumsOfSpans({ spans, bytes, ends, losses });
    for (const part of PARTS) {
      total[part].nats += sums[part].nats;
      total[part].bytes += sums[part].bytes;
    }
  }
  const found = SECTION_TAGS.flatMap((tag) => {
    const { nats, bytes } = total[tag];
    return bytes > 0 ? [[tag, nats / Math.LN2 / bytes]] : [];
  });
  return Object.fromEntries(found);
}

/** Whole documents, spread evenly, of at most `maxTokens` together; the beginning of one where none fits. */
export function evaluationSubset(
  documents: readonly ScoredDocument[] | ScoredList,
  maxTokens: number | null,
): ScoredDocument[] {
  const list = "tokenCountOf" in documents ? documents : scoredList(documents);
  const counts = Array.from({ length: list.length }, (_, i) => list.tokenCountOf(i));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (maxTokens === null || total <= maxTokens) return counts.map((_, i) => list.at(i));
  const share = maxTokens / total;
  const chosen: number[] = [];
  let [seen, taken] = [0, 0];
  for (const [i, count] of counts.entries()) {
    // Taken by what comes before it, not by its own length: choosing what fits would score short ones only.
    if (taken <= seen * share && taken + count <= maxTokens) {
      chosen.push(i);
      taken += count;
    }
    seen += count;
  }
  if (chosen.some((i) => counts[i]! > 1)) return chosen.map((i) => list.at(i));
  const whole = list.at(Math.max(0, counts.findIndex((count) => count > 1)));
  const { tokens, ends, spans } = whole;
  const count = Math.max(2, maxTokens);
  if (tokens.length <= count) return [whole];
  const bytes = ends[count - 1]!;
  const begun = spans.filter(({ start }) => start < bytes);
  return [{
    tokens: tokens.subarray(0, count),
    bytes,
    ends: ends.subarray(0, count),
    spans: begun.map((span) => ({ ...span, end: Math.min(span.end, bytes) })),
  }];
}

function scoredList(documents: readonly ScoredDocument[]): ScoredList {
  return {
    length: documents.length,
    tokenCountOf: (index) => documents[index]!.tokens.length,
    at: (index) => documents[index]!,
  };
}
