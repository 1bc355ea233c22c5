/**
 * What the workers of a run share: the parameters, the gradient subtrees that they hand to each other, the
 * block sums of the gradient's norm, and a barrier. Everything else lives in each worker's own memory.
 */
import { parameterTable } from "../../model/parameters.ts";
import type { ModelConfig } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { shardRange } from "../shards.ts";
import type { ParameterRange } from "./update.ts";
import { subtrees, type TreeNode } from "../gradient_tree.ts";

/**
 * Elements whose squares are summed together; workers' slices of the flat vector begin at multiples of it.
 */
export const BLOCK_ELEMENTS = 4096;

/** Buffers that every worker of a run gets at its start. P parameters. */
export interface SharedState {
  /** (P) float32: the current parameters. */
  readonly parameters: SharedArrayBuffer;
  /**
   * (slots, P) float32: a finished gradient subtree each. Between steps, slots 0 and 1 carry the optimizers'
   * moments in and out of checkpoints; within a step with Muon, slot 0 then carries the whole gradient to the
   * update.
   */
  readonly gradients: SharedArrayBuffer;
  /** (ceil(P / BLOCK_ELEMENTS)) float64: sums of squares of the gradient's blocks. */
  readonly blockSums: SharedArrayBuffer;
  /** int32: see {@linkcode Barrier}. */
  readonly barrier: SharedArrayBuffer;
}

/** Vectors of moments: the least number of slots. */
const MOMENT_SLOTS = 2;

/** Which subtrees the workers hand over, from the left: slot i of `gradients` holds entry i. */
export function gradientSlots(workers: number, shards: number): TreeNode<null>[] {
  return Array.from({ length: workers }, (_, worker) => {
    const { first, end } = shardRange(worker, workers, shards);
    return subtrees(first, end);
  }).flat();
}

/**
 * Allocate the shared buffers of a run.
 *
 * @throws {UsageError} in a web page that may not share memory between threads
 */
export function allocateSharedState(model: ModelConfig, workers: number, shards: number): SharedState {
  if (typeof SharedArrayBuffer === "undefined") {
    throw new UsageError("Training needs memory shared between threads, which this page may not have", {
      hint: "Serve it with the headers Cross-Origin-Opener-Policy: same-origin and " +
        "Cross-Origin-Embedder-Policy: require-corp.",
    });
  }
  const parameters = parameterTable(model).size;
  const slots = Math.max(MOMENT_SLOTS, gradientSlots(workers, shards).length);
  return {
    parameters: new SharedArrayBuffer(4 * parameters),
    gradients: new SharedArrayBuffer(4 * parameters * slots),
    blockSums: new SharedArrayBuffer(8 * Math.ceil(parameters / BLOCK_ELEMENTS)),
    barrier: new SharedArrayBuffer(12),
  };
}

/** One slot of `gradients`, (P). */
export function slotValues({ gradients, parameters }: SharedState, slot: number): Float32Array {
  return new Float32Array(gradients, slot * parameters.byteLength, parameters.byteLength / 4);
}

/** The moments of all parameters, (P) each, where slots of `gradients` carry them between steps. */
export function sharedMoments(shared: SharedState): { m: Float32Array; v: Float32Array } {
  return { m: slotValues(shared, 0), v: slotValues(shared, 1) };
}

/** The part of the flat vector that a worker reduces and updates. */
export function parameterSlice(worker: number, workers: number, parameters: number): ParameterRange {
  const blocks = Math.ceil(parameters / BLOCK_ELEMENTS);
  const edge = (index: number): number =>
    Math.min(parameters, BLOCK_ELEMENTS * Math.floor(index * blocks / workers));
  return { begin: edge(worker), end: edge(worker + 1) };
}

/** What a worker says that cannot go on because another one has failed. */
export const BROKEN_MESSAGE = "another worker stopped";

const [ARRIVED, GENERATION, BROKEN] = [0, 1, 2];

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
        Atomics.wait(this.#words, GENERATION, generation);
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
