// The cached keys and values of a decoder's sequences, which all have the same length. A token's entry, in
// all layers, lies in a slot; a sequence is the list of its entries' slots. So copies of a sequence share
// what they have in common, to copy or to drop one costs nothing, and a sliding window is the end of a list.
// When no slot is free, those that no list names become free, and if these are too few, the cache grows.
import type { Backend, Tensor } from "../backend/mod.ts";
import type { ModelConfig } from "../config.ts";
import { isPointerModel } from "../model/architecture.ts";
import type { RowPlaces } from "../model/pointer.ts";

export class SharedCache implements Disposable {
  /** Most entries that a token sees, its own included. */
  readonly #window: number;
  /** Keys and values (H, slots, D) of each layer, until the next {@linkcode SharedCache.extend}. */
  layers: { keys: Tensor; values: Tensor }[];
  /** Tokens of each sequence so far, those that no longer count included: the position of the next one. */
  length = 0;
  #slots: number;
  #free: number[] = [];
  /** Each sequence's slots, the oldest entry first; with a window only those that count. */
  #sequences: readonly Int32Array[] = [new Int32Array()];

  /** Allocates the slots. @throws {RangeError} when there is not enough memory */
  constructor(readonly backend: Backend, readonly config: ModelConfig) {
    this.#window = isPointerModel(config) ? config.contextLength : Infinity;
    this.#slots = 2 * config.contextLength;
    this.layers = this.#allocate();
  }

  [Symbol.dispose](): void {
    for (const { keys, values } of this.layers.splice(0)) {
      this.backend.free(keys);
      this.backend.free(values);
    }
  }

  get sequences(): number {
    return this.#sequences.length;
  }

  reset(): void {
    this.#sequences = [new Int32Array()];
    this.length = 0;
  }

  select(parents: readonly number[]): void {
    this.#sequences = parents.map((parent) => this.#sequences[parent]!);
  }

  /** Forget the last `count` tokens of each sequence, of those that the last `extend` made room for. */
  drop(count: number): void {
    this.#sequences = this.#sequences.map((list) => list.subarray(0, list.length - count));
    this.length -= count;
  }

  /** Make room for `count` tokens of each sequence. @throws {RangeError} when there is not enough memory */
  extend(count: number): RowPlaces {
    const B = this.#sequences.length;
    const window = this.#window;
    const past = this.#sequences.map((list) => list.subarray(Math.max(0, list.length - (window - 1))));
    this.#sequences = past;
    const newSlots = this.#take(B * count);
    const length = past[0]!.length + count;
    const slots = new Int32Array(B * length);
    const ranges = new Int32Array(2 * B * count);
    this.#sequences = past.map((list, b) => {
      const grown = slots.subarray(b * length, (b + 1) * length);
      grown.set(list);
      grown.set(newSlots.subarray(b * count, (b + 1) * count), list.length);
      for (let s = 0; s < count; s++) {
        const end = list.length + s + 1;
        const first = Math.max(0, end - window);
        ranges.set([b * length + first, b * length + end], 2 * (b * count + s));
      }
      return grown;
    });
    this.length += count;
    return { newSlots, slots, ranges };
  }

  /** Slots that no sequence uses. */
  #take(count: number): Int32Array {
    if (this.#free.length < count) this.#sweep();
    if (this.#free.length < count) {
      this.#grow(Math.max(2 * this.#slots, this.#slots + count));
      this.#sweep();
    }
    return Int32Array.from({ length: count }, () => this.#free.pop()!);
  }

  /** Find the free slots; the first are taken first, so that neighbours in a sequence are so in memory. */
  #sweep(): void {
    const isUsed = new Uint8Array(this.#slots);
    for (const list of this.#sequences) {
      for (const slot of list) isUsed[slot] = 1;
    }
    this.#free = [];
    for (let slot = this.#slots - 1; slot >= 0; slot--) {
      if (isUsed[slot] === 0) this.#free.push(slot);
    }
  }

  #grow(slots: number): void {
    const [old, oldSlots, backend] = [this.layers, this.#slots, this.backend];
    const { nHeads: heads, dModel } = this.config;
    const D = dModel / heads;
    this.#slots = slots;
    this.layers = this.#allocate();
    for (const [i, layer] of this.layers.entries()) {
      for (const part of ["keys", "values"] as const) {
        for (let h = 0; h < heads; h++) {
          const from = backend.view(old[i]![part], h * oldSlots * D, [oldSlots, D]);
          backend.residualForward(backend.view(layer[part], h * slots * D, [oldSlots, D]), null, from, null);
        }
        backend.free(old[i]![part]);
      }
    }
  }

  #allocate(): { keys: Tensor; values: Tensor }[] {
    const { nLayers, nHeads: heads, dModel } = this.config;
    const allocate = (): Tensor => this.backend.allocateOwned([heads, this.#slots, dModel / heads]);
    return Array.from({ length: nLayers }, () => ({ keys: allocate(), values: allocate() }));
  }
}
