// Documents that are made when they are asked for: a corpus of a hundred million tokens lies in memory as ids
// alone (tokenized_corpus.ts), and a run looks at a few documents at a time.
import type { TokenIds, TrainingDocument } from "./training_document.ts";

/** Training proofs, in the corpus' order. */
export interface DocumentList {
  /** How many there are. */
  readonly length: number;
  /** A document's token ids, the end token among them; not to be changed. */
  tokensOf(index: number): TokenIds;
  /** A document. */
  at(index: number): TrainingDocument;
}

/** Bytes that are found out of a corpus, and kept by what they depend on. */
export interface DerivedStore {
  /** What was saved under this key; null: nothing that can be trusted. */
  load(key: string): Promise<Uint8Array | null>;
  /** Keep it, where that is possible. */
  save(key: string, pieces: readonly Uint8Array[]): Promise<void>;
}

/** A list of documents that are there already. */
export function documentList(documents: readonly TrainingDocument[]): DocumentList {
  return {
    length: documents.length,
    tokensOf: (index) => documents[index]!.tokens,
    at: (index) => documents[index]!,
  };
}
