/**
 * Every operation of a training step at the model's shapes: what it computes, how often a micro-batch needs
 * it, how much arithmetic and memory traffic that is. Each is first compared with the reference backend on
 * fewer rows of the same widths, then timed.
 */
import type { WasmBackend } from "../src/backend/wasm/mod.ts";
import type { ModelConfig } from "../src/config.ts";
import { parameterTable } from "../src/model/parameters.ts";
import { attention, crossEntropy, products } from "./arithmetic_operations.ts";
import { comparedCpuMs } from "./cpu_time.ts";
import { elementWise, optimizer } from "./memory_operations.ts";
import { compareWithReference, Inputs, type Operation } from "./operation.ts";
import type { PeakProduct } from "./peak.ts";

/** One measured operation. */
export interface OperationTiming {
  readonly name: string;
  /** Of one call. */
  readonly ms: number;
  /** Calls in a step, on all workers together. */
  readonly count: number;
  /** Useful arithmetic of one call; 0 where memory is what counts. */
  readonly flops: number;
  /** Useful arithmetic per second, packing included in the time; null where memory is what counts. */
  readonly gigaflops: number | null;
  /** That by the peak measured in turns with it: the median; null where memory is what counts. */
  readonly peakShare: number | null;
  /** Bytes that must be read and written per second; null where arithmetic is what counts. */
  readonly gigabytes: number | null;
  /** Largest difference from the reference backend, relative to the largest value. */
  readonly difference: number;
}

/** Rows on which operations are compared with the reference: whole tiles and a rest. */
const CHECKED_ROWS = 50;
/** AdamW's moments and the parameters are checked on this many elements. */
const CHECKED_PARAMETERS = 10_000;

/**
 * Check and time all operations at T rows, each in turns with the peak product. @throws {Error} when one
 * differs from the reference
 */
export async function measureOperations(
  backend: WasmBackend,
  options: { model: ModelConfig; rows: number; shards: number; peak: PeakProduct; budgetMs: number },
): Promise<OperationTiming[]> {
  const { model, rows, shards, peak, budgetMs } = options;
  const checked = checkedOperations(model, shards);
  const timings: OperationTiming[] = [];
  for (const [i, { name, count, flops, bytes, make }] of operations(model, rows, shards).entries()) {
    const difference = await compareWithReference(backend, checked[i]!);
    using _scope = backend.scope();
    const { bestMs: ms, ratio } = comparedCpuMs(make(new Inputs(backend, i)).run, peak.run, budgetMs);
    timings.push({
      name,
      ms,
      count,
      flops: flops ?? 0,
      gigaflops: flops === undefined ? null : flops / ms / 1e6,
      peakShare: flops === undefined ? null : flops / peak.flops / ratio,
      gigabytes: bytes === undefined ? null : bytes / ms / 1e6,
      difference,
    });
  }
  return timings;
}

/** Useful arithmetic of a step. */
export function stepFlops(model: ModelConfig, rows: number, shards: number): number {
  return operations(model, rows, shards).reduce((sum, { flops, count }) => sum + (flops ?? 0) * count, 0);
}

/** The operations of {@linkcode operations}, so small that they can be compared with the reference. */
export function checkedOperations(model: ModelConfig, shards: number): Operation[] {
  return operations(model, CHECKED_ROWS, shards, CHECKED_PARAMETERS);
}

/** A step is `shards` micro-batches of T rows. */
export function operations(
  model: ModelConfig,
  T: number,
  shards: number,
  parameters = parameterTable(model).size,
): Operation[] {
  const { dModel: C, dMlp: M, vocabSize: V, nHeads: H, nLayers: L, contextLength } = model;
  const ofOneShard = [
    ...products(T, L, [["qkv", 3 * C, C], ["proj", C, C], ["fc1", M, C], ["fc2", C, M]]),
    crossEntropy(T, C, V),
    ...attention(model, T),
    ...elementWise(T, { C, M, V, H, L, contextLength }),
  ];
  return [
    ...ofOneShard.map((operation) => ({ ...operation, count: operation.count * shards })),
    ...optimizer(parameters, shards),
  ];
}
