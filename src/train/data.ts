// What a run trains on and is measured on: the split corpus as tokens.
import type { ProofFile } from "../corpus/proof_file.ts";
import { cutSections } from "../corpus/proof_file.ts";
import { splitOutline } from "../corpus/split.ts";
import type { TrainConfig } from "../config.ts";
import type { ScoredDocument, ScoredList } from "../evaluate/bits_per_byte.ts";
import { sectionSpans } from "../evaluate/section_sums.ts";
import { DataError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { type DerivedStore, type DocumentList, documentsOf } from "./document_list.ts";
import { sharedNumbers } from "./corpus_table.ts";
import { CorpusBuilder, type TokenizedCorpus } from "./tokenized_corpus.ts";

/** A split, tokenized corpus. */
export interface TrainingData {
  /** What is trained on, in the files' order. */
  readonly documents: DocumentList;
  /** What is measured on, without end tokens. */
  readonly validation: ScoredList;
  /** Names of its files, in the same order. */
  readonly validationNames: readonly string[];
  /** sha256 that names the split. */
  readonly splitHash: string;
  /** Keeps what takes long to find out of the documents. Default: nothing is kept. */
  readonly derived?: DerivedStore;
  /** The text of a validation document, for sample prompts. */
  validationText(index: number): string;
}

/**
 * Split a corpus, in build order as {@linkcode readProofs} gives it, and encode it.
 *
 * @param config which files are held out: the run's options
 * @throws {DataError} when the corpus is too small to split or no text gives tokens to predict
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { END_TOKEN, parseProofFile, prepareData, sampleCorpus, trainTokenizer } from "../../mod.ts";
 *
 * const utf8 = new TextEncoder();
 * const files = [...sampleCorpus({ files: 50 })]
 *   .map(({ name, text }) => parseProofFile(name, utf8.encode(text)).file!);
 * const texts = files.map((file) => file.text);
 * const tokenizer = trainTokenizer(texts, { vocabularySize: 300, alphabet: "bytes" });
 * const data = prepareData(files, tokenizer, { split: "file", trainSplit: 0.8, seed: 42 });
 * assertEquals([data.documents.length, data.validation.length], [40, 10]);
 * assertEquals(data.documents.at(0).tokens.at(-1), END_TOKEN);
 * ```
 */
export function prepareData(
  files: readonly ProofFile[],
  tokenizer: Tokenizer,
  config: Pick<TrainConfig, "split" | "trainSplit" | "seed">,
): TrainingData {
  const builder = new CorpusBuilder(tokenizer);
  for (const file of files) builder.add(file);
  return splitTokenized(builder.finish(), config);
}

/** {@linkcode prepareData} of a corpus that is encoded already. */
export function splitTokenized(
  corpus: TokenizedCorpus,
  config: Pick<TrainConfig, "split" | "trainSplit" | "seed">,
): TrainingData {
  const { split: kind, trainSplit, seed } = config;
  const { train, validation, hash } = splitOutline(corpus, { kind, trainSplit, seed });
  if (!validation.some((index) => corpus.tokensOf(index).length > 2)) {
    const what = "The validation part has no document of two tokens or more: nothing can be measured on it";
    throw new DataError(what, { hint: "Use more proofs." });
  }
  return {
    documents: documentsOf({ table: corpus.table, indices: sharedNumbers(train) }, corpus.tokenizer),
    validation: {
      length: validation.length,
      tokenCountOf: (index) => corpus.tokensOf(validation[index]!).length - 1,
      at: (index) => scoredDocument(corpus, validation[index]!),
    },
    validationNames: validation.map((index) => corpus.nameOf(index)),
    splitHash: hash,
    validationText: (index) => corpus.textOf(validation[index]!),
  };
}

function scoredDocument(corpus: TokenizedCorpus, index: number): ScoredDocument {
  const text = corpus.textOf(index);
  const tokens = new Int32Array(corpus.tokensOf(index).subarray(0, -1));
  const ends = corpus.tokenizer.byteEnds(text, tokens);
  const spans = sectionSpans({ text, sections: cutSections(text) });
  return { tokens, bytes: corpus.sizeBytesOf(index), ends, spans };
}
