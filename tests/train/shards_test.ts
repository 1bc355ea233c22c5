/** Shards: every sequence once, even sizes, bounded micro-batches, the same cut whatever the workers. */
import { assert, assertEquals } from "@std/assert";
import type { RaggedBatch, Sequence } from "../../src/model/batch.ts";
import { Rng } from "../../src/rng.ts";
import {
  cutIntoShards,
  maxMicroBatchRows,
  packMicroBatches,
  type Shard,
  shardRange,
} from "../../src/train/shards.ts";

const CONTEXT = 64;

/** Sequences whose tokens name them: sequence i holds the numbers 1000 i, 1000 i + 1, … */
function sequencesOf(lengths: readonly number[]): Sequence[] {
  return lengths.map((length, i) => {
    const tokens = Int32Array.from({ length }, (_, j) => 1000 * i + j);
    return { tokens, targets: tokens.map((token) => token + 1) };
  });
}

function randomLengths(count: number, seed: number): number[] {
  const rng = new Rng(seed, "lengths");
  return Array.from({ length: count }, () => 1 + rng.below(CONTEXT));
}

/** The sequences of batches, checked for consistent positions, targets and bounds. */
function unpack(batches: readonly RaggedBatch[]): Int32Array[] {
  return batches.flatMap(({ tokens, targets, positions, bounds }) => {
    assertEquals(bounds[0], 0);
    assertEquals(bounds.at(-1), tokens.length);
    return Array.from({ length: bounds.length - 1 }, (_, d) => {
      const [begin, end] = [bounds[d]!, bounds[d + 1]!];
      assertEquals([...positions.subarray(begin, end)], Array.from({ length: end - begin }, (_, i) => i));
      assertEquals(targets.slice(begin, end), tokens.slice(begin, end).map((token) => token + 1));
      return tokens.slice(begin, end);
    });
  });
}

Deno.test("cutIntoShards() puts every sequence into exactly one shard", () => {
  for (const count of [1, 3, 8, 9, 32, 100]) {
    const sequences = sequencesOf(randomLengths(count, count));
    const shards = cutIntoShards(sequences, 8, CONTEXT);
    assertEquals(shards.length, 8);
    const found = shards.flatMap(unpack).sort((a, b) => a[0]! - b[0]!);
    assertEquals(found, sequences.map(({ tokens }) => tokens));
  }
});

Deno.test("cutIntoShards() gives shards whose sizes differ by one sequence at most", () => {
  for (let seed = 0; seed < 20; seed++) {
    const shards = cutIntoShards(sequencesOf(randomLengths(32, seed)), 8, CONTEXT);
    const rows = shards.map((shard) => shard.reduce((sum, { tokens }) => sum + tokens.length, 0));
    assert(Math.max(...rows) - Math.min(...rows) <= CONTEXT, `rows ${rows}`);
  }
});

Deno.test("cutIntoShards() puts shards in an order in which halves and quarters are about equal", () => {
  const total = (shards: readonly Shard[]): number =>
    shards.flat().reduce((sum, { tokens }) => sum + tokens.length, 0);
  let halves = 0;
  for (let seed = 0; seed < 20; seed++) {
    const shards = cutIntoShards(sequencesOf(randomLengths(32, seed)), 8, CONTEXT);
    const [left, right] = [total(shards.slice(0, 4)), total(shards.slice(4))];
    halves += Math.abs(left - right) / (left + right) / 20;
  }
  assert(halves < 0.004, `halves differ by ${halves} of the whole`);
  for (const count of [1, 2, 3, 5, 6, 7]) {
    assertEquals(cutIntoShards(sequencesOf(randomLengths(20, count)), count, CONTEXT).length, count);
  }
});

Deno.test("cutIntoShards() leaves shards empty when there are too few sequences", () => {
  const shards = cutIntoShards(sequencesOf([5, 9]), 4, CONTEXT);
  assertEquals(shards.map((shard) => shard.length), [1, 0, 1, 0]);
});

Deno.test("cutIntoShards() takes equal lengths in their order: the cut is one function of the batch", () => {
  const shards = cutIntoShards(sequencesOf([4, 4, 4, 4]), 2, CONTEXT);
  assertEquals(shards.map((shard) => unpack(shard).map((tokens) => tokens[0]! / 1000)), [[0, 2], [1, 3]]);
});

Deno.test("packMicroBatches() keeps the order and never exceeds its bound", () => {
  const sequences = sequencesOf(randomLengths(200, 5));
  const batches = packMicroBatches(sequences, CONTEXT);
  assertEquals(unpack(batches), sequences.map(({ tokens }) => tokens));
  assert(batches.length > 3);
  const rows = batches.map(({ tokens }) => tokens.length);
  assert(rows.every((count) => count <= maxMicroBatchRows(CONTEXT)));
  assert(rows.slice(0, -1).every((count) => count > maxMicroBatchRows(CONTEXT) - CONTEXT), `${rows}`);
});

Deno.test("packMicroBatches() gives one sequence longer than the usual bound a batch of its own", () => {
  const batches = packMicroBatches(sequencesOf([2000, 1, 2000]), 2000);
  assertEquals(batches.map(({ tokens }) => tokens.length), [2000, 1, 2000]);
  assertEquals(packMicroBatches([], CONTEXT), []);
});

Deno.test("shardRange() gives every shard to one worker, in order and evenly", () => {
  for (let shards = 1; shards <= 12; shards++) {
    for (let workers = 1; workers <= shards; workers++) {
      let next = 0;
      for (let worker = 0; worker < workers; worker++) {
        const { first, end } = shardRange(worker, workers, shards);
        assertEquals(first, next);
        assert(end - first >= Math.floor(shards / workers) && end - first <= Math.ceil(shards / workers));
        next = end;
      }
      assertEquals(next, shards);
    }
  }
});
