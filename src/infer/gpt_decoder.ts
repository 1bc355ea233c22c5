/**
 * A checkpoint's model as a decoder on our own kernels: one token costs one token's work, past keys and values are kept. When the context
 * is full, the older half is forgotten and the newer half read again, so generation never ends for lack of room.
 */
import type { Scope, Tensor } from "../backend/mod.ts";
import { attentionForm, NORM_EPS } from "../model/attention_form.ts";
import { rotaryOptions } from "../model/block.ts";
import type { Gpt } from "../model/gpt.ts";
import { checkParents, type Decoder } from "./decoder.ts";

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
  /** Each sequence's tokens that count. */
  #sequences: readonly (readonly number[])[] = [[]];
  /** The tokens whose keys and values are in the cache; a sequence is read again from where it differs. */
  #cached: readonly number[] = [];

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

  /** Forget every token fed so far: one empty sequence is left. */
  reset(): void {
    this.#sequences = [[]];
  }

  /**
   * Feed tokens to the one sequence. When they do not fit into the context, the older half of it is forgotten.
   *
   * @param tokens at least one, each in [0, V)
   * @returns the logits (V) after the last
   * @throws {RangeError} when there are no tokens, or several sequences
   */
  async feed(tokens: Int32Array): Promise<Float32Array> {
    if (this.#sequences.length > 1) throw new RangeError(`feed() with ${this.#sequences.length} sequences`);
    if (tokens.length === 0) throw new RangeError("feed() needs at least one token");
    const sequence = this.#extended(this.#sequences[0]!, tokens);
    this.#sequences = [sequence];
    return await this.#logits(sequence);
  }

  /**
   * Replace the sequences by copies of some of them.
   *
   * @param parents for each new sequence, the index of the one that it continues; at least one
   * @throws {RangeError} when there are none, or one names no sequence
   */
  select(parents: readonly number[]): void {
    checkParents(parents, this.#sequences.length);
    this.#sequences = parents.map((parent) => this.#sequences[parent]!);
  }

  /**
   * Feed one token to each sequence.
   *
   * @param tokens (B), each in [0, V)
   * @returns the logits (B, V) after them, row after row
   * @throws {RangeError} when there are more or fewer tokens than sequences
   */
  async step(tokens: Int32Array): Promise<Float32Array> {
    if (tokens.length !== this.#sequences.length) {
      throw new RangeError(
        `step() was given ${tokens.length} tokens for ${this.#sequences.length} sequences`,
      );
    }
    this.#sequences = this.#sequences.map((sequence, i) =>
      this.#extended(sequence, tokens.subarray(i, i + 1))
    );
    const logits = new Float32Array(tokens.length * this.vocabSize);
    for (const [i, sequence] of this.#sequences.entries()) {
      logits.set(await this.#logits(sequence), i * this.vocabSize);
    }
    return logits;
  }

  #extended(sequence: readonly number[], tokens: Int32Array): readonly number[] {
    let [kept, rest] = [sequence, tokens];
    while (kept.length + rest.length > this.contextLength) {
      rest = Int32Array.of(...kept.slice(-Math.floor(this.contextLength / 2)), ...rest);
      kept = [];
      if (rest.length > this.contextLength) rest = rest.subarray(rest.length - this.contextLength);
    }
    return [...kept, ...rest];
  }

  /** The logits (V) after a sequence; what the cache has of it is not read again. */
  async #logits(sequence: readonly number[]): Promise<Float32Array> {
    let past = 0;
    while (past < sequence.length - 1 && sequence[past] === this.#cached[past]) past++;
    const logits = await this.#forward(Int32Array.from(sequence.slice(past)), past);
    this.#cached = sequence;
    return logits;
  }

  /** The logits (V) after tokens at the positions from `past` on. */
  async #forward(fed: Int32Array, past: number): Promise<Float32Array> {
    const { backend, config, weights } = this.#gpt;
    const { dModel: C, dMlp: M, nHeads: H } = config;
    const S = fed.length;
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
    return await backend.read(logits);
  }
}
