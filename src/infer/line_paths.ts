/**
 * Lines as they grow: several ways of going on (samples, a beam, given lines) side by side over one decoder. What has read the same tokens
 * is one sequence of the decoder, however many ways go through it. How prefixes are met: line_prefix.ts; merging and ranking: suggest.ts.
 *
 * A line ends with a newline (a token that begins with one, after white space at most) or with the proof's end. The probability that it
 * ends is the sum over all these tokens. A blank line is none: the tokens of a newline are not taken at a line's beginning.
 */
import { END_TOKEN } from "../config.ts";
import type { Rng } from "../rng.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { Decoder } from "./decoder.ts";
import { type SampleOptions, sampleToken } from "./sample.ts";

/** A line so far. */
export interface Path {
  /** The decoder's sequence that ends with these tokens. */
  row: number;
  /** The line's tokens. */
  readonly tokens: readonly number[];
  /** Sum of their log-probabilities at temperature 1. */
  readonly logProbability: number;
}

/** How a path's end came: its line is complete, the proof is complete before it, or there were too many tokens. */
export type PathEnd = "line" | "proof" | "length";

/** A line that has ended; its log-probability has that of the end in it, unless it was cut for its length. */
export interface FinishedPath extends Omit<Path, "row"> {
  readonly end: PathEnd;
}

/** Where a line begins: tokens that it must have, and which tokens may follow them (null: any). See line_prefix.ts. */
export interface LineStart {
  readonly tokens: readonly number[];
  /** Ids of the tokens that may follow, ascending. */
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

  /** Looks at every token's bytes. */
  constructor(tokenizer: Tokenizer) {
    this.ends = new Uint8Array(tokenizer.vocabularySize);
    this.endsInside = new Uint8Array(tokenizer.vocabularySize);
    for (let id = 0; id < this.ends.length; id++) {
      if (tokenizer.isSpecial(id)) continue;
      const bytes = tokenizer.tokenBytes(id);
      const newline = bytes.indexOf(NEWLINE);
      if (newline < 0) continue;
      const blank = bytes.subarray(0, newline).every((byte) => SPACES.includes(byte));
      (blank ? this.ends : this.endsInside)[id] = 1;
    }
    this.ends[END_TOKEN] = 1;
    this.endIds = [...this.ends.keys()].filter((id) => this.ends[id] === 1);
  }
}

/** The logits of every sequence, and probabilities of them. */
export class Rows {
  readonly #logits: Float32Array;
  readonly #vocabSize: number;
  readonly #logTotals: (number | undefined)[] = [];

  /** @param logits (B, V) */
  constructor(logits: Float32Array, vocabSize: number) {
    this.#logits = logits;
    this.#vocabSize = vocabSize;
  }

  /** One row's logits (V). */
  logits(row: number): Float32Array {
    return this.#logits.subarray(row * this.#vocabSize, (row + 1) * this.#vocabSize);
  }

  /** What to subtract from a row's logits to have log-probabilities at temperature 1. */
  logTotal(row: number): number {
    return this.#logTotals[row] ??= logSumExp(this.logits(row));
  }

  /** Log-probability of a token. */
  logProbability(row: number, token: number): number {
    return this.logits(row)[token]! - this.logTotal(row);
  }

  /** Log-probability that the next token is one of these; -Infinity for none. */
  logProbabilityOf(row: number, tokens: readonly number[]): number {
    const logits = this.logits(row);
    return logSumExp(Float32Array.from(tokens, (token) => logits[token]!)) - this.logTotal(row);
  }
}

/**
 * Walk until no path is live.
 *
 * @param first the logits (V) after the prompt, which the decoder's one sequence has read
 * @param walkers their live paths are in row 0
 */
