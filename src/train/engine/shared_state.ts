// What the workers of a run share: the parameters, the gradient subtrees that they hand to each other, the
// block sums of the gradient's norm, and a barrier. Everything else lives in each worker's own memory.
import type { ModelConfig } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { beat } from "../../heartbeat.ts";
import { parameterTable } from "../../model/parameters.ts";
import { subtrees, type TreeNode } from "../gradient_tree.ts";
import { shardRange } from "../shards.ts";
import type { ParameterRange } from "./update.ts";

/** Elements whose squares are summed together; workers' slices begin at multiples of it. */
export const BLOCK_ELEMENTS = 4096;

/** What every worker of a run gets at its start, in shared memory. P parameters. */
export interface SharedState {
  readonly parameters: Float32Array;
  // (P) each, two at least: a gradient subtree each. Between steps, the first two carry the moments in and
  // out of checkpoints; within a step with Muon, the first then carries the whole gradient to the update.
  readonly slots: readonly Float32Array[];
  // (ceil(P / BLOCK_ELEMENTS) + workers): sums of squares of the gradient's blocks; then for each worker 0,
  // or NaN where one of its losses is not finite.
  readonly blockSums: Float64Array;
  readonly barrier: SharedArrayBuffer;
}

/** Which subtrees the workers hand over, from the left: slot i holds entry i. */
export function gradientSlots(workers: number, shards: number): TreeNode<null>[] {
  const ranges = Array.from({ length: workers }, (_, worker) => shardRange(worker, workers, shards));
  return ranges.flatMap(({ first, end }) => subtrees(first, end));
}

/** @throws {UsageError} in a web page that may not share memory between threads */
export function allocateSharedState(model: ModelConfig, workers: number, shards: number): SharedState {
  if (typeof SharedArrayBuffer === "undefined") {
    throw new UsageError("Training needs memory shared between threads, which this page may not have", {
      hint: "Serve it with the headers Cross-Origin-Opener-Policy: same-origin and " +
        "Cross-Origin-Embedder-Policy: require-corp.",
    });
  }
  const { size } = parameterTable(model);
  const vector = (): Float32Array => new Float32Array(new SharedArrayBuffer(4 * size));
  const slots = Math.max(2, gradientSlots(workers, shards).length);
  return {
    parameters: vector(),
    slots: Array.from({ length: slots }, vector),
    blockSums: new Float64Array(new SharedArrayBuffer(8 * (Math.ceil(size / BLOCK_ELEMENTS) + workers))),
    barrier: new SharedArrayBuffer(12),
  };
}

/** The moments of all parameters, (P) each, where slots carry them between steps. */
export function sharedMoments({ slots: [m, v] }: SharedState): { m: Float32Array; v: Float32Array } {
  return { m: m!, v: v! };
}

export function parameterSlice(worker: number, workers: number, parameters: number): ParameterRange {
  const blocks = Math.ceil(parameters / BLOCK_ELEMENTS);
  const edge = (i: number): number => Math.min(parameters, BLOCK_ELEMENTS * Math.floor(i * blocks / workers));
  return { begin: edge(worker), end: edge(worker + 1) };
}

/** What a worker says that cannot go on because another one has failed. */
export const BROKEN_MESSAGE = "another worker stopped";

const [ARRIVED, GENERATION, BROKEN] = [0, 1, 2];
/** How often who waits says that it is alive. */
const BEAT_MS = 200;

/** All workers wait for each other. Int32 words: arrived, generation, broken. */
export class Barrier {
  readonly #words: Int32Array;
  readonly #workers: number;

  constructor(buffer: SharedArrayBuffer, workers: number) {
    this.#words = new Int32Array(buffer);
    this.#workers = workers;
  }

  /** Return when every worker has called it. @throws {Error} when the barrier was broken */
  wait(): void {
    // The generation is read first: a break after it is seen as a new generation, one before it as BROKEN.
    const generation = Atomics.load(this.#words, GENERATION);
    this.#check();
    if (Atomics.add(this.#words, ARRIVED, 1) + 1 === this.#workers) {
      Atomics.store(this.#words, ARRIVED, 0);
      this.#release();
    } else {
      while (Atomics.load(this.#words, GENERATION) === generation) {
        Atomics.wait(this.#words, GENERATION, generation, BEAT_MS);
        beat();
      }
    }
    this.#check();
  }

  /** Release everybody with an error, also those who come later: a worker has failed and will not arrive. */
  break(): void {
    Atomics.store(this.#words, BROKEN, 1);
    this.#release();
  }

  #check(): void {
    if (Atomics.load(this.#words, BROKEN) !== 0) throw new Error(BROKEN_MESSAGE);
  }

  #release(): void {
    Atomics.add(this.#words, GENERATION, 1);
    Atomics.notify(this.#words, GENERATION);
  }
}
