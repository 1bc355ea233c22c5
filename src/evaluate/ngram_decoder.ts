/** A 5-gram model in the place of a trained one: a decoder whose sequences are their last four tokens. */
import { checkParents, type ScoringDecoder } from "../infer/decoder.ts";
import type { Sequence } from "../model/batch.ts";
import { NGRAM_ORDER, NgramCounts } from "./ngram_counts.ts";

/** Decodes and scores with the counts of documents. */
export class NgramDecoder implements ScoringDecoder {
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly #counts: NgramCounts;
  #contexts: number[][] = [[]];

  /**
   * Counts documents.
   *
   * @param documents token ids, the end token behind each
   * @param contextLength what prompts are cut to, as for the trained model
   */
  constructor(documents: Iterable<Int32Array>, vocabSize: number, contextLength: number) {
    this.#counts = new NgramCounts(documents, vocabSize);
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

  losses(sequences: readonly Sequence[]): Promise<Float32Array[]> {
    return Promise.resolve(sequences.map(({ tokens, targets }) =>
      Float32Array.from(targets, (target, i) => {
        if (target < 0) return 0;
        const context = tokens.subarray(Math.max(0, i + 2 - NGRAM_ORDER), i + 1);
        return -Math.log(this.#counts.probability([...context], target));
      })
    ));
  }

  #logits(): Float32Array {
    const rows = this.#contexts.map((context) => this.#counts.distribution(context));
    const logits = new Float32Array(rows.length * this.vocabSize);
    for (const [row, p] of rows.entries()) logits.set(p.map(Math.log), row * this.vocabSize);
    return logits;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function lastTokens(tokens: number[]): number[] {
  return tokens.slice(1 - NGRAM_ORDER);
}
