// Documents that are made when they are asked for: a corpus of a hundred million tokens lies in memory as ids
// alone (tokenized_corpus.ts), and a run looks at a few documents at a time.
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { SharedDocuments } from "./corpus_table.ts";
import { documentOf, type TokenIds, type TrainingDocument } from "./training_document.ts";

/** Training proofs, in the corpus' order. */
export interface DocumentList {
  /** How many there are. */
  readonly length: number;
  /** A document's token ids, the end token among them; not to be changed. */
  tokensOf(index: number): TokenIds;
  /** A document. */
  at(index: number): TrainingDocument;
  /** Where other threads find the same documents. Default: nowhere */
  readonly shared?: SharedDocuments;
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

/** Some of a corpus' documents, as this thread sees them. */
export function documentsOf(shared: SharedDocuments, tokenizer: Tokenizer): DocumentList {
  const { table: { ids, starts, counts, texts }, indices } = shared;
  const tokensOf = (i: number): TokenIds => {
    const index = indices[i]!;
    return ids.subarray(starts[index]!, starts[index]! + counts[index]!);
  };
  const textOf = (i: number): string => texts.get(indices[i]!) ?? textOfIds(tokensOf(i), tokenizer);
  return {
    length: indices.length,
    tokensOf,
    at: (i) => documentOf(textOf(i), tokensOf(i)),
    ...typeof SharedArrayBuffer === "undefined"
      ? {}
      : { shared: { ...shared, table: { ids, starts, counts, texts } } },
  };
}

/** A document's text. @param ids with the end token */
export function textOfIds(ids: TokenIds, tokenizer: Tokenizer): string {
  return tokenizer.decode(ids.subarray(0, -1), { skipSpecialTokens: false });
}
