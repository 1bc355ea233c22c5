/** Scoring a checkpoint on a folder of proofs, on every core. */
import type { BackendChoice } from "../backend/choose.ts";
import type { ProofFile } from "../corpus/proof_file.ts";
import { type Score, scoreDocuments } from "../evaluate/bits_per_byte.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { Checkpoint } from "../checkpoint/mod.ts";
import { scoredDocuments } from "./data.ts";
import { Pool } from "./engine/pool.ts";

/** What is scored, and with what. */
export interface EvaluateOptions {
  /** The model, as {@linkcode openCheckpoint} or {@linkcode loadCheckpoint} gives it. */
  readonly checkpoint: Checkpoint;
  /** The tokenizer that the checkpoint was trained with. */
  readonly tokenizer: Tokenizer;
  /** The proofs to score, all of them. */
  readonly files: readonly ProofFile[];
  /** Worker threads, at least 1. */
  readonly workers: number;
  /** What computes. */
  readonly backend: BackendChoice;
  /** Told after each part of the files, with the number of files scored so far. */
  readonly onProgress?: (done: number) => void;
  /** Stops between two parts of the files. */
  readonly signal?: AbortSignal;
}

/** Files that are scored between two reports of progress. */
const PART_FILES = 128;

/**
 * Loss a token and bits a byte over whole files, as src/evaluate/bits_per_byte.ts defines them.
 *
 * @param options the checkpoint, its tokenizer and the files
 * @returns the sums over all files, and their means
 * @throws the signal's reason when it is aborted
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import * as tactics from "../../mod.ts";
 *
 * const tokenizer = tactics.trainTokenizer([], { vocabularySize: 258, alphabet: "bytes", preTokenizer: "gpt2" });
 * const sizes = { vocabSize: 258, contextLength: 32, dModel: 16, nLayers: 1, nHeads: 2, dMlp: 32 };
 * const model = { ...tactics.DEFAULT_MODEL_CONFIG, ...sizes };
 * const parameters = tactics.initialParameters(model, 42);
 * const checkpoint = {
 *   model,
 *   train: { ...tactics.DEFAULT_TRAIN_CONFIG, steps: 1 },
 *   step: 0,
 *   parameters,
 *   m: new Float32Array(parameters.length),
 *   v: new Float32Array(parameters.length),
 *   tokenizerSha256: await tokenizer.sha256(),
 *   splitHash: "",
 *   best: null,
 *   evaluationsWithoutGain: 0,
 * };
 * const proof = new TextEncoder().encode("@G\na = a\n@C\nnot (a = a)\n@P\nfalse\n");
 * const { file } = tactics.parseProofFile("one.txt", proof);
 * const backend = await tactics.chooseBackend("auto");
 * const score = await tactics.evaluateCheckpoint({ checkpoint, tokenizer, files: [file!], workers: 1, backend });
 * assert(Math.abs(score.bitsPerByte - 8) < 0.5); // it knows nothing yet, and a token is a byte
 * ```
 */
export async function evaluateCheckpoint(options: EvaluateOptions): Promise<Score> {
  const { checkpoint, tokenizer, files, workers, backend, onProgress, signal } = options;
  const { model, train, parameters } = checkpoint;
  // No shards: the pool only evaluates, and allocates nothing for gradients.
  await using pool = await Pool.start({
    model,
    train: { ...train, shards: 0 },
    workers,
    backend,
    parameters,
  });
  let [nats, tokens, bytes] = [0, 0, 0];
  for (let start = 0; start < files.length; start += PART_FILES) {
    signal?.throwIfAborted();
    const part = scoredDocuments(files.slice(start, start + PART_FILES), tokenizer);
    const score = await scoreDocuments(pool, part, model.contextLength);
    nats += score.nats;
    tokens += score.tokens;
    bytes += score.bytes;
    onProgress?.(Math.min(files.length, start + PART_FILES));
  }
  return {
    nats,
    loss: nats / tokens,
    bitsPerByte: nats / Math.LN2 / bytes,
    tokens,
    bytes,
    documents: files.length,
  };
}
