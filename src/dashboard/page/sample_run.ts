// A small training run on the built-in corpus: the same in the page as in Deno, and the same losses.
import { type BackendName, DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG } from "../../config.ts";
import { chooseBackend } from "../../backend/choose.ts";
import { parseProofFile } from "../../corpus/proof_file.ts";
import { sampleCorpus } from "../../corpus/sample/mod.ts";
import type { TrainEvent } from "../../metrics/mod.ts";
import { trainTokenizer } from "../../tokenizer/mod.ts";
import { prepareData } from "../../train/data.ts";
import { train } from "../../train/trainer.ts";

/** What the page lets its reader choose. */
export interface SampleRunOptions {
  /** Proofs in the corpus. */
  readonly files: number;
  /** Optimizer steps. */
  readonly steps: number;
  /** What computes: `auto` is a GPU where there is one, and WebAssembly otherwise. */
  readonly backend: BackendName;
  /** Threads of WebAssembly; at most 8. */
  readonly workers: number;
}

/** Half a million parameters: a step takes a fraction of a second. */
const MODEL = { ...DEFAULT_MODEL_CONFIG, contextLength: 128, dModel: 96, nLayers: 3, nHeads: 3, dMlp: 384 };
const VOCABULARY_SIZE = 512;

/**
 * Write the corpus, train a tokenizer and then the model.
 *
 * @param signal ends the run after the current step
 * @returns the run's events
 */
export async function* trainOnSample(
  { files, steps, backend, workers }: SampleRunOptions,
  signal: AbortSignal,
): AsyncGenerator<TrainEvent, void, void> {
  const utf8 = new TextEncoder();
  const proofs = [...sampleCorpus({ files })].map(({ name, text }) =>
    parseProofFile(name, utf8.encode(text)).file!
  );
  const tokenizer = trainTokenizer(proofs.map(({ text }) => text), {
    vocabularySize: VOCABULARY_SIZE,
    alphabet: "bytes",
  });
  const choice = await chooseBackend(backend);
  if (choice.reason !== undefined) yield { kind: "notice", level: "info", message: choice.reason };
  const config = { ...DEFAULT_TRAIN_CONFIG, steps, batchSize: 16, renaming: 0, substitution: 0 };
  yield* train({
    model: { ...MODEL, vocabSize: tokenizer.vocabularySize },
    train: config,
    data: prepareData(proofs, tokenizer, config),
    tokenizer,
    checkpointDir: "",
    saveCheckpoint: () => Promise.resolve(), // a page has no files; its model is gone when it is closed
    backend: choice,
    workers,
    signal,
  });
}
