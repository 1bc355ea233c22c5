// A checkpoint's model as a decoder on our own kernels: the blocks of training (src/model/stack.ts) with
// attention over a cache. What several sequences do at the same time reads the weights once. Beyond the
// context it does what the exported graph does.
import { attentionScale, isPointerModel } from "../model/architecture.ts";
import { type Attention, BatchAttention } from "../model/attention.ts";
import { packSequences, type Sequence } from "../model/batch.ts";
import type { Pass } from "../model/block.ts";
import type { Gpt } from "../model/gpt.ts";
import { scoredCopies } from "../model/head.ts";
import { ownColumn, PointerMemory, type RowPlaces } from "../model/pointer.ts";
import { integerTensor, lastNorm, linear, stackForward } from "../model/stack.ts";
import { checkParents, type LookaheadDecoder, type ScoringDecoder } from "./decoder.ts";
import { SharedCache } from "./shared_cache.ts";

/** Up to so many rows products read the weights where they lie; more are worth a packed copy, made once. */
const FEW_ROWS = 16;

/** Decodes with a model on our own kernels. */
export class GptDecoder implements ScoringDecoder, LookaheadDecoder {
  readonly vocabSize: number;
  readonly contextLength: number;
  /** Up to so many rows a row's sums do not depend on the others. */
  readonly mostAtOnce: number = FEW_ROWS;
  readonly #gpt: Gpt;
  readonly #cache: SharedCache;
  readonly #pointer: PointerMemory | null;

  /** Allocates the cache in the model's backend. @throws {RangeError} when there is not enough memory */
  constructor(gpt: Gpt) {
    this.vocabSize = gpt.config.vocabSize;
    this.contextLength = gpt.config.contextLength;
    this.#gpt = gpt;
    this.#cache = new SharedCache(gpt.backend, gpt.config);
    this.#pointer = isPointerModel(gpt.config) ? new PointerMemory(gpt.config) : null;
  }

  /** Frees the cache. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#cache[Symbol.dispose]();
    return Promise.resolve();
  }

  reset(): void {
    this.#cache.reset();
  }

  /** As {@linkcode Decoder.feed}. @throws {RangeError} also when a token is outside the vocabulary */
  async feed(tokens: Int32Array): Promise<Float32Array> {
    this.#checkFed(tokens, Infinity);
    // In parts, so that a long text needs no more memory than a context.
    let logits: Float32Array = new Float32Array();
    for (let from = 0; from < tokens.length; from += this.contextLength) {
      logits = await this.#logits(tokens.subarray(from, from + this.contextLength), 1);
    }
    return logits;
  }

  /** As {@linkcode LookaheadDecoder.feedEach}. */
  async feedEach(tokens: Int32Array): Promise<Float32Array> {
    this.#checkFed(tokens, this.mostAtOnce);
    return await this.#logits(tokens, tokens.length);
  }

  /** As {@linkcode LookaheadDecoder.drop}. */
  drop(count: number): void {
    this.#cache.drop(count);
  }

  select(parents: readonly number[]): void {
    checkParents(parents, this.#cache.sequences);
    this.#cache.select(parents);
  }

  /** As {@linkcode Decoder.step}. @throws {RangeError} also when a token is outside the vocabulary */
  async step(tokens: Int32Array): Promise<Float32Array> {
    const { sequences } = this.#cache;
    if (tokens.length !== sequences) {
      throw new RangeError(`step() was given ${tokens.length} tokens for ${sequences} sequences`);
    }
    this.#checkTokens(tokens);
    return await this.#logits(tokens, sequences);
  }

  async losses(sequences: readonly Sequence[]): Promise<Float32Array[]> {
    const batch = packSequences(sequences);
    const losses = await this.#gpt.losses(batch);
    return sequences.map((_, i) => losses.subarray(batch.bounds[i], batch.bounds[i + 1]));
  }

  #checkFed(tokens: Int32Array, most: number): void {
    const { sequences } = this.#cache;
    if (sequences > 1) throw new RangeError(`tokens were fed with ${sequences} sequences, expected one`);
    if (tokens.length === 0 || tokens.length > most) {
      throw new RangeError(`${tokens.length} tokens were fed, expected at least one and at most ${most}`);
    }
    this.#checkTokens(tokens);
  }

  #checkTokens(tokens: Int32Array): void {
    const outside = tokens.find((token) => token < 0 || token >= this.vocabSize);
    if (outside === undefined) return;
    throw new RangeError(`token ${outside} is outside the vocabulary of ${this.vocabSize}`);
  }

  /** The logits (count, V) after the last `count` of T rows: as many of each sequence, one by one. */
  async #logits(tokens: Int32Array, count: number): Promise<Float32Array> {
    const { backend, config: { dModel: C }, weights } = this.#gpt;
    using _scope = backend.scope();
    const T = tokens.length;
    const places = this.#cache.extend(T / this.#cache.sequences);
    const pass = this.#pass(T, places);
    const { normed } = lastNorm(pass, stackForward(pass, integerTensor(backend, tokens)));
    const last = backend.view(normed, (T - count) * C, [count, C]);
    const head = { backend, product: productOf(count) };
    const reading = backend.read(linear(head, last, weights.tokenEmbedding));
    const copying = scoredCopies(pass, normed);
    if (copying === null) return await reading;
    const copies = await backend.read(copying);
    const logits = await reading;
    this.#pointer!.mix(logits, copies, tokens, places);
    return logits;
  }

  /** What the blocks need for T new rows, whose entries the cache has made room for. */
  #pass(T: number, places: RowPlaces): Pass {
    const { backend, config, weights } = this.#gpt;
    const count = T / this.#cache.sequences;
    const past = this.#cache.length - count;
    const isPointer = isPointerModel(config);
    // Learned positions end with the context; the last one is used again.
    const lastPosition = isPointer ? Infinity : this.contextLength - 1;
    const positions = Int32Array.from({ length: T }, (_, row) => Math.min(past + row % count, lastPosition));
    return {
      ...{ backend, config, weights, product: productOf(T), storage: "allocateUninitialized" },
      dropout: () => null,
      positions: integerTensor(backend, positions),
      firstQkv: isPointer ? backend.allocateUninitialized([T, 3 * config.dModel]) : null,
      copying: isPointer ? backend.allocate([T, ownColumn(config) + 1]) : null,
      attention: this.#attention(places, past === 0 && T === count && T > FEW_ROWS ? T : 0),
    };
  }

  /** Each row over its entries of the cache; those of a prompt at once are a document, as in training. */
  #attention({ newSlots, slots, ranges }: RowPlaces, promptRows: number): Attention {
    const { backend, config } = this.#gpt;
    const place = integerTensor(backend, newSlots);
    const entries = {
      slots: integerTensor(backend, slots),
      ranges: integerTensor(backend, ranges, [ranges.length / 2, 2]),
    };
    const prompt = new BatchAttention(backend, config, { bounds: Int32Array.of(0, promptRows) });
    return {
      forward: (layer, out, qkv) => {
        const { keys, values } = this.#cache.layers[layer]!;
        backend.storeKeysValues(keys, values, qkv, place);
        if (promptRows > 0) return prompt.forward(layer, out, qkv, null);
        backend.attentionCached(out, qkv, keys, values, entries, { scale: attentionScale(config) });
        return null;
      },
    };
  }
}

function productOf(T: number): Pass["product"] {
  return T <= FEW_ROWS ? "linearFewRows" : "linearForward";
}
