/**
 * What generation needs of a model, whatever runs it: feed tokens, get the logits of the next one. A
 * key-value cache makes a token cost one token's work.
 *
 * A decoder holds B sequences, one after a reset. A prompt is fed to the one; `select` then makes copies of
 * it, and `step` gives each its own next token. Beam search reorders its beams by `select`, too. Nothing
 * bounds a sequence's length: with rotary positions a token sees the last contextLength tokens, its own
 * included; with learned positions it sees all, and the last position is used again.
 */
import { DamagedError } from "../errors.ts";
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
   * Feed tokens, each in [0, V), to the one sequence. Gives the logits (V) after the last.
   *
   * @throws {RangeError} when there are no tokens, or several sequences
   */
  feed(tokens: Int32Array): Promise<Float32Array>;
  /**
   * Replace the sequences by copies of some of them: `parents` has the index of what each new one continues.
   *
   * @throws {RangeError} when there are none, or one names no sequence
   */
  select(parents: readonly number[]): Promise<void> | void;
  /**
   * Feed one token, in [0, V), to each sequence. Gives the logits (B, V) after them, row after row.
   *
   * @throws {RangeError} when there are more or fewer tokens than sequences
   */
  step(tokens: Int32Array): Promise<Float32Array>;
}

/** A decoder that can also score texts at once. */
export interface ScoringDecoder extends Decoder {
  /**
   * For each sequence, of at most contextLength tokens, the losses of its targets, -ln p, in nats; 0 where
   * there is no target. What is being decoded stays as it is.
   */
  losses(sequences: readonly Sequence[]): Promise<Float32Array[]>;
}

/** Check what {@linkcode Decoder.select} is given. */
export function checkParents(parents: readonly number[], sequences: number): void {
  if (parents.length === 0) throw new RangeError("select() needs at least one sequence");
  const outside = parents.find((parent) => !(Number.isInteger(parent) && parent >= 0 && parent < sequences));
  if (outside !== undefined) {
    throw new RangeError(`select() was given sequence ${outside}, there are ${sequences}`);
  }
}

/** Refuse NaN and Infinity, which can be neither drawn nor ranked; -Infinity is a token cut off. */
export function checkLogits(logits: Float32Array): void {
  for (let id = 0; id < logits.length; id++) {
    if (logits[id]! < Infinity) continue;
    throw new DamagedError(`The model predicts no probabilities: the logit of token ${id} is ${logits[id]}`, {
      hint: "Its weights may be damaged: `tactics verify` checks an exported folder.",
    });
  }
}
