/**
 * From proof texts to training sequences. A document is a proof's tokens and the end token; it is cut, without overlap, into pieces
 * of at most the context's length, at other places in each epoch, so that every token is predicted exactly once an epoch.
 */
import { END_TOKEN } from "../config.ts";
import type { Sequence } from "../model/batch.ts";
import { Rng } from "../rng.ts";

/** A document's tokens with the end token behind them. */
export function trainingDocument(tokens: Int32Array): Int32Array {
  const document = new Int32Array(tokens.length + 1);
  document.set(tokens);
  document[tokens.length] = END_TOKEN;
  return document;
}

/** Number of pieces that a document gives in every epoch. */
export function pieceCount(document: Int32Array, contextLength: number): number {
  return Math.ceil((document.length - 1) / contextLength);
}

/**
 * The pieces of one document in one epoch. Each begins with the token that the piece before it predicted last.
 *
 * @param shift in [0, 1): how much of the room that is left over goes before the first cut
 */
export function cutDocument(document: Int32Array, contextLength: number, shift: number): Sequence[] {
  const inputs = document.length - 1;
  const pieces = pieceCount(document, contextLength);
  const room = pieces * contextLength - inputs;
  const first = contextLength - Math.floor(shift * (room + 1));
  const sequences: Sequence[] = [];
  for (let start = 0, end = Math.min(first, inputs); start < inputs;) {
    sequences.push({ tokens: document.subarray(start, end), targets: document.subarray(start + 1, end + 1) });
    [start, end] = [end, Math.min(end + contextLength, inputs)];
  }
  return sequences;
}

/** The endless, seeded stream of training sequences: epoch after epoch, each in an order and with cuts of its own. */
export class SequenceStream {
  readonly #documents: readonly Int32Array[];
  readonly #contextLength: number;
  readonly #seed: number;
  #epoch = -1;
  #sequences: Sequence[] = [];
  /** Sequences in one epoch. */
  readonly sequencesPerEpoch: number;
  /** Predicted tokens in one epoch, end tokens included. */
  readonly targetsPerEpoch: number;

  /** @param documents each with its end token, at least two tokens long */
  constructor(documents: readonly Int32Array[], contextLength: number, seed: number) {
    this.#documents = documents;
    this.#contextLength = contextLength;
    this.#seed = seed;
    this.sequencesPerEpoch = documents.reduce(
      (sum, document) => sum + pieceCount(document, contextLength),
      0,
    );
    this.targetsPerEpoch = documents.reduce((sum, document) => sum + document.length - 1, 0);
  }

  /** Sequences `start` to `start + count` of the stream. */
  take(start: number, count: number): Sequence[] {
    return Array.from({ length: count }, (_, i) => this.#at(start + i));
  }

  #at(index: number): Sequence {
    const epoch = Math.floor(index / this.sequencesPerEpoch);
    if (epoch !== this.#epoch) {
      const cuts = new Rng(this.#seed, "cuts", epoch);
      const sequences = this.#documents.flatMap((document) =>
        cutDocument(document, this.#contextLength, cuts.uniform())
      );
      this.#sequences = new Rng(this.#seed, "order", epoch).shuffle(sequences);
      this.#epoch = epoch;
    }
    return this.#sequences[index % this.sequencesPerEpoch]!;
  }
}
