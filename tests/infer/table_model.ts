/**
 * A model small enough to sum over everything that it can write: the next token depends on the last two only.
 */
import type { Decoder } from "../../src/infer/decoder.ts";
import { checkParents } from "../../src/infer/decoder.ts";
import { Rng } from "../../src/rng.ts";
import { type Tokenizer, trainTokenizer } from "../../src/tokenizer/mod.ts";

/** Few characters, and tokens of one to five of them: what is asked about can be written in many ways. */
export function tableTokenizer(): Tokenizer {
  return trainTokenizer(["zero zero aero a z\nzeros az az a\nzero a zero\n"], {
    vocabularySize: 18,
    alphabet: "corpus",
  });
}

/**
 * Log-probabilities from random logits; the end of the proof and newlines are likely enough for short lines.
 */
export class TableDecoder implements Decoder {
  readonly vocabSize: number;
  readonly contextLength = 64;
  /** Sequences that were read at once, in each step. */
  readonly batches: number[] = [];
  /** Number of prompts that were read. */
  prompts = 0;
  readonly #seed: number;
  readonly #sharpness: number;
  #sequences: number[][] = [[]];

  constructor(tokenizer: Tokenizer, { seed = 1, sharpness = 1.5 } = {}) {
    this.vocabSize = tokenizer.vocabularySize;
    this.#seed = seed;
    this.#sharpness = sharpness;
  }

  /** The logits (V) after some tokens. */
  logits(tokens: readonly number[]): Float32Array {
    const rng = new Rng(this.#seed, tokens.at(-2) ?? -1, tokens.at(-1) ?? -1);
    const logits = Float32Array.from({ length: this.vocabSize }, () => this.#sharpness * rng.normal());
    logits[0] = -50; // <UNK>, which no model has seen
    return logits;
  }

  reset(): void {
    this.#sequences = [[]];
  }

  feed(tokens: Int32Array): Promise<Float32Array> {
    this.prompts++;
    this.#sequences[0]!.push(...tokens);
    return Promise.resolve(this.logits(this.#sequences[0]!));
  }

  select(parents: readonly number[]): void {
    checkParents(parents, this.#sequences.length);
    this.#sequences = parents.map((parent) => [...this.#sequences[parent]!]);
  }

  step(tokens: Int32Array): Promise<Float32Array> {
    if (tokens.length !== this.#sequences.length) throw new Error("step() with a wrong number of tokens");
    this.batches.push(tokens.length);
    const rows = this.#sequences.map((sequence, i) => {
      sequence.push(tokens[i]!);
      return [...this.logits(sequence)];
    });
    return Promise.resolve(Float32Array.from(rows.flat()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