export async function walk(
  decoder: Decoder,
  first: Float32Array,
  { walkers, signal }: { walkers: readonly Walker[]; signal: AbortSignal | undefined },
): Promise<void> {
  let rows = new Rows(first, decoder.vocabSize);
  for (let count = 1;;) {
    signal?.throwIfAborted();
    for (const walker of walkers) walker.advance(rows);
    const [parents, tokens] = shareRows(walkers.flatMap(({ live }) => live), decoder.vocabSize);
    if (parents.length === 0) return;
    const unchanged = parents.length === count && parents.every((parent, row) => parent === row);
    if (!unchanged) await decoder.select(parents);
    rows = new Rows(await decoder.step(Int32Array.from(tokens)), decoder.vocabSize);
    count = parents.length;
  }
}

/** Draws one line. */
export class SampleWalker implements Walker {
  /** The line, once it has ended. */
  finished: FinishedPath | null = null;
  #path: Path = { row: 0, tokens: [], logProbability: 0 };
  readonly #start: LineStart;
  readonly #options: WalkOptions & { readonly rng: Rng; readonly sampling: SampleOptions };

  constructor(start: LineStart, options: WalkOptions & { rng: Rng; sampling: SampleOptions }) {
    this.#start = start;
    this.#options = options;
  }

  get live(): readonly Path[] {
    return this.finished === null ? [this.#path] : [];
  }

  advance(rows: Rows): void {
    if (this.finished !== null) return;
    const { lineTokens, maxTokens, rng, sampling } = this.#options;
    const { row, tokens } = this.#path;
    const forced = this.#start.tokens[tokens.length];
    const token = forced ?? sampleToken(this.#masked(rows.logits(row)), rng, sampling);
    if (lineTokens.ends[token] === 1) {
      this.finished = endOf(this.#path, rows, lineTokens);
      return;
    }
    this.#path = extended(this.#path, token, rows);
    if (lineTokens.endsInside[token] === 1) this.finished = { ...this.#path, end: "line" };
    else if (tokens.length + 1 === maxTokens) this.finished = { ...this.#path, end: "length" };
  }

  #masked(logits: Float32Array): Float32Array {
    const at = this.#path.tokens.length;
    const allowed = at === this.#start.tokens.length ? this.#start.allowed : null;
    if (at > 0 && allowed === null) return logits;
    const masked = allowed === null ? logits.slice() : new Float32Array(logits.length).fill(-Infinity);
    for (const id of allowed ?? []) masked[id] = logits[id]!;
    if (at === 0) {
      for (const id of this.#options.lineTokens.endIds) if (id !== END_TOKEN) masked[id] = -Infinity;
    }
    return masked;
  }
}

/** Reads a given line, to learn its probability. */
export class GivenLineWalker implements Walker {
  /** The line, once all its tokens are read. */
  finished: FinishedPath | null = null;
  #path: Path = { row: 0, tokens: [], logProbability: 0 };
  readonly #tokens: readonly number[];
  readonly #lineTokens: LineTokens;

  /** @param tokens the line's, without its newline; none for the end of the proof */
  constructor(tokens: readonly number[], lineTokens: LineTokens) {
    this.#tokens = tokens;
    this.#lineTokens = lineTokens;
  }

  get live(): readonly Path[] {
    return this.finished === null ? [this.#path] : [];
  }

  advance(rows: Rows): void {
    if (this.finished !== null) return;
    const token = this.#tokens[this.#path.tokens.length];
    if (token === undefined) this.finished = endOf(this.#path, rows, this.#lineTokens);
    else this.#path = extended(this.#path, token, rows);
  }
}

/** Beam search: the `width` likeliest lines, as far as one can tell from the `width` likeliest beginnings of each length. */
export class BeamWalker implements Walker {
  /** The likeliest lines that have ended, at most `width`, the likeliest first. */
  finished: FinishedPath[] = [];
  live: Path[];
  /** Which start each live path of this beginning has; those that are through with it are not in here. */
  #starts = new Map<Path, LineStart>();
  readonly #options: WalkOptions & { readonly width: number };

  constructor(starts: readonly LineStart[], options: WalkOptions & { width: number }) {
    this.#options = options;
    for (const start of starts.slice(0, options.width)) {
      this.#starts.set({ row: 0, tokens: [], logProbability: 0 }, start);
    }
    this.live = [...this.#starts.keys()];
  }

  advance(rows: Rows): void {
    const { lineTokens, maxTokens, width } = this.#options;
    const starts = new Map<Path, LineStart>();
    const beginning: Path[] = [];
    const free: { path: Path; token: number; logProbability: number }[] = [];
    for (const path of this.live) {
      const start = this.#starts.get(path);
      const forced = start?.tokens[path.tokens.length];
      if (start !== undefined && forced !== undefined) {
        const next = extended(path, forced, rows);
        starts.set(next, start);
        beginning.push(next);
        continue;
      }
      const allowed = start?.allowed ?? null;
      if (allowed === null) this.finished.push(endOf(path, rows, lineTokens));
      for (const token of this.#likeliest(rows.logits(path.row), allowed)) {
        free.push({
          path,
          token,
          logProbability: path.logProbability + rows.logProbability(path.row, token),
        });
      }
    }
    free.sort((a, b) => b.logProbability - a.logProbability);
    this.live = beginning;
    this.#starts = starts;
    for (const { path, token } of free.slice(0, Math.max(0, width - beginning.length))) {
      const next = extended(path, token, rows);
      if (lineTokens.endsInside[token] === 1) this.finished.push({ ...next, end: "line" });
      else if (next.tokens.length < maxTokens) this.live.push(next);
    }
    this.finished.sort((a, b) => b.logProbability - a.logProbability);
    this.finished.length = Math.min(this.finished.length, width);
    // A line only gets less likely as it grows.
    const worst = this.finished[width - 1]?.logProbability ?? -Infinity;
    this.live = this.live.filter((path) => path.logProbability > worst || this.#starts.has(path));
  }

  /** The `width` likeliest tokens that go on with a line. */
  #likeliest(logits: Float32Array, allowed: readonly number[] | null): number[] {
    const { lineTokens: { ends }, width } = this.#options;
    const best: number[] = [];
    const count = allowed?.length ?? logits.length;
    for (let i = 0; i < count; i++) {
      const id = allowed?.[i] ?? i;
      if (best.length === width && !(logits[id]! > logits[best[width - 1]!]!)) continue;
      if (ends[id] === 1 || logits[id] === -Infinity) continue;
      let at = Math.min(best.length, width - 1);
      for (; at > 0 && logits[id]! > logits[best[at - 1]!]!; at--) best[at] = best[at - 1]!;
      best[at] = id;
    }
    return best;
  }
}

/** What all ways need to know. */
export interface WalkOptions {
  readonly lineTokens: LineTokens;
  /** Most tokens of a line. */
  readonly maxTokens: number;
}

/** log(exp(a) + exp(b)). */
export function logAdd(a: number, b: number): number {
  const [larger, smaller] = a > b ? [a, b] : [b, a];
  return smaller === -Infinity ? larger : larger + Math.log1p(Math.exp(smaller - larger));
}

const NEWLINE = 10;
/** Tab, carriage return, space. */
const SPACES: readonly number[] = [9, 13, 32];

function extended(path: Path, token: number, rows: Rows): Path {
  return {
    row: path.row,
    tokens: [...path.tokens, token],
    logProbability: path.logProbability + rows.logProbability(path.row, token),
  };
}

function endOf({ row, tokens, logProbability }: Path, rows: Rows, lineTokens: LineTokens): FinishedPath {
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

/** log(sum of exp); -Infinity for no values. */
function logSumExp(values: Float32Array): number {
  let largest = -Infinity;
  for (let i = 0; i < values.length; i++) if (values[i]! > largest) largest = values[i]!;
  if (largest === -Infinity) return -Infinity;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - largest);
  return largest + Math.log(sum);
}
