// What a run trains on and is measured on: the split corpus as tokens.
import type { ProofFile } from "../corpus/proof_file.ts";
import { splitCorpus } from "../corpus/split.ts";
import type { TrainConfig } from "../config.ts";
import { type ScoredDocument, scoredDocuments } from "../evaluate/bits_per_byte.ts";
import { DataError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { type TrainingDocument, trainingDocument } from "./training_document.ts";

/** A split, tokenized corpus. */
export interface TrainingData {
  /** In the files' order. */
  readonly documents: readonly TrainingDocument[];
  /** Without end tokens. */
  readonly validation: readonly ScoredDocument[];
  /** Texts of the validation documents, for sample prompts. */
  readonly validationTexts: readonly string[];
  /** Names of their files, in the same order. */
  readonly validationNames: readonly string[];
  /** sha256 that names the split. */
  readonly splitHash: string;
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
 * assertEquals(data.documents[0]?.tokens.at(-1), END_TOKEN);
 * ```
 */
export function prepareData(
  files: readonly ProofFile[],
  tokenizer: Tokenizer,
  config: Pick<TrainConfig, "split" | "trainSplit" | "seed">,
): TrainingData {
  const { split: kind, trainSplit, seed } = config;
  const { train, validation, hash } = splitCorpus(files, { kind, trainSplit, seed });
  const held = validation.map((index) => files[index]!);
  const scored = scoredDocuments(held, tokenizer);
  if (!scored.some(({ tokens }) => tokens.length > 1)) {
    const what = "The validation part has no document of two tokens or more: nothing can be measured on it";
    throw new DataError(what, { hint: "Use more proofs." });
  }
  return {
    documents: train.map((index) => trainingDocument(files[index]!.text, tokenizer)),
    validation: scored,
    validationTexts: held.map(({ text }) => text),
    validationNames: held.map(({ name }) => name),
    splitHash: hash,
  };
}
