/**
 * tactics: train and ship a small language model of proof steps, as a library.
 *
 * The way of the data: proof files → corpus → tokenizer → training → checkpoint → exported folder →
 * generation. Every part can be used by itself; long work is an async generator of plain events.
 *
 * @example Train, export and use a tiny model
 * ```ts
 * import {
 *   chooseBackend,
 *   DEFAULT_MODEL_CONFIG,
 *   DEFAULT_TRAIN_CONFIG,
 *   exportCheckpoint,
 *   openBackend,
 *   openCheckpoint,
 *   openModel,
 *   prepareData,
 *   readProofs,
 *   saveTokenizer,
 *   train,
 *   trainTokenizer,
 *   writeSampleCorpus,
 * } from "./mod.ts";
 *
 * const folder = await Deno.makeTempDir();
 * await writeSampleCorpus(`${folder}/proofs`, { files: 60 });
 * const corpus = await readProofs(`${folder}/proofs`);
 * const tokenizer = trainTokenizer(corpus.files.map((file) => file.text), {
 *   vocabularySize: 384,
 *   alphabet: "bytes",
 * });
 * await saveTokenizer(`${folder}/tokenizer.json`, tokenizer);
 *
 * const model = {
 *   ...DEFAULT_MODEL_CONFIG,
 *   vocabSize: tokenizer.vocabularySize,
 *   contextLength: 64,
 *   dModel: 32,
 *   nLayers: 2,
 *   nHeads: 2,
 *   dMlp: 64,
 * };
 * const config = { ...DEFAULT_TRAIN_CONFIG, steps: 4, batchSize: 8 };
 * const backend = await chooseBackend("auto");
 * const data = prepareData(corpus.files, tokenizer, config);
 * const run = train({ model, train: config, data, tokenizer, checkpointDir: folder, backend, workers: 1 });
 * let best = "";
 * for await (const event of run) {
 *   if (event.kind === "done") best = event.path;
 * }
 *
 * const directory = `${folder}/export`;
 * using computing = await openBackend(backend);
 * for await (const event of exportCheckpoint(await openCheckpoint(best), { directory, backend: computing })) {
 *   if (event.kind === "check") console.assert(event.ok, event.name);
 * }
 * await using trained = await openModel(directory);
 * const lines = await trained.suggest("@G\na * b = b * a\n@C\na * b != b * a\n@P\n", { samples: 2 });
 * if (lines.length === 0) throw new Error("no suggestion");
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @module
 */

export * from "./src/config.ts";
export * from "./src/errors.ts";
export * from "./src/corpus/mod.ts";
export * from "./src/tokenizer/mod.ts";
export * from "./src/prompt/mod.ts";
export { Rng } from "./src/rng.ts";
export type {
  AdamWOptions,
  AttentionOptions,
  Backend,
  CacheEntries,
  Columns,
  DataType,
  Documents,
  Dropout,
  MatrixPlaces,
  MuonOptions,
  Operations,
  PointerOptions,
  PointerRows,
  RotaryOptions,
  StoredType,
  Tensor,
} from "./src/backend/mod.ts";
export {
  type BackendChoice,
  chooseBackend,
  type ChooseBackendOptions,
  openBackend,
} from "./src/backend/choose.ts";
export type { MatmulTileName, MatmulTiles, TileStore } from "./src/backend/webgpu/mod.ts";
export type { TileName } from "./src/backend/wasm/mod.ts";
export * from "./src/model/mod.ts";
export * from "./src/train/mod.ts";
export * from "./src/checkpoint/mod.ts";
export * from "./src/evaluate/mod.ts";
export * from "./src/infer/mod.ts";
export * from "./src/export/mod.ts";
export * from "./src/metrics/mod.ts";
