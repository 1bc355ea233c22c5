// What the workers of a rank share: the parameters, the gradient subtrees that they hand to each other, those
// that came from other ranks, the block sums of the gradient's norm, and a barrier. Everything else lives in
// each worker's own memory.
import type { ModelConfig } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { beat } from "../../heartbeat.ts";
import { parameterTable } from "../../model/parameters.ts";
import { GradientTree } from "../gradient_tree.ts";
import { gradientBuckets } from "./buckets.ts";
import { gradientSlots, type RankPlace, rankSubtrees } from "./place.ts";
import type { ParameterRange } from "./update.ts";

/** Elements whose squares are summed together; workers' slices begin at multiples of it. */
export const BLOCK_ELEMENTS = 4096;

/** What every worker of a run gets at its start, in shared memory. P parameters. */
export interface SharedState {
  readonly parameters: Float32Array;
  // (P) each, two at least: a gradient subtree each. Between steps, the first two carry the moments in and
  // out of checkpoints; within a step with Muon, the first then carries the whole gradient to the update.
  readonly slots: readonly Float32Array[];
  /** Over this rank's slice: the subtrees of each other rank, by its number; none of its own. */
  readonly received: readonly (readonly Float32Array[])[];
  // (ceil(P / BLOCK_ELEMENTS) + members): sums of squares of the gradient's blocks; then for each worker of
  // the run 0, or NaN where one of its losses is not finite.
  readonly blockSums: Float64Array;
  /** Where there are other ranks, for each bucket (buckets.ts): workers that have handed it over, see Handed. */
  readonly handed: Int32Array;
  readonly barrier: SharedArrayBuffer;
}

/** @throws {UsageError} in a web page that may not share memory between threads */
export function allocateSharedState(model: ModelConfig, place: RankPlace, shards: number): SharedState {
  if (typeof SharedArrayBuffer === "undefined") {
    throw new UsageError("Training needs memory shared between threads, which this page may not have", {
      hint: "Serve it with the headers Cross-Origin-Opener-Policy: same-origin and " +
        "Cross-Origin-Embedder-Policy: require-corp.",
    });
  }
  const { size } = parameterTable(model);
  const { rank, ranks, workers } = place;
  const vector = (length = size): Float32Array => new Float32Array(new SharedArrayBuffer(4 * length));
  const slots = Math.max(2, gradientSlots(place, shards).length);
  const { begin, end } = parameterSlice(rank, ranks, size);
  const sums = Math.ceil(size / BLOCK_ELEMENTS) + ranks * workers;
  return {
    parameters: vector(),
    slots: Array.from({ length: slots }, () => vector()),
    received: Array.from(
      { length: ranks },
      (_, peer) => peer === rank ? [] : rankSubtrees(peer, ranks, shards).map(() => vector(end - begin)),
    ),
    blockSums: new Float64Array(new SharedArrayBuffer(8 * sums)),
    handed: new Int32Array(new SharedArrayBuffer(8 * gradientBuckets(model).length)),
    barrier: new SharedArrayBuffer(12),
  };
}

/** The moments of all parameters, (P) each, where slots carry them between steps. */
export function sharedMoments({ slots: [m, v] }: SharedState): { m: Float32Array; v: Float32Array } {
  return { m: m!, v: v! };
}

/** A part of the sum over all shards: a vector that begins at this element of the flat one. */
export interface SumTerm {
  readonly first: number;
  readonly size: number;
  readonly vector: Float32Array;
  readonly begin: number;
}

/** What is left of a rank's slots, from the left, when siblings among them have been added into the left ones. */
export function ownSums(shared: SharedState, place: RankPlace, shards: number): SumTerm[] {
  const tree = new GradientTree<Float32Array>((left) => left);
  for (const [slot, { first, size }] of gradientSlots(place, shards).entries()) {
    tree.push({ first, size, value: shared.slots[slot]! });
  }
  return tree.nodes.map(({ first, size, value }) => ({ first, size, vector: value, begin: 0 }));
}

