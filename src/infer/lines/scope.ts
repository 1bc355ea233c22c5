// The names that a line may use, where they are known: those of the goal, of its proof so far and of the
// modules that it imports. What a line binds itself is in the reader's frames.

/** A set of names. */
export class LineScope {
  /** Sorted. */
  readonly #names: readonly string[];
  readonly #all: ReadonlySet<string>;

  /** Every word of these texts or lists of names is in scope, but for bound variables' like x0 and k12. */
  constructor(texts: Iterable<string>) {
    const all = new Set<string>();
    for (const text of texts) {
      for (const [word] of text.matchAll(/[\p{L}_][\p{L}\p{N}_]*/gu)) {
        if (!/^[xk]\d+$/.test(word)) all.add(word);
      }
    }
    this.#all = all;
    this.#names = [...all].sort();
  }

  /** Whether a name is in scope. */
  has(name: string): boolean {
    return this.#all.has(name);
  }

  /** Whether a name begins so. */
  hasPrefix(prefix: string): boolean {
    let [low, high] = [0, this.#names.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#names[middle]! < prefix) low = middle + 1;
      else high = middle;
    }
    return this.#names[low]?.startsWith(prefix) ?? false;
  }
}
