/**
 * The merges that could be done in a long word: a binary heap of (rank, position), smallest first. An element is one
 * number, rank * stride + position, where the stride is the power of two from the word's length on: exact below 2^53.
 */
/** Candidates of one word at a time. */
export class CandidateHeap {
  /** What the last `pop` took out. */
  rank = 0;
  /** What the last `pop` took out. */
  at = 0;
  #size = 0;
  #stride = 1;
  #keys = new Float64Array(256);

  /** Makes room for a word of `length` symbols: each merge takes one away and adds at most two candidates. */
  clear(length: number): void {
    this.#size = 0;
    this.#stride = 2 ** Math.ceil(Math.log2(length));
    if (this.#keys.length < length * 3) this.#keys = new Float64Array(length * 6);
  }

  /** Adds a candidate. */
  push(rank: number, at: number): void {
    const keys = this.#keys;
    const key = rank * this.#stride + at;
    let i = this.#size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[i] = keys[parent]!;
      i = parent;
    }
    keys[i] = key;
  }

  /** Takes the smallest candidate out, into `rank` and `at`; false when there is none. */
  pop(): boolean {
    if (this.#size === 0) return false;
    const keys = this.#keys;
    const top = keys[0]!;
    this.rank = Math.floor(top / this.#stride);
    this.at = top - this.rank * this.#stride;
    const size = --this.#size;
    const key = keys[size]!;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[i] = keys[child]!;
      i = child;
    }
    keys[i] = key;
    return true;
  }
}
