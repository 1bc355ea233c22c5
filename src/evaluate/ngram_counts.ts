/**
 * Counts of token runs, up to five long, as a tree: a node is a run, its children are the runs that go on by
 * one token. Probabilities are interpolated after Witten and Bell (1991): with c(h) the times that something
 * followed the context h, and t(h) the number of different tokens that did,
 *
 *     p(w | h) = (c(h w) + t(h) p(w | h without its first token)) / (c(h) + t(h))
 *     p(w | nothing known) = 1 / V
 */

/** Tokens of a run: the context and the predicted one. */
export const NGRAM_ORDER = 5;

/** A node. */
interface Run {
  count: number;
  /** Times that a token followed. */
  followed: number;
  readonly children: Map<number, Run>;
}

/** A 5-gram model. */
export class NgramCounts {
  readonly #vocabSize: number;
  readonly #root: Run = { count: 0, followed: 0, children: new Map() };

  /** Counts the runs of documents over ids in [0, vocabSize). */
  constructor(documents: Iterable<Int32Array>, vocabSize: number) {
    this.#vocabSize = vocabSize;
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
    let p = 1 / this.#vocabSize;
    for (const { children, followed } of this.#contexts(context)) {
      p = ((children.get(token)?.count ?? 0) + children.size * p) / (followed + children.size);
    }
    return p;
  }

  /** The probabilities (V) of every token after a context. */
  distribution(context: readonly number[]): Float64Array {
    const p = new Float64Array(this.#vocabSize).fill(1 / this.#vocabSize);
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

function childOf(run: Run, token: number): Run {
  let child = run.children.get(token);
  if (child === undefined) {
    child = { count: 0, followed: 0, children: new Map() };
    run.children.set(token, child);
  }
  return child;
}
