// What the threads that read a corpus are asked (corpus_worker.ts), and where they find it: documents lie in
// memory that all threads share, no thread has a copy.
import type { TrainConfig } from "../config.ts";
import type { CorpusTable, SharedDocuments } from "./corpus_table.ts";

/** A proof to encode. */
export interface PlainProof {
  readonly name: string;
  readonly text: string;
  readonly sizeBytes: number;
}

/** A part of the documents. */
export interface DocumentRange {
  readonly first: number;
  readonly end: number;
}

/** What decides how many sequences a document gives. */
export type CountOptions =
  & Pick<TrainConfig, "seed" | "proverForm" | "renaming">
  & { readonly contextLength: number };

export type CorpusRequest =
  /** Comes first. */
  | { readonly kind: "tokenizer"; readonly json: string }
  | { readonly kind: "encode"; readonly proofs: readonly PlainProof[] }
  /** Comes before `names` and `count`. */
  | { readonly kind: "documents"; readonly documents: SharedDocuments }
  | ({ readonly kind: "names" } & DocumentRange)
  /** Comes before `count`. @param names null: none are changed */
  | {
    readonly kind: "options";
    readonly options: CountOptions;
    readonly names: readonly (readonly [string, number])[] | null;
  }
  | ({ readonly kind: "count"; readonly epoch: number } & DocumentRange);

/** What a part of an epoch gives. */
export interface CountedPart {
  /** Sequences of each document. */
  readonly counts: Uint32Array;
  /** Of all of them. */
  readonly targets: number;
}

export interface CorpusAnswers {
  tokenizer: void;
  encode: CorpusTable;
  documents: void;
  /** In how many of the range's documents each name is, in the order in which they appear. */
  names: readonly (readonly [string, number])[];
  options: void;
  count: CountedPart;
}
