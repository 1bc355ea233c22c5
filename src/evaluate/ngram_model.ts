/** A 5-gram model in the place of a trained one: its losses, and a decoder whose sequences are their last four tokens. */
import type { Decoder } from "../infer/decoder.ts";
import { checkParents } from "../infer/decoder.ts";
import type { Sequence } from "../model/batch.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { NGRAM_ORDER, NgramCounts } from "./ngram_counts.ts";

/** See the top of this file. */
export class NgramModel {
  readonly decoder: NgramDecoder;
  readonly tokenizer: Tokenizer;
  readonly #counts: NgramCounts;

  /**
   * Counts documents.
   *
   * @param documents token ids, the end token behind each
   * @param contextLength what prompts are cut to, as for the trained model
   */
  constructor(documents: Iterable<Int32Array>, tokenizer: Tokenizer, contextLength: number) {
    this.tokenizer = tokenizer;
    this.#counts = new NgramCounts(documents, tokenizer.vocabularySize);
    this.decoder = new NgramDecoder(this.#counts, tokenizer.vocabularySize, contextLength);
  }

  /** For each sequence the losses of its targets, in nats; 0 where there is no target. */
  losses(sequences: readonly Sequence[]): Promise<Float32Array[]> {
    return Promise.resolve(sequences.map(({ tokens, targets }) =>
      Float32Array.from(targets, (target, i) => {
        if (target < 0) return 0;
        const context = tokens.subarray(Math.max(0, i + 2 - NGRAM_ORDER), i + 1);
        return -Math.log(this.#counts.probability([...context], target));
      })
    ));
  }
}

/** Feeds tokens to the counts. */
class NgramDecoder implements Decoder {
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly #counts: NgramCounts;
  #contexts: number[][] = [[]];

  constructor(counts: NgramCounts, vocabSize: number, contextLength: number) {
    this.#counts = counts;
    this.vocabSize = vocabSize;
    this.contextLength = contextLength;
  }

  reset(): void {
    this.#contexts = [[]];
  }

  feed(tokens: Int32Array): Promise<Float32Array> {
    this.#contexts = [lastTokens([...this.#contexts[0]!, ...tokens])];
    return Promise.resolve(this.#logits());
  }

  select(parents: readonly number[]): void {
    checkParents(parents, this.#contexts.length);
    this.#contexts = parents.map((parent) => this.#contexts[parent]!);
  }

  step(tokens: Int32Array): Promise<Float32Array> {
    this.#contexts = this.#contexts.map((context, i) => lastTokens([...context, tokens[i]!]));
    return Promise.resolve(this.#logits());
  }

  #logits(): Float32Array {
    const logits = new Float32Array(this.#contexts.length * this.vocabSize);
    for (const [row, context] of this.#contexts.entries()) {
      const probabilities = this.#counts.distribution(context);
      const start = row * this.vocabSize;
      for (let token = 0; token < this.vocabSize; token++) {
        logits[start + token] = Math.log(probabilities[token]!);
      }
    }
    return logits;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function lastTokens(tokens: number[]): number[] {
  return tokens.slice(1 - NGRAM_ORDER);
}
