// What generation needs of a model: feed tokens, get the next one's logits; a key-value cache makes a token
// cost one token's work. A prompt is fed to one sequence; `select` makes copies of it (or reorders a beam
// search's), and `step` gives each its own next token. No sequence is too long: with rotary positions a token
// sees the last contextLength tokens, its own included; with learned ones it sees all, at the last position.
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
  /** Feed tokens to the one sequence: logits (V) after the last. @throws {RangeError} for no tokens */
  feed(tokens: Int32Array): Promise<Float32Array>;
  /** Replace the sequences by copies of these. @throws {RangeError} when there are none, or one is unknown */
  select(parents: readonly number[]): Promise<void> | void;
  /** Feed a token to each sequence: logits (B, V). @throws {RangeError} for more or fewer tokens */
  step(tokens: Int32Array): Promise<Float32Array>;
}

/** A decoder for which several tokens at once give the same bits as one after the other. */
export interface LookaheadDecoder extends Decoder {
  /** Most tokens of a {@linkcode LookaheadDecoder.feedEach}. */
  readonly mostAtOnce: number;
  /** Feed a few tokens to the one sequence: logits (T, V) after each. @throws {RangeError} for none, or many */
  feedEach(tokens: Int32Array): Promise<Float32Array>;
  /** Forget the last `count` tokens of the last {@linkcode LookaheadDecoder.feedEach}, but never the first. */
  drop(count: number): void;
}

/** A decoder that can also score texts at once. */
export interface ScoringDecoder extends Decoder {
  /** -ln p of each sequence's targets, in nats, 0 where there is none; what is decoded stays as it is. */
  losses(sequences: readonly Sequence[]): Promise<Float32Array[]>;
}

export function canLookAhead(decoder: Decoder): decoder is LookaheadDecoder {
  return "feedEach" in decoder;
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
