/**
 * A hash table from pairs of token ids to dense indices 0, 1, 2, … in the order of insertion. What belongs to a pair
 * (its count, its rank) is kept by the caller in an array under that index.
 *
 * Open addressing with linear probing; a slot is four consecutive integers (left, right, index + 1, unused), so that one
 * probe touches one cache line.
 */
export class PairTable {
  /** The left ids, by index. */
  lefts: Int32Array<ArrayBuffer>;
  /** The right ids, by index. */
  rights: Int32Array<ArrayBuffer>;
  /** The number of pairs. */
  size = 0;
  #slots: Int32Array<ArrayBuffer>;
  #mask: number;

  /** @param capacity the number of pairs to make room for; the table grows beyond it by itself. */
  constructor(capacity = 1024) {
    let slots = 16;
    while (slots < capacity * 2) slots *= 2;
    this.#slots = new Int32Array(slots * 4);
    this.#mask = slots - 1;
    this.lefts = new Int32Array(slots / 2);
    this.rights = new Int32Array(slots / 2);
  }

  /** The index of a pair, or -1. */
  find(left: number, right: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = hashPair(left, right) & mask;; slot = (slot + 1) & mask) {
      const index = slots[slot * 4 + 2]!;
      if (index === 0) return -1;
      if (slots[slot * 4] === left && slots[slot * 4 + 1] === right) return index - 1;
    }
  }

  /** The index of a pair, which is added when it is new. */
  insert(left: number, right: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    let slot = hashPair(left, right) & mask;
    for (;; slot = (slot + 1) & mask) {
      const index = slots[slot * 4 + 2]!;
      if (index === 0) break;
      if (slots[slot * 4] === left && slots[slot * 4 + 1] === right) return index - 1;
    }
    if (this.size === this.lefts.length) {
      this.#grow();
      return this.insert(left, right);
    }
    const index = this.size++;
    this.lefts[index] = left;
    this.rights[index] = right;
    slots[slot * 4] = left;
    slots[slot * 4 + 1] = right;
    slots[slot * 4 + 2] = index + 1;
    return index;
  }

  #grow(): void {
    const { lefts, rights, size } = this;
    const slotCount = (this.#mask + 1) * 2;
    this.#slots = new Int32Array(slotCount * 4);
    this.#mask = slotCount - 1;
    this.lefts = new Int32Array(slotCount / 2);
    this.rights = new Int32Array(slotCount / 2);
    this.size = 0;
    for (let i = 0; i < size; i++) this.insert(lefts[i]!, rights[i]!);
  }
}

/** The hash of a pair of token ids. */
export function hashPair(left: number, right: number): number {
  const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca77);
  return hash ^ (hash >>> 15);
}