/** All that a slice's gradient is the sum of, over the whole run, from the left. */
export function sumTerms(shared: SharedState, place: RankPlace, shards: number): SumTerm[] {
  const { rank, ranks } = place;
  if (ranks === 1) {
    return gradientSlots(place, shards).map(({ first, size }, slot) => {
      return { first, size, vector: shared.slots[slot]!, begin: 0 };
    });
  }
  const { begin } = parameterSlice(rank, ranks, shared.parameters.length);
  return Array.from({ length: ranks }, (_, peer) => {
    if (peer === rank) return ownSums(shared, place, shards);
    const nodes = rankSubtrees(peer, ranks, shards);
    return nodes.map(({ first, size }, i) => ({ first, size, vector: shared.received[peer]![i]!, begin }));
  }).flat();
}

export function parameterSlice(worker: number, workers: number, parameters: number): ParameterRange {
  const blocks = Math.ceil(parameters / BLOCK_ELEMENTS);
  const edge = (i: number): number => Math.min(parameters, BLOCK_ELEMENTS * Math.floor(i * blocks / workers));
  return { begin: edge(worker), end: edge(worker + 1) };
}

/** What a worker says that cannot go on because another one has failed. */
export const BROKEN_MESSAGE = "another worker stopped";

/** Which buckets a rank's workers have handed over in this step. Words: workers that have, then 1 where all have. */
export class Handed {
  readonly #words: Int32Array;
  readonly #buckets: number;
  readonly #workers: number;

  constructor(words: Int32Array, workers: number) {
    [this.#words, this.#buckets, this.#workers] = [words, words.length / 2, workers];
  }

  /** A worker's part of a bucket is in its slots. @param complete done by the last of them, before it is told */
  tell(bucket: number, complete: () => void): void {
    if (Atomics.add(this.#words, bucket, 1) + 1 < this.#workers) return;
    complete();
    Atomics.store(this.#words, this.#buckets + bucket, 1);
    Atomics.notify(this.#words, this.#buckets + bucket);
  }

  /** Wait until a bucket is complete, for so many milliseconds at most. @returns whether it is */
  wait(bucket: number, ms: number): boolean {
    return Atomics.wait(this.#words, this.#buckets + bucket, 0, ms) !== "timed-out";
  }

  /** For the next step, which nobody has begun. */
  clear(): void {
    this.#words.fill(0);
  }
}

const [ARRIVED, GENERATION, BROKEN] = [0, 1, 2];
/** How often who waits says that it is alive. */
const BEAT_MS = 200;

/** All workers wait for each other, and the link to other ranks with them. Int32 words: arrived, generation, broken. */
export class Barrier {
  readonly #words: Int32Array;
  readonly #parties: number;

  constructor(buffer: SharedArrayBuffer, parties: number) {
    this.#words = new Int32Array(buffer);
    this.#parties = parties;
  }

  // Return when everybody has called it; `waiting` is called now and then meanwhile. Throws when the barrier
  // was broken.
  wait(waiting = beat): void {
    // The generation is read first: a break after it is seen as a new generation, one before it as BROKEN.
    const generation = Atomics.load(this.#words, GENERATION);
    this.check();
    if (Atomics.add(this.#words, ARRIVED, 1) + 1 === this.#parties) {
      Atomics.store(this.#words, ARRIVED, 0);
      this.#release();
    } else {
      while (Atomics.load(this.#words, GENERATION) === generation) {
        Atomics.wait(this.#words, GENERATION, generation, BEAT_MS);
        waiting();
      }
    }
    this.check();
  }

  /** Release everybody with an error, also those who come later: a worker has failed and will not arrive. */
  break(): void {
    Atomics.store(this.#words, BROKEN, 1);
    this.#release();
  }

  /** @throws {Error} when the barrier was broken */
  check(): void {
    if (Atomics.load(this.#words, BROKEN) !== 0) throw new Error(BROKEN_MESSAGE);
  }

  #release(): void {
    Atomics.add(this.#words, GENERATION, 1);
    Atomics.notify(this.#words, GENERATION);
  }
}
