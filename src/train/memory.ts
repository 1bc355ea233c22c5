// How much memory a run takes, estimated before it begins from what the model and the engine allocate: a run
// that cannot fit is refused with the batch size that would. tests/train/memory_test.ts has measured peaks.
import type { ModelConfig, TrainConfig } from "../config.ts";
import { UsageError } from "../errors.ts";
import { parameterTable } from "../model/parameters.ts";
import { formatBytes } from "../text_format.ts";
import { subtrees } from "./gradient_tree.ts";
import { maxMicroBatchRows, shardRange } from "./shards.ts";

/** Bytes that a wasm instance can address. */
const WASM_LIMIT_BYTES = 4 * 2 ** 30;
/** The program with its code, and a worker's V8 heap, measured without any model. */
const [BASE_BYTES, WORKER_BASE_BYTES] = [80e6, 40e6];
/** Rows of logits that the cross-entropy holds at once, at most. */
const HEAD_ROWS = 256;
/** Activations of a micro-batch on a GPU, at most; and what one buffer can hold on every adapter. */
const [DEVICE_ACTIVATION_BYTES, DEVICE_BUFFER_BYTES] = [2 ** 30, 2 ** 27];
/** A row's token, target and position. */
const BATCH_ROW_BYTES = 12;
/** Vectors of parameters beside a GPU: what the run begins with, and what a checkpoint is written from. */
const HOST_VECTORS = 4;

/** An estimate in bytes. */
export interface MemoryEstimate {
  /** Of one worker's instance. */
  readonly workerBytes: number;
  /** Of the whole process. */
  readonly totalBytes: number;
}

/** Estimate the memory of a run, in bytes. */
export function estimateMemory(
  model: ModelConfig,
  train: Pick<TrainConfig, "batchSize" | "shards">,
  workers: number,
): MemoryEstimate {
  const { vocabSize: V, contextLength } = model;
  const parameters = parameterTable(model).size;
  const shardRows = Math.ceil(train.batchSize / train.shards) * contextLength;
  const rows = Math.min(shardRows, maxMicroBatchRows(contextLength));
  const activations = rows * activationsOfRow(model) + Math.min(rows, HEAD_ROWS) * V;
  const { first, end } = shardRange(0, workers, train.shards);
  const gradients = 1 + Math.floor(Math.log2(Math.max(1, end - first)));
  // Parameters, their packed copies for two orientations, the slice's moments (Muon: half, and scratch).
  const floats = parameters * (3 + gradients + 2 / workers) + activations;
  // A checkpoint is written straight from shared memory. One vector more is what the run begins with.
  const slots = Math.max(2, workers * subtrees(first, end).length);
  const workerBytes = 4 * floats;
  const batchBytes = 2 * BATCH_ROW_BYTES * train.batchSize * contextLength; // packed, and posted
  const totalBytes = BASE_BYTES + workers * (WORKER_BASE_BYTES + workerBytes) +
    4 * parameters * (2 + slots) + batchBytes;
  return { workerBytes, totalBytes };
}

/** Most rows of a micro-batch on a GPU, where a small one costs as many commands as a large one. */
export function maxDeviceRows(model: ModelConfig): number {
  const activations = DEVICE_ACTIVATION_BYTES / (4 * activationsOfRow(model));
  const buffer = DEVICE_BUFFER_BYTES / (4 * Math.max(3 * model.dModel, model.dMlp));
  return Math.max(maxMicroBatchRows(model.contextLength), Math.floor(Math.min(activations, buffer)));
}

/** Floats of a row that a pass keeps for the way back, and needs on the way. */
function activationsOfRow({ dModel: C, dMlp: M, nHeads: H, nLayers }: ModelConfig): number {
  return nLayers * (8 * C + 2 * M + 3 * H + 2) + (11 * C + M);
}

/**
 * Refuse a run that needs more than the available bytes.
 *
 * @throws {UsageError} with the memory wanted and there, and the largest batch size that would fit
 */
export function checkMemory(
  model: ModelConfig,
  train: Pick<TrainConfig, "batchSize" | "shards">,
  workers: number,
  availableBytes: number,
): void {
  const fits = (batchSize: number): boolean => {
    const { workerBytes, totalBytes } = estimateMemory(model, { ...train, batchSize }, workers);
    return workerBytes <= WASM_LIMIT_BYTES && totalBytes <= availableBytes;
  };
  if (fits(train.batchSize)) return;
  const { workerBytes, totalBytes } = estimateMemory(model, train, workers);
  const [needed, limit] = [workerBytes, WASM_LIMIT_BYTES].map(formatBytes);
  const [total, available] = [totalBytes, availableBytes].map(formatBytes);
  const reason = workerBytes > WASM_LIMIT_BYTES
    ? `a worker would need ${needed}, and WebAssembly addresses ${limit}`
    : `about ${total} are needed with ${workers} workers, ${available} are available`;
  let [fitting, tooMany] = [0, train.batchSize];
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2);
    if (fits(middle)) fitting = middle;
    else tooMany = middle;
  }
  const hint = fitting > 0
    ? `The largest batch size that fits is ${fitting}: --batch-size ${fitting}.`
    : `No batch size fits. Use fewer workers (--workers 1), or a smaller model or context.`;
  throw new UsageError(`Not enough memory for a batch of ${train.batchSize}: ${reason}`, { hint });
}

/** Bytes that a run on a GPU takes of the computer's memory. */
export function hostMemory(model: ModelConfig): number {
  return BASE_BYTES + HOST_VECTORS * 4 * parameterTable(model).size;
}

/** Refuse a run on a GPU whose checkpoints do not fit into the computer's memory. */
export function checkHostMemory(model: ModelConfig, availableBytes: number): void {
  const bytes = hostMemory(model);
  if (bytes <= availableBytes) return;
  const [needed, available] = [bytes, availableBytes].map(formatBytes);
  const reason = `about ${needed} are needed beside the GPU's, ${available} are available`;
  throw new UsageError(`Not enough memory: ${reason}`, { hint: "Use a smaller model." });
}
