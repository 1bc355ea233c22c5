/**
 * What generation needs of a model, whatever runs it: feed tokens, get the logits of the next one.
 * Implementations keep a key-value cache, so that a token costs one token's work (a checkpoint on our own
 * kernels, or an exported folder in ONNX Runtime).
 *
 * A decoder holds B sequences, one after a reset. A prompt is fed to the one; `select` then makes copies of
 * it, and `step` gives each its own next token, so that one reading of the prompt serves many continuations.
 * Beam search reorders its beams by `select`, too, and drops what has ended. Nothing bounds a sequence's
 * length: with rotary positions a token sees the last contextLength tokens, its own included; with learned
 * positions it sees all, and the last position is used again.
 */
import type { Sequence } from "../model/batch.ts";

/** A model that reads tokens one after the other and predicts the next. */
export interface Decoder extends AsyncDisposable {
  /** Number of tokens V. */
  readonly vocabSize: number;
  /** Longest document in tokens the model was trained on. */
  readonly contextLength: number;
  /** Forget every token fed so far: one empty sequence is left. */
  reset(): void;
  /**
   * Feed tokens to the one sequence.
   *
   * @param tokens at least one, each in [0, V)
   * @returns the logits (V) after the last
   * @throws {RangeError} when there are no tokens, or several sequences
   */
  feed(tokens: Int32Array): Promise<Float32Array>;
  /**
   * Replace the sequences by copies of some of them.
   *
   * @param parents for each new sequence, the index of the one that it continues; at least one
   * @throws {RangeError} when there are none, or one names no sequence
   */
  select(parents: readonly number[]): Promise<void> | void;
  /**
   * Feed one token to each sequence.
   *
   * @param tokens (B), each in [0, V)
   * @returns the logits (B, V) after them, row after row
   * @throws {RangeError} when there are more or fewer tokens than sequences
   */
  step(tokens: Int32Array): Promise<Float32Array>;
}

/** A decoder that can also score texts at once. */
export interface ScoringDecoder extends Decoder {
  /**
   * How badly the model predicts; the sequences that are being decoded stay as they are.
   *
   * @param sequences of at most contextLength tokens, with the token that follows each
   * @returns for each sequence the losses of its targets, -ln p, in nats; 0 where there is no target
   */
  losses(sequences: readonly Sequence[]): Promise<Float32Array[]>;
}

/**
 * Check what {@linkcode Decoder.select} is given.
 *
 * @throws {RangeError} when it is nothing, or names a sequence that there is not
 */
export function checkParents(parents: readonly number[], sequences: number): void {
  if (parents.length === 0) throw new RangeError("select() needs at least one sequence");
  const outside = parents.find((parent) => !(Number.isInteger(parent) && parent >= 0 && parent < sequences));
  if (outside !== undefined) {
    throw new RangeError(`select() was given sequence ${outside}, there are ${sequences}`);
  }
}
