/**
 * An exported folder as a {@linkcode ScoringDecoder}: the sequences are the rows of a batch, their cache is
 * kept between calls.
 */
import type { Sequence } from "../model/batch.ts";
import { checkParents, type ScoringDecoder } from "./decoder.ts";
import { logSumExp } from "./probabilities.ts";
import { type KeyValueCache, OnnxSession } from "./onnx_session.ts";

/** Decodes with an exported folder in ONNX Runtime. The cache may grow beyond the context length. */
export class OnnxDecoder implements ScoringDecoder {
  /** Number of tokens V. */
  readonly vocabSize: number;
  /** Longest document in tokens the model was trained on. */
  readonly contextLength: number;
  readonly #session: OnnxSession;
  #cache: KeyValueCache;

  /** Decodes with a loaded folder, which is disposed of with the decoder. */
  constructor(session: OnnxSession) {
    this.vocabSize = session.config.vocabSize;
    this.contextLength = session.config.contextLength;
    this.#session = session;
    this.#cache = session.zeroCache(1, 0);
  }

  /**
   * Load an exported folder.
   *
   * @param folder its path, or its http(s) address
   * @throws {DataError} when a file is missing or unusable
   */
  static async open(folder: string | URL): Promise<OnnxDecoder> {
    return new OnnxDecoder(await OnnxSession.open(folder));
  }

  /** See {@linkcode Decoder.reset}. */
  reset(): void {
    this.#cache = this.#session.zeroCache(1, 0);
  }

  /** See {@linkcode Decoder.feed}. */
  async feed(tokens: Int32Array): Promise<Float32Array> {
    if (this.#cache.batch > 1) throw new RangeError(`feed() with ${this.#cache.batch} sequences`);
    return (await this.#run(tokens)).slice(-this.vocabSize);
  }

  /** See {@linkcode Decoder.select}. */
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

  /** See {@linkcode Decoder.step}. */
  async step(tokens: Int32Array): Promise<Float32Array> {
    if (tokens.length !== this.#cache.batch) {
      throw new RangeError(`step() was given ${tokens.length} tokens for ${this.#cache.batch} sequences`);
    }
    return await this.#run(tokens);
  }

  /** See {@linkcode ScoringDecoder.losses}. */
  async losses(sequences: readonly Sequence[]): Promise<Float32Array[]> {
    const losses: Float32Array[] = [];
    for (const { tokens, targets } of sequences) {
      const { logits } = await this.#session.run(tokens, this.#session.zeroCache(1, 0));
      losses.push(lossesOf(logits, targets, this.vocabSize));
    }
    return losses;
  }

  async #run(tokens: Int32Array): Promise<Float32Array> {
    const { logits, cache } = await this.#session.run(tokens, this.#cache);
    this.#cache = cache;
    return logits;
  }

  /** Frees the runtime's session. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

/** -ln p(target) of each row of logits (T, V); 0 where the target is -1. */
function lossesOf(logits: Float32Array, targets: Int32Array, vocabSize: number): Float32Array {
  return Float32Array.from(targets, (target, row) => {
    if (target < 0) return 0;
    const values = logits.subarray(row * vocabSize, (row + 1) * vocabSize);
    return logSumExp(values) - values[target]!;
  });
}

/** Rows of `size` elements, copied in the order of `parents`. */
function gatherRows(rows: Float32Array, size: number, parents: readonly number[]): Float32Array {
  const gathered = new Float32Array(parents.length * size);
  for (const [row, parent] of parents.entries()) {
    gathered.set(rows.subarray(parent * size, (parent + 1) * size), row * size);
  }
  return gathered;
}
