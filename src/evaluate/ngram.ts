// A 5-gram model in the place of a trained one: a tree of token runs, a node's children going on by one
// token. Probabilities are interpolated after Witten and Bell (1991): p(w | h) = (c(h w) + t(h) p(w | h
// without its first token)) / (c(h) + t(h)), c(h) the times that something followed h, t(h) the number of
// different tokens that did; p(w | nothing known) = 1 / V.
import { checkParents, type ScoringDecoder } from "../infer/decoder.ts";
import type { Sequence } from "../model/batch.ts";

/** The context's tokens and the predicted one. */
const NGRAM_ORDER = 5;

interface Run {
  count: number;
  /** Times that a token followed. */
  followed: number;
  readonly children: Map<number, Run>;
}

export class NgramCounts {
  readonly #root: Run = { count: 0, followed: 0, children: new Map() };

  constructor(documents: Iterable<Int32Array>, readonly vocabSize: number) {
    for (const document of documents) {
      for (let start = 0; start < document.length; start++) {
        const end = Math.min(document.length, start + NGRAM_ORDER);
        let run = this.#root;
        for (let i = start; i < end; i++) {
          run.followed++;
          run = childOf(run, document[i]!);
          run.count++;
        }
      }
    }
  }

  /** The probability of a token after a context, of which the last tokens count. */
  probability(context: readonly number[], token: number): number {
    let p = 1 / this.vocabSize;
    for (const { children, followed } of this.#contexts(context)) {
      p = ((children.get(token)?.count ?? 0) + children.size * p) / (followed + children.size);
    }
    return p;
  }

  /** The probabilities (V) of every token after a context. */
  distribution(context: readonly number[]): Float64Array {
    const p = new Float64Array(this.vocabSize).fill(1 / this.vocabSize);
    for (const { children, followed } of this.#contexts(context)) {
      const total = followed + children.size;
      const share = children.size / total;
      for (let token = 0; token < p.length; token++) p[token]! *= share;
      for (const [token, { count }] of children) p[token]! += count / total;
    }
    return p;
  }

  /** The known contexts after which something followed: the empty one, the last token, the last two, … */
  *#contexts(context: readonly number[]): Generator<Run> {
    for (let length = 0; length < NGRAM_ORDER && length <= context.length; length++) {
      let run: Run | undefined = this.#root;
      for (let i = context.length - length; i < context.length && run !== undefined; i++) {
        run = run.children.get(context[i]!);
      }
      if (run === undefined || run.followed === 0) return;
      yield run;
    }
  }
}

/** Decodes and scores with the counts of documents. */
export class NgramDecoder implements ScoringDecoder {
  readonly #counts: NgramCounts;
  #contexts: number[][] = [[]];

  /** Documents have the end token behind them; contextLength is what prompts are cut to. */
  constructor(documents: Iterable<Int32Array>, readonly vocabSize: number, readonly contextLength: number) {
    this.#counts = new NgramCounts(documents, vocabSize);
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

function childOf(run: Run, token: number): Run {
  const child = run.children.get(token) ?? { count: 0, followed: 0, children: new Map() };
  run.children.set(token, child);
  return child;
}

function lastTokens(tokens: number[]): number[] {
  return tokens.slice(1 - NGRAM_ORDER);
}
