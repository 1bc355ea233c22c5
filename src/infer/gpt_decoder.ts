/**
 * A checkpoint's model as a decoder on our own kernels: one token costs one token's work, past keys and values are kept, and what several
 * sequences do at the same time reads the weights once. Beyond the context it does what the exported graph does.
 */
import type { Backend, CacheEntries, Tensor } from "../backend/mod.ts";
import { attentionScale, isPointerModel, NORM_EPS } from "../model/architecture.ts";
import { packSequences, type Sequence } from "../model/batch.ts";
import { rotaryOptions } from "../model/block.ts";
import type { Gpt } from "../model/gpt.ts";
import { pointerSize } from "../model/pointer.ts";
import { PointerMemory } from "../model/pointer_memory.ts";
import { checkParents, type ScoringDecoder } from "./decoder.ts";
import { type NewEntries, SharedCache } from "./shared_cache.ts";

/**
 * Up to so many rows products read the weights where they lie; more rows are worth a packed copy of each weight, made once and kept. At 16 rows
 * packed weights are 9 % slower with V8's flags and 20 % faster without.
 */
const FEW_ROWS = 16;

/** See the top of this file. */
export class GptDecoder implements ScoringDecoder {
  /** Number of tokens V. */
  readonly vocabSize: number;
  /** Longest document in tokens the model was trained on. */
  readonly contextLength: number;
  readonly #gpt: Gpt;
  readonly #cache: SharedCache;
  /** Of a model with a pointer, by the cache's slots. */
  readonly #pointer: PointerMemory | null;

