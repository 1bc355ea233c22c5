/** An exported folder as a {@linkcode Decoder}: one document, its cache kept between calls. */
import type { Decoder } from "./decoder.ts";
import { type KeyValueCache, OnnxSession } from "./onnx_session.ts";

/** Decodes with an exported folder in ONNX Runtime. */
export class OnnxDecoder implements Decoder {
  readonly #session: OnnxSession;
  #cache: KeyValueCache;

  private constructor(session: OnnxSession) {
    this.#session = session;
    this.#cache = session.zeroCache(1, 0);
  }

  /**
   * Load an exported folder.
   *
   * @throws {DataError} when a file is missing or unusable
   */
  static async open(directory: string): Promise<OnnxDecoder> {
    return new OnnxDecoder(await OnnxSession.open(directory));
  }

  /** Number of tokens V. */
  get vocabSize(): number {
    return this.#session.config.vocabSize;
  }

  /** Longest document in tokens the model was trained on. */
  get contextLength(): number {
    return this.#session.config.contextLength;
  }

  /** Forget every token fed so far. */
  reset(): void {
    this.#cache = this.#session.zeroCache(1, 0);
  }

  /**
   * Feed tokens; the cache may grow beyond the context length.
   *
   * @param tokens at least one, each in [0, V)
   * @returns the logits (V) after the last
   * @throws {RangeError} when there are no tokens, or one is outside the vocabulary
   */
  async feed(tokens: Int32Array): Promise<Float32Array> {
    const { logits, cache } = await this.#session.run(tokens, this.#cache);
    this.#cache = cache;
    return logits.slice(-this.vocabSize);
  }

  /** Frees the runtime's session. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}
