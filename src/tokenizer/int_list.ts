/** A growable Int32Array: what the tokenizer's tables and outputs are made of. */
export class IntList {
  /** The storage; only the first `length` elements mean something. Replaced when the list grows. */
  values: Int32Array<ArrayBuffer>;
  /** The number of elements. */
  length = 0;

  constructor(capacity = 16) {
    this.values = new Int32Array(capacity);
  }

  /** Appends one element. */
  push(value: number): void {
    if (this.length === this.values.length) this.reserve(1);
    this.values[this.length++] = value;
  }

  /** Makes room for `extra` more elements, so that they can be written into `values` directly. */
  reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed <= this.values.length) return;
    const grown = new Int32Array(Math.max(needed, this.values.length * 2));
    grown.set(this.values.subarray(0, this.length));
    this.values = grown;
  }

  /** A copy of the elements. */
  toArray(): Int32Array<ArrayBuffer> {
    return this.values.slice(0, this.length);
  }
}
