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
 * @throws the signal's reason when it is aborted
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
