// Bits per byte: nats of all tokens but a document's first, the end left out / ln 2 / UTF-8 bytes.
import type { ProofFile } from "../corpus/proof_file.ts";
import { scoringWindows } from "../infer/scoring_windows.ts";
import type { Sequence } from "../model/batch.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/** A document to score: its tokens, without an end token, and the length of its text. */
export interface ScoredDocument {
  /** Token ids. */
  readonly tokens: Int32Array;
  /** UTF-8 bytes of the text. */
  readonly bytes: number;
  /** For each token, the bytes of the text up to its end. */
  readonly ends: Int32Array;
}

/** Encode whole files for scoring. */
export function scoredDocuments(files: readonly ProofFile[], tokenizer: Tokenizer): ScoredDocument[] {
  return files.map(({ text, sizeBytes }) => {
    const tokens = tokenizer.encode(text);
    return { tokens, bytes: sizeBytes, ends: tokenizer.byteEnds(text, tokens) };
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
}

/** Something that sums losses without dropout: a worker pool. */
export interface LossSource {
  /** The sum of the losses of all targets, in nats; soon after the signal its reason is thrown. */
  evaluate(sequences: readonly Sequence[], signal?: AbortSignal): Promise<number>;
}

/** Score documents, in windows of at most contextLength tokens. @throws the signal's reason */
export async function scoreDocuments(
  source: LossSource,
  documents: readonly Pick<ScoredDocument, "tokens" | "bytes">[],
  { contextLength, signal }: { contextLength: number; signal?: AbortSignal | undefined },
): Promise<Score> {
  const windows = documents.flatMap(({ tokens }) => scoringWindows(tokens, contextLength));
  const nats = await source.evaluate(windows, signal);
  const tokens = documents.reduce((sum, document) => sum + Math.max(0, document.tokens.length - 1), 0);
  const bytes = documents.reduce((sum, document) => sum + document.bytes, 0);
  const [loss, bitsPerByte] = [nats / tokens, nats / Math.LN2 / bytes];
  return { nats, loss, bitsPerByte, tokens, bytes, documents: documents.length };
}

/** Whole documents, spread evenly, of at most `maxTokens` together; the beginning of one where none fits. */
export function evaluationSubset(
  documents: readonly ScoredDocument[],
  maxTokens: number | null,
): ScoredDocument[] {
  const total = documents.reduce((sum, { tokens }) => sum + tokens.length, 0);
  if (maxTokens === null || total <= maxTokens) return [...documents];
  const share = maxTokens / total;
  const chosen: ScoredDocument[] = [];
  let [seen, taken] = [0, 0];
  for (const document of documents) {
    // Taken by what comes before it, not by its own length: choosing what fits would score short ones only.
    if (taken <= seen * share && taken + document.tokens.length <= maxTokens) {
      chosen.push(document);
      taken += document.tokens.length;
    }
    seen += document.tokens.length;
  }
  const hasTargets = ({ tokens }: ScoredDocument): boolean => tokens.length > 1;
  if (chosen.some(hasTargets)) return chosen;
  const { tokens, bytes, ends } = documents.find(hasTargets) ?? documents[0]!;
  const count = Math.max(2, maxTokens);
  if (tokens.length <= count) return [{ tokens, bytes, ends }];
  return [{ tokens: tokens.subarray(0, count), bytes: ends[count - 1]!, ends: ends.subarray(0, count) }];
}
