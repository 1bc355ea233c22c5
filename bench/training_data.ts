/**
 * What a run with the reference recipe trains on and is measured on, for another trainer:
 *
 *     deno run --allow-read bench/training_data.ts FOLDER TOKENIZER_JSON STEPS > FILE
 *
 * JSON: the model's sizes; the batches of STEPS steps, each window its inputs with the last target behind
 * them; and the held-out part's scoring windows (inputs, and targets with -1 where another window scores)
 * with its bytes.
 */
import { DEFAULT_MODEL_CONFIG, DEFAULT_TRAIN_CONFIG, RECIPES } from "../src/config.ts";
import { readProofs } from "../src/corpus/read.ts";
import { scoringWindows } from "../src/infer/scoring_windows.ts";
import { loadTokenizer } from "../src/tokenizer/mod.ts";
import { prepareData } from "../src/train/data.ts";
import { SequenceStream } from "../src/train/sequence_stream.ts";

const [folder, tokenizerPath, steps] = Deno.args;
if (folder === undefined || tokenizerPath === undefined || !(Number(steps) > 0)) {
  throw new TypeError("Give a folder of proofs, a tokenizer.json and a number of steps");
}
const tokenizer = await loadTokenizer(tokenizerPath);
const model = { ...DEFAULT_MODEL_CONFIG, ...RECIPES.reference.model, vocabSize: tokenizer.vocabularySize };
const train = { ...DEFAULT_TRAIN_CONFIG, ...RECIPES.reference.train };
const { contextLength } = model;
const data = prepareData((await readProofs(folder)).files, tokenizer, train);
const stream = await SequenceStream.open(data, { ...train, contextLength, tokenizer });
const batches: number[][][] = [];
for (let i = 0; i < Number(steps); i++) {
  const taken = await stream.take(i * train.batchSize, train.batchSize);
  batches.push(taken.map(({ tokens, targets }) => [...tokens, ...targets.subarray(-1)]));
}
const scored = Array.from({ length: data.validation.length }, (_, i) => data.validation.at(i));
const validation = scored.flatMap(({ tokens }) => scoringWindows(tokens, contextLength))
  .map(({ tokens, targets }) => ({ tokens: [...tokens], targets: [...targets] }));
const bytes = scored.reduce((sum, document) => sum + document.bytes, 0);
console.log(JSON.stringify({ model, batches, validation, bytes }));
