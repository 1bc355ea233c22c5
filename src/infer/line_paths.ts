/**
 * Lines as they grow: several ways of going on (line_walkers.ts) side by side over one decoder. What has read
 * the same tokens is one sequence of the decoder, however many ways go through it.
 *
 * A line ends with a newline (a token that begins with one, after white space at most) or with the proof's
 * end. The probability that it ends is the sum over all these tokens. A blank line is none: the tokens of a
 * newline are not taken at a line's beginning.
 */
import { END_TOKEN } from "../config.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { checkLogits, type Decoder } from "./decoder.ts";
import { logSumExp } from "./probabilities.ts";
import { takeTurns } from "./turns.ts";

/** A line so far. */
export interface Path {
  /** The decoder's sequence that ends with these tokens. */
  row: number;
  /** The line's tokens. */
  readonly tokens: readonly number[];
  /** Sum of their log-probabilities at temperature 1. */
  readonly logProbability: number;
}

/** Why a line ended: it is complete, or it is the proof's end, or it has too many tokens. */
export type PathEnd = "line" | "proof" | "length";

/** A line that has ended; its log-probability has that of the end in it, unless it was cut for its length. */
export type FinishedPath = Omit<Path, "row"> & { readonly end: PathEnd };

/** Where a line begins: tokens that it must have, and which tokens may follow them (line_prefix.ts). */
export interface LineStart {
  readonly tokens: readonly number[];
  /** Ids of the tokens that may follow, ascending; null: any. */
  readonly allowed: readonly number[] | null;
}

/** One way of going on. */
export interface Walker {
  /** The paths that it needs the next logits of. */
  readonly live: readonly Path[];
  /** Go one token further with each live path. */
  advance(rows: Rows): void;
}

/** What a token means for a line, by its id. */
export class LineTokens {
  /** (V): 1 for tokens that end a line: newlines, and the end of the proof. */
  readonly ends: Uint8Array;
  /** (V): 1 for tokens with text before a newline; the line ends with them. */
  readonly endsInside: Uint8Array;
  /** The ids that are marked in `ends`, ascending. */
  readonly endIds: readonly number[];

  constructor(tokenizer: Tokenizer) {
    this.ends = new Uint8Array(tokenizer.vocabularySize);
    this.endsInside = new Uint8Array(tokenizer.vocabularySize);
    for (let id = 0; id < this.ends.length; id++) {
      if (tokenizer.isSpecial(id)) continue;
      const bytes = tokenizer.tokenBytes(id);
      const newline = bytes.indexOf(10);
      if (newline < 0) continue;
      // white space: tab, carriage return, space
      const blank = bytes.subarray(0, newline).every((byte) => byte === 9 || byte === 13 || byte === 32);
      (blank ? this.ends : this.endsInside)[id] = 1;
    }
    this.ends[END_TOKEN] = 1;
    this.endIds = [...this.ends.keys()].filter((id) => this.ends[id] === 1);
  }
}

/** The logits (B, V) of every sequence, and log-probabilities at temperature 1 of them. */
export class Rows {
  /** By row, what to subtract from its logits. */
  readonly #logTotals: (number | undefined)[] = [];

  constructor(readonly all: Float32Array, readonly vocabSize: number) {}

  /** One row's (V). */
  logits(row: number): Float32Array {
    return this.all.subarray(row * this.vocabSize, (row + 1) * this.vocabSize);
  }

  logProbability(row: number, token: number): number {
    return this.logits(row)[token]! - this.#logTotal(row);
  }

  /** That the next token is one of these; -Infinity for none. */
  logProbabilityOf(row: number, tokens: readonly number[]): number {
    const logits = this.logits(row);
    return logSumExp(Float32Array.from(tokens, (token) => logits[token]!)) - this.#logTotal(row);
  }

  #logTotal(row: number): number {
    return this.#logTotals[row] ??= logSumExp(this.logits(row));
  }
}

/**
 * Walk until no path is live. At first all are in row 0, whose logits (V) `first` are: the decoder's one
 * sequence has read the prompt.
 */
export async function walk(
  decoder: Decoder,
  first: Float32Array,
  { walkers, signal }: { walkers: readonly Walker[]; signal: AbortSignal | undefined },
): Promise<void> {
  checkLogits(first);
  let rows = new Rows(first, decoder.vocabSize);
  for (let count = 1;;) {
    await takeTurns(signal);
    for (const walker of walkers) walker.advance(rows);
    const [parents, tokens] = shareRows(walkers.flatMap(({ live }) => live), decoder.vocabSize);
    if (parents.length === 0) return;
    const unchanged = parents.length === count && parents.every((parent, row) => parent === row);
    if (!unchanged) await decoder.select(parents);
    rows = new Rows(await decoder.step(Int32Array.from(tokens)), decoder.vocabSize);
    count = parents.length;
  }
}

/** A path with one more token. */
export function extended({ row, tokens, logProbability }: Path, token: number, rows: Rows): Path {
  const more = rows.logProbability(row, token);
  return { row, tokens: [...tokens, token], logProbability: logProbability + more };
}

/** A path that ends here: at its beginning that is the end of the proof. */
export function endOf(
  { row, tokens, logProbability }: Path,
  rows: Rows,
  lineTokens: LineTokens,
): FinishedPath {
  if (tokens.length === 0) {
    return { tokens, logProbability: rows.logProbability(row, END_TOKEN), end: "proof" };
  }
  const ending = rows.logProbabilityOf(row, lineTokens.endIds);
  return { tokens, logProbability: logProbability + ending, end: "line" };
}

/** Gives paths with the same tokens the same row. @returns each row's parent and its last token */
function shareRows(paths: readonly Path[], vocabSize: number): [parents: number[], tokens: number[]] {
  const rowOf = new Map<number, number>();
  const [parents, tokens]: [number[], number[]] = [[], []];
  for (const path of paths) {
    const token = path.tokens.at(-1)!;
    const key = path.row * vocabSize + token;
    const row = rowOf.get(key) ?? parents.length;
    if (row === parents.length) {
      rowOf.set(key, row);
      parents.push(path.row);
      tokens.push(token);
    }
    path.row = row;
  }
  return [parents, tokens];
}
