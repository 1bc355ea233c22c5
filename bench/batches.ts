/** Batches as a run has them: of a folder of proofs, or of the built-in corpus. */
import { DEFAULT_TRAIN_CONFIG, RECIPES } from "../src/config.ts";
import { readProofs } from "../src/corpus/read.ts";
import { writeSampleCorpus } from "../src/corpus/sample/write.ts";
import type { Sequence } from "../src/model/batch.ts";
import { loadTokenizer, trainTokenizer } from "../src/tokenizer/mod.ts";
import { prepareData } from "../src/train/data.ts";
import { SequenceStream } from "../src/train/sequence_stream.ts";

/** What a benchmark trains on. */
export interface Batches {
  readonly batches: readonly (readonly Sequence[])[];
  readonly vocabSize: number;
  /** For the report. */
  readonly description: string;
}

/** Files of the built-in corpus, when no folder is named: enough for some thousands of tokens. */
const SAMPLE_FILES = 2000;

/**
 * The first batches of a run with the reference recipe.
 *
 * @param dataDir folder of proofs; null: the built-in corpus
 * @param options.tokenizerPath a tokenizer.json; null: one is trained on the corpus
 */
export async function readBatches(
  dataDir: string | null,
  options: { tokenizerPath: string | null; count: number; contextLength: number },
): Promise<Batches> {
  if (dataDir === null) {
    const folder = await Deno.makeTempDir({ prefix: "tactics_bench_" });
    try {
      await writeSampleCorpus(folder, { files: SAMPLE_FILES });
      return { ...await readBatches(folder, options), description: "the built-in corpus" };
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  const { files } = await readProofs(dataDir);
  const texts = files.map(({ text }) => text);
  const tokenizer = options.tokenizerPath === null
    ? trainTokenizer(texts, { vocabularySize: 4096, alphabet: "bytes" })
    : await loadTokenizer(options.tokenizerPath);
  const data = prepareData(files, tokenizer, DEFAULT_TRAIN_CONFIG);
  const config = { ...DEFAULT_TRAIN_CONFIG, ...RECIPES.reference.train };
  const { batchSize } = config;
  const stream = await SequenceStream.open(data, {
    ...config,
    contextLength: options.contextLength,
    tokenizer,
  });
  const batches: (readonly Sequence[])[] = [];
  for (let i = 0; i < options.count; i++) batches.push(await stream.take(i * batchSize, batchSize));
  return {
    batches,
    vocabSize: tokenizer.vocabularySize,
    description: `${files.length} proofs`,
  };
}

/** Predicted tokens of a batch. */
export function targetsOf(batch: readonly Sequence[]): number {
  return batch.reduce((sum, { targets }) => sum + targets.length, 0);
}
