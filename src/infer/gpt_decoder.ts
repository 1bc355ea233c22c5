/**
 * A checkpoint's model as a decoder on our own kernels: one token costs one token's work, past keys and values are kept. When the context
 * is full, the older half is forgotten and the newer half read again, so generation never ends for lack of room.
 */
import type { Scope, Tensor } from "../backend/mod.ts";
import { attentionForm, NORM_EPS } from "../model/attention_form.ts";
import { rotaryOptions } from "../model/block.ts";
import type { Gpt } from "../model/gpt.ts";
import type { Decoder } from "./decoder.ts";

/** See the top of this file. Disposing it frees its cache; decoders of one model are disposed in the reverse order of their creation. */
export class GptDecoder implements Decoder {
  /** Number of tokens V. */
  readonly vocabSize: number;
  /** Longest document in tokens the model was trained on. */
  readonly contextLength: number;
  readonly #gpt: Gpt;
  readonly #scope: Scope;
  /** (H, contextLength, D) each. */
  readonly #caches: readonly { keys: Tensor; values: Tensor }[];
  #history: number[] = [];

  /** Allocates the cache in the model's backend. @throws {RangeError} when there is not enough memory */
  constructor(gpt: Gpt) {
    const { vocabSize, contextLength, dModel, nHeads, nLayers } = gpt.config;
    this.vocabSize = vocabSize;
    this.contextLength = contextLength;
    this.#gpt = gpt;
    this.#scope = gpt.backend.scope();
    const allocate = (): Tensor => gpt.backend.allocate([nHeads, contextLength, dModel / nHeads]);
    this.#caches = Array.from({ length: nLayers }, () => ({ keys: allocate(), values: allocate() }));
  }

  /** Frees the cache. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#scope[Symbol.dispose]();
    return Promise.resolve();
  }

  /** Forget every token fed so far. */
  reset(): void {
    this.#history = [];
  }

  /**
   * Feed tokens. When they do not fit into the context, the older half of it is forgotten.
   *
   * @param tokens at least one, each in [0, V)
   * @returns the logits (V) after the last
   * @throws {RangeError} when there are no tokens
   */
  async feed(tokens: Int32Array): Promise<Float32Array> {
    if (tokens.length === 0) throw new RangeError("feed() needs at least one token");
    let rest = tokens;
    for (;;) {
      const room = this.contextLength - this.#history.length;
      if (rest.length <= room) return await this.#forward(rest);
      const kept = this.#history.slice(-Math.floor(this.contextLength / 2));
      this.#history = [];
      rest = Int32Array.of(...kept, ...rest);
      if (rest.length > this.contextLength) rest = rest.subarray(rest.length - this.contextLength);
    }
  }

  async #forward(fed: Int32Array): Promise<Float32Array> {
    const { backend, config, weights } = this.#gpt;
    const { dModel: C, dMlp: M, nHeads: H } = config;
    const [S, past] = [fed.length, this.#history.length];
    const form = attentionForm(config);
    using _scope = backend.scope();
    const rows = (width: number): Tensor => backend.allocateUninitialized([S, width]);
    const integers = (values: Int32Array): Tensor => {
      const tensor = backend.allocateUninitialized([S], "i32");
      backend.write(tensor, values);
      return tensor;
    };
    const tokens = integers(fed);
    const positions = integers(fed.map((_, i) => past + i));
    const rstd = backend.allocateUninitialized([S]);
    const [stream, normed, branch, mixed] = [rows(C), rows(C), rows(C), rows(C)];
    const [qkv, qkRstd, hidden] = [rows(3 * C), rows(2 * H), rows(M)];

    const learned = weights.positionEmbedding === null ? null : positions;
    backend.embeddingForward(stream, tokens, weights.tokenEmbedding, learned, weights.positionEmbedding);
    for (const [i, block] of weights.blocks.entries()) {
      backend.rmsNormForward(normed, rstd, stream, block.norm1, NORM_EPS);
      backend.linearForward(qkv, normed, block.qkv);
      if (form.rotary) backend.qkNormRotaryForward(qkv, qkRstd, positions, rotaryOptions(config));
      const { keys, values } = this.#caches[i]!;
      backend.attentionCached(mixed, qkv, keys, values, past, { heads: H, scale: form.scale });
      backend.linearForward(branch, mixed, block.proj);
      backend.residualForward(stream, stream, branch, null);
      backend.rmsNormForward(normed, rstd, stream, block.norm2, NORM_EPS);
      backend.linearForward(hidden, normed, block.fc1);
      backend.geluForward(hidden, hidden);
      backend.linearForward(branch, hidden, block.fc2);
      backend.residualForward(stream, stream, branch, null);
    }
    const last = backend.view(stream, (S - 1) * C, [1, C]);
    const lastNormed = backend.view(normed, 0, [1, C]);
    backend.rmsNormForward(lastNormed, backend.view(rstd, 0, [1]), last, weights.norm, NORM_EPS);
    const logits = backend.allocateUninitialized([1, this.vocabSize]);
    backend.linearForward(logits, lastNormed, weights.tokenEmbedding);
    this.#history.push(...fed);
    return await backend.read(logits);
  }
}
