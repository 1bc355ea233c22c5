// An exported folder as a decoder: sequences are the rows of a batch, whose cache is kept between calls.
import type { Sequence } from "../model/batch.ts";
import { checkParents, type ScoringDecoder } from "./decoder.ts";
import { logSumExp } from "./probabilities.ts";
import type { KeyValueCache, OnnxSession } from "./onnx_session.ts";

export class OnnxDecoder implements ScoringDecoder {
  readonly vocabSize: number;
  readonly contextLength: number;
  #cache: KeyValueCache;

  /** The session is disposed of with the decoder. */
  constructor(readonly session: OnnxSession) {
    this.vocabSize = session.config.vocabSize;
    this.contextLength = session.config.contextLength;
    this.#cache = session.zeroCache(1, 0);
  }

  reset(): void {
    this.#cache = this.session.zeroCache(1, 0);
  }

  async feed(tokens: Int32Array): Promise<Float32Array> {
    if (this.#cache.batch > 1) throw new RangeError(`feed() with ${this.#cache.batch} sequences`);
    return (await this.#run(tokens)).slice(-this.vocabSize);
  }

  select(parents: readonly number[]): void {
    const { batch, length, layers } = this.#cache;
    checkParents(parents, batch);
    if (parents.length === batch && parents.every((parent, row) => parent === row)) return;
    const gathered = layers.map(({ key, value }) => ({
      key: gatherRows(key, key.length / batch, parents),
      value: gatherRows(value, value.length / batch, parents),
    }));
    this.#cache = { batch: parents.length, length, layers: gathered };
  }

  async step(tokens: Int32Array): Promise<Float32Array> {
    if (tokens.length !== this.#cache.batch) {
      throw new RangeError(`step() was given ${tokens.length} tokens for ${this.#cache.batch} sequences`);
    }
    return await this.#run(tokens);
  }

  async losses(sequences: readonly Sequence[]): Promise<Float32Array[]> {
    const V = this.vocabSize;
    const losses: Float32Array[] = [];
    for (const { tokens, targets } of sequences) {
      const { logits } = await this.session.run(tokens, this.session.zeroCache(1, 0));
      losses.push(Float32Array.from(targets, (target, row) => {
        if (target < 0) return 0;
        return logSumExp(logits.subarray(row * V, (row + 1) * V)) - logits[row * V + target]!;
      }));
    }
    return losses;
  }

  async #run(tokens: Int32Array): Promise<Float32Array> {
    const { logits, cache } = await this.session.run(tokens, this.#cache);
    this.#cache = cache;
    return logits;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}

/** Rows of `size` elements, copied in the order of `parents`. */
function gatherRows(rows: Float32Array, size: number, parents: readonly number[]): Float32Array {
  const gathered = new Float32Array(parents.length * size);
  for (const [row, parent] of parents.entries()) {
    gathered.set(rows.subarray(parent * size, (parent + 1) * size), row * size);
  }
  return gathered;
}