  /** Allocates the cache in the model's backend. @throws {RangeError} when there is not enough memory */
  constructor(gpt: Gpt) {
    const { vocabSize, contextLength, dModel, nHeads, nLayers } = gpt.config;
    this.vocabSize = vocabSize;
    this.contextLength = contextLength;
    this.#gpt = gpt;
    this.#cache = new SharedCache(gpt.backend, {
      layers: nLayers,
      heads: nHeads,
      headSize: dModel / nHeads,
      window: isPointerModel(gpt.config) ? contextLength : null,
      slots: 2 * contextLength,
    });
    this.#pointer = isPointerModel(gpt.config) ? new PointerMemory(gpt.config) : null;
  }

  /** Frees the cache. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#cache[Symbol.dispose]();
    return Promise.resolve();
  }

  /** Forget every token fed so far: one empty sequence is left. */
  reset(): void {
    this.#cache.reset();
  }

  /**
   * Feed tokens to the one sequence.
   *
   * @param tokens at least one, each in [0, V)
   * @returns the logits (V) after the last
   * @throws {RangeError} when there are no tokens, one is outside the vocabulary, or there are several sequences
   */
  async feed(tokens: Int32Array): Promise<Float32Array> {
    const { sequences } = this.#cache;
    if (sequences > 1) throw new RangeError(`feed() with ${sequences} sequences`);
    if (tokens.length === 0) throw new RangeError("feed() needs at least one token");
    this.#checkTokens(tokens);
    // In parts, so that a long text needs no more memory than a context.
    let rest = tokens;
    for (; rest.length > this.contextLength; rest = rest.subarray(this.contextLength)) {
      using _scope = this.#gpt.backend.scope();
      const part = rest.subarray(0, this.contextLength);
      const { stream, newSlots } = this.#forward(part);
      if (this.#pointer !== null) {
        this.#pointer.store(newSlots, part, await this.#projected(this.#norm(stream)));
      }
    }
    return await this.#logits(rest, 1);
  }

  /**
   * Replace the sequences by copies of some of them.
   *
   * @param parents for each new sequence, the index of the one that it continues; at least one
   * @throws {RangeError} when there are none, or one names no sequence
   */
  select(parents: readonly number[]): void {
    checkParents(parents, this.#cache.sequences);
    this.#cache.select(parents);
  }

  /**
   * Feed one token to each sequence.
   *
   * @param tokens (B), each in [0, V)
   * @returns the logits (B, V) after them, row after row
   * @throws {RangeError} when there are more or fewer tokens than sequences, or one is outside the vocabulary
   */
  async step(tokens: Int32Array): Promise<Float32Array> {
    const { sequences } = this.#cache;
    if (tokens.length !== sequences) {
      throw new RangeError(`step() was given ${tokens.length} tokens for ${sequences} sequences`);
    }
    this.#checkTokens(tokens);
    return await this.#logits(tokens, sequences);
  }

  /** See {@linkcode ScoringDecoder.losses}. */
  async losses(sequences: readonly Sequence[]): Promise<Float32Array[]> {
    const batch = packSequences(sequences);
    const losses = await this.#gpt.losses(batch);
    return sequences.map((_, i) => losses.subarray(batch.bounds[i], batch.bounds[i + 1]));
  }

  #checkTokens(tokens: Int32Array): void {
    const outside = tokens.find((token) => token < 0 || token >= this.vocabSize);
    if (outside !== undefined) {
      throw new RangeError(`token ${outside} is outside the vocabulary of ${this.vocabSize}`);
    }
  }

  /** The logits (count, V) after the last `count` of these rows. */
  async #logits(tokens: Int32Array, count: number): Promise<Float32Array> {
    const { backend, config: { dModel: C }, weights } = this.#gpt;
    using _scope = backend.scope();
    const { stream, newSlots, slots, ranges } = this.#forward(tokens);
    const first = tokens.length - count;
    // A pointer's keys are those of all rows.
    const normed = this.#norm(this.#pointer === null ? backend.view(stream, first * C, [count, C]) : stream);
    const last = this.#pointer === null ? normed : backend.view(normed, first * C, [count, C]);
    const logits = backend.allocateUninitialized([count, this.vocabSize]);
    linear(backend, logits, last, weights.tokenEmbedding);
    const reading = backend.read(logits);
    if (this.#pointer === null) return await reading;
    const projected = await this.#projected(normed);
    const [mixed, width] = [await reading, projected.length / tokens.length];
    this.#pointer.store(newSlots, tokens, projected);
    for (let i = 0; i < count; i++) {
      const row = first + i;
      const seen = slots.subarray(ranges[2 * row]!, ranges[2 * row + 1]!);
      const values = mixed.subarray(i * this.vocabSize, (i + 1) * this.vocabSize);
      this.#pointer.mix(values, projected.subarray(row * width, (row + 1) * width), seen);
    }
    return mixed;
  }

  /** (T, C) after the last norm. */
  #norm(stream: Tensor): Tensor {
    const { backend, weights } = this.#gpt;
    const [T] = stream.shape;
    const [normed, rstd] = [
      backend.allocateUninitialized(stream.shape),
      backend.allocateUninitialized([T!]),
    ];
    backend.rmsNormForward(normed, rstd, stream, weights.norm, NORM_EPS);
    return normed;
  }

  /** (T, 2D + 1): the pointer's query, key and own score of each row. */
  #projected(normed: Tensor): Promise<Float32Array> {
    const { backend, config, weights } = this.#gpt;
    const projected = backend.allocateUninitialized([normed.shape[0]!, 2 * pointerSize(config) + 1]);
    linear(backend, projected, normed, weights.pointer!);
    return backend.read(projected);
  }

  /**
   * The residual stream (T, C) after the last block, in the caller's scope, with the rows' places in the cache.
   *
   * @param tokens (T) as many of each sequence, those of a sequence next to each other
   */
  #forward(tokens: Int32Array): NewEntries & { readonly stream: Tensor } {
    const { backend, config, weights } = this.#gpt;
    const { dModel: C, dMlp: M, nHeads: H } = config;
    const [T, past] = [tokens.length, this.#cache.length];
    const isPointer = isPointerModel(config);
    const scale = attentionScale(config);
    const count = T / this.#cache.sequences;
    const { newSlots, slots, ranges } = this.#cache.extend(count);

    const integers = (values: Int32Array, shape: readonly number[] = [values.length]): Tensor => {
      const tensor = backend.allocateUninitialized(shape, "i32");
      backend.write(tensor, values);
      return tensor;
    };
    // Learned positions end with the context; the last one is used again.
    const lastPosition = isPointer ? Infinity : this.contextLength - 1;
    const positions = integers(tokens.map((_, row) => Math.min(past + row % count, lastPosition)));
    const place = integers(newSlots);
    const entries: CacheEntries = { slots: integers(slots), ranges: integers(ranges, [T, 2]) };
    // A prompt at once is a document like those of training, whose kernel works on blocks of rows.
    const isPrompt = past === 0 && T === count && T > FEW_ROWS;
    const mix = (out: Tensor, qkv: Tensor, keys: Tensor, values: Tensor): void => {
      backend.storeKeysValues(keys, values, qkv, place);
      if (!isPrompt) return backend.attentionCached(out, qkv, keys, values, entries, { scale });
      using _scope = backend.scope();
      const logSumExp = backend.allocateUninitialized([H, T]);
      const options = { heads: H, scale, dropout: null, dropoutStride: T };
      backend.attentionForward(out, logSumExp, qkv, { bounds: Int32Array.of(0, T) }, options);
    };

    const rows = (width: number): Tensor => backend.allocateUninitialized([T, width]);
    const [stream, normed, branch, mixed] = [rows(C), rows(C), rows(C), rows(C)];
    const [firstQkv, qkRstd, hidden, rstd] = [rows(3 * C), rows(2 * H), rows(M), rows(1)];
    const laterQkv = isPointer ? rows(3 * C) : firstQkv;
    const learned = weights.positionEmbedding === null ? null : positions;
    const ids = integers(tokens);
    backend.embeddingForward(stream, ids, weights.tokenEmbedding, learned, weights.positionEmbedding);
    for (const [i, block] of weights.blocks.entries()) {
      const { keys, values } = this.#cache.layers[i]!;
      backend.rmsNormForward(normed, rstd, stream, block.norm1, NORM_EPS);
      const qkv = i === 0 ? firstQkv : laterQkv;
      linear(backend, qkv, normed, block.qkv);
      if (isPointer && i > 0) backend.addValues(qkv, firstQkv);
      if (isPointer) backend.qkNormRotaryForward(qkv, qkRstd, positions, rotaryOptions(config));
      mix(mixed, qkv, keys, values);
      linear(backend, branch, mixed, block.proj);
      backend.residualForward(stream, stream, branch, null);
      backend.rmsNormForward(normed, rstd, stream, block.norm2, NORM_EPS);
      linear(backend, hidden, normed, block.fc1);
      backend.geluForward(hidden, hidden);
      linear(backend, branch, hidden, block.fc2);
      backend.residualForward(stream, stream, branch, null);
    }
    return { stream, newSlots, slots, ranges };
  }
}

/** out (T, N) = inp (T, K) @ weight (N, K)^T. */
function linear(backend: Backend, out: Tensor, inp: Tensor, weight: Tensor): void {
  if (inp.shape[0]! <= FEW_ROWS) backend.linearFewRows(out, inp, weight);
  else backend.linearForward(out, inp, weight);
}
