// A step's work in a form that does not depend on the number of workers: the batch is cut into a fixed number
// of shards, each into micro-batches that bound the memory of activations, each with dropout of its own. A
// shard's gradient is the sum over its micro-batches in order; shards are added in gradient_tree.ts's tree.
import type { SequenceLosses } from "../evaluate/bits_per_byte.ts";
import { packSequences, type RaggedBatch, type Sequence } from "../model/batch.ts";
import type { DropoutSource } from "../model/block.ts";
import { streamKey } from "../rng.ts";
import { countTargets } from "./documents.ts";

/** Rows of a micro-batch that the kernels like: enough to fill them, few enough for memory. */
const MICRO_BATCH_ROWS = 1024;

export function maxMicroBatchRows(contextLength: number): number {
  return Math.max(MICRO_BATCH_ROWS, contextLength);
}

/** A shard: the micro-batches of its sequences. Empty when the batch has fewer sequences than shards. */
export type Shard = readonly RaggedBatch[];

// Dealt by their rows, then put in an order in which neighbours balance each other, since a worker gets a run
// of them.
export function cutIntoShards(sequences: readonly Sequence[], count: number, contextLength: number): Shard[] {
  const shards = deal(sequences, count);
  return balanceNeighbours(shards).map((shard) => packMicroBatches(shard.sequences, contextLength));
}

/** Parts with about as many rows. */
export function dealByRows(sequences: readonly Sequence[], count: number): Sequence[][] {
  return deal(sequences, count).map(({ sequences }) => sequences);
}

/** The longest sequences first, each to the part with the fewest rows so far (the first of equals). */
function deal(sequences: readonly Sequence[], count: number): { rows: number; sequences: Sequence[] }[] {
  const parts = Array.from({ length: count }, () => ({ rows: 0, sequences: [] as Sequence[] }));
  for (const sequence of sequences.toSorted((a, b) => b.tokens.length - a.tokens.length)) {
    const smallest = parts.reduce((best, part) => part.rows < best.rows ? part : best);
    smallest.sequences.push(sequence);
    smallest.rows += sequence.tokens.length;
  }
  return parts;
}

/** Pack sequences, in order, into batches of at most `limit` rows; a longer sequence gets one of its own. */
export function packMicroBatches(
  sequences: readonly Sequence[],
  contextLength: number,
  limit = maxMicroBatchRows(contextLength),
): RaggedBatch[] {
  const batches: RaggedBatch[] = [];
  let [current, rows]: [Sequence[], number] = [[], 0];
  for (const sequence of sequences) {
    if (current.length > 0 && rows + sequence.tokens.length > limit) {
      batches.push(packSequences(current));
      [current, rows] = [[], 0];
    }
    current.push(sequence);
    rows += sequence.tokens.length;
  }
  if (current.length > 0) batches.push(packSequences(current));
  return batches;
}

/** A step's targets, and their losses' factor in the gradient: 1 / the targets, those of proofs weighted. */
export function countStepTargets(
  sequences: readonly Sequence[],
  proofWeight = 1,
): { targets: number; scale: number } {
  let [all, inProofs] = [0, 0];
  for (const { targets, proofFrom = targets.length } of sequences) {
    all += countTargets(targets);
    inProofs += countTargets(targets.subarray(proofFrom));
  }
  return { targets: all, scale: 1 / (all + (proofWeight - 1) * inProofs) };
}

/** The dropout of one micro-batch, whoever computes it: no two places in a run share random bits. */
export function stepDropout(
  { seed, dropout: probability }: { readonly seed: number; readonly dropout: number },
  { step, shard, micro }: { step: number; shard: number; micro: number },
): DropoutSource {
  if (probability === 0) return () => null;
  return (site) => ({ probability, key: streamKey(seed, "dropout", step, shard, micro, site) });
}

/** Sum in float64, in index order. */
export function sumInOrder(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}

/** The losses of batches, as they come, in order: their sums, batch by batch, in index order. */
export async function lossesOf(
  batches: readonly RaggedBatch[],
  found: AsyncIterable<Float32Array>,
): Promise<SequenceLosses> {
  const rows = new Float32Array(batches.reduce((sum, { tokens }) => sum + tokens.length, 0));
  let [nats, at] = [0, 0];
  for await (const losses of found) {
    nats += sumInOrder(losses);
    rows.set(losses, at);
    at += losses.length;
  }
  return { nats, rows };
}

/** The shards of one worker: a run of neighbours, so that most of the tree lies inside it. */
export function shardRange(worker: number, workers: number, shards: number): { first: number; end: number } {
  const edge = (index: number): number => Math.floor(index * shards / workers);
  return { first: edge(worker), end: edge(worker + 1) };
}

// An order in which aligned runs of 2, 4, 8, … have about equal rows: the largest is put beside the smallest,
// and so on, then the same with these pairs. On real proofs the larger half has 0.2 % more rows than the mean
// (in the order of the cut: 1.0 %).
function balanceNeighbours<T extends { readonly rows: number }>(shards: readonly T[]): readonly T[] {
  let runs = shards.map((shard) => ({ rows: shard.rows, members: [shard] }));
  while (runs.length > 1) {
    runs.sort((a, b) => b.rows - a.rows);
    const [larger, smaller] = [runs.slice(0, Math.ceil(runs.length / 2)), runs.reverse()];
    runs = larger.map((run, i) => {
      const { rows, members } = smaller[i]!;
      if (members === run.members) return run; // the middle one of an odd number
      return { rows: run.rows + rows, members: [...run.members, ...members] };
    });
  }
  return runs.flatMap(({ members }) => members);
}
