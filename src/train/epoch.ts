// An epoch as numbers: how many sequences each document gives in it, and in which order they come. Which
// sequence stands where is a function of the seed, the epoch and these numbers.
import { Rng } from "../rng.ts";
import type { FormDraw } from "./document_forms.ts";

/** What was drawn for each document, without the documents. */
export class EpochDraws {
  readonly #shifts: Float64Array;
  readonly #forms: Float64Array;

  constructor(readonly epoch: number, seed: number, documents: number) {
    const [cuts, forms] = [new Rng(seed, "cuts", epoch), new Rng(seed, "forms", epoch)];
    this.#shifts = new Float64Array(documents).map(() => cuts.uniform());
    this.#forms = new Float64Array(documents).map(() => forms.uniform());
  }

  of(document: number): FormDraw {
    return { epoch: this.epoch, shift: this.#shifts[document]!, form: this.#forms[document]! };
  }
}

/** Where an epoch's sequences are. */
export class Epoch {
  /** Sequences of the documents before each, and of all at the end. */
  readonly #before: Uint32Array;
  readonly #order: Uint32Array;

  /** @param counts sequences of each document */
  constructor(readonly draws: EpochDraws, counts: Uint32Array, seed: number) {
    this.#before = new Uint32Array(counts.length + 1);
    for (const [i, count] of counts.entries()) this.#before[i + 1] = this.#before[i]! + count;
    const order = Uint32Array.from({ length: this.#before.at(-1)! }, (_, i) => i);
    this.#order = new Rng(seed, "order", draws.epoch).shuffle(order);
  }

  /** How many there are. */
  get length(): number {
    return this.#order.length;
  }

  /** The document of a sequence, and which of its pieces it is. */
  at(index: number): { document: number; piece: number } {
    const sequence = this.#order[index]!;
    let [document, end] = [0, this.#before.length - 1]; // it begins at or before the sequence
    while (end - document > 1) {
      const middle = (document + end) >> 1;
      if (this.#before[middle]! <= sequence) document = middle;
      else end = middle;
    }
    return { document, piece: sequence - this.#before[document]! };
  }
}
