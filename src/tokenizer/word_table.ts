// A hash table from words (as UTF-8 bytes) to indices 0, 1, 2, … in the order of first appearance. Words are
// looked up as slices of the text's bytes: no string is made.
export class WordTable {
  #slots = new Int32Array(1 << 12);
  #hashes: number[] = [];
  /** Where each word ends in `#arena`; a word begins where the one before it ends. */
  #ends: number[] = [];
  #arena = new Uint8Array(1 << 14);

  get size(): number {
    return this.#ends.length;
  }

  /** The bytes of all distinct words together. */
  get sizeBytes(): number {
    return this.#start(this.size);
  }

  /** The index of the word bytes[start, end), which is added (as index `size`) when it is new. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(bytes, start, end);
    const slot = this.#probe(hash, bytes, start, end);
    const index = this.#slots[slot]! - 1;
    return index >= 0 ? index : this.#add(slot, hash, bytes.subarray(start, end));
  }

  /** The index of the word bytes[start, end), or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    return this.#slots[this.#probe(hashBytes(bytes, start, end), bytes, start, end)]! - 1;
  }

  /** The bytes of a word; a view that is valid until the next word is added. */
  bytes(index: number): Uint8Array {
    return this.#arena.subarray(this.#start(index), this.#ends[index]);
  }

  /** The slot of a word, or the empty one where it belongs. */
  #probe(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hashes = this.#hashes;
    for (let slot = hash & mask;; slot = (slot + 1) & mask) {
      const index = slots[slot]! - 1;
      if (index < 0 || (hashes[index] === hash && this.#equals(index, bytes, start, end))) return slot;
    }
  }

  #start(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1]!;
  }

  #equals(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const arena = this.#arena;
    let at = this.#start(index);
    if (this.#ends[index]! - at !== end - start) return false;
    for (let i = start; i < end; i++) if (arena[at++] !== bytes[i]) return false;
    return true;
  }

  #add(slot: number, hash: number, word: Uint8Array): number {
    const index = this.size;
    const start = this.sizeBytes;
    if (start + word.length > this.#arena.length) {
      const grown = new Uint8Array(Math.max(start + word.length, this.#arena.length * 2));
      grown.set(this.#arena);
      this.#arena = grown;
    }
    this.#arena.set(word, start);
    this.#ends.push(start + word.length);
    this.#hashes.push(hash);
    this.#slots[slot] = index + 1;
    if (this.size * 2 > this.#slots.length) this.#rehash();
    return index;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let index = 0; index < this.size; index++) {
      let slot = this.#hashes[index]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }
}

/** FNV-1a. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash ^ (hash >>> 15);
}
