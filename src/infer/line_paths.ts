// Lines as they grow: drawn, read or searched by beams, side by side over one decoder. What has read the same
// tokens is one sequence of the decoder. A line ends with a newline (any token that begins with one, after
// white space at most) or with the proof's end; the probability that it ends is the sum over all of these. A
// blank line is none: the tokens of a newline are not taken at a line's beginning.
import { END_TOKEN } from "../config.ts";
import type { Rng } from "../rng.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { LineMask } from "./lines/line_mask.ts";
import type { LineState } from "./lines/line_reader.ts";
import { checkLogits, type Decoder } from "./decoder.ts";
import { logSumExp } from "./probabilities.ts";
import { type SampleOptions, sampleToken } from "./sample.ts";
import { takeTurns } from "../turns.ts";

/** A line so far. */
export interface Path {
  /** The decoder's sequence that ends with these tokens. */
  row: number;
  /** The line's tokens. */
  readonly tokens: readonly number[];
  /** Sum of their log-probabilities at temperature 1. */
  readonly logProbability: number;
  /** Where the line is as a statement; null where it need be none. */
  readonly state: LineState | null;
}

/** Why a line ended: it is complete, or it is the proof's end, or it has too many tokens. */
export type PathEnd = "line" | "proof" | "length";

/** A line that has ended; its log-probability has that of the end in it, unless it was cut for its length. */
export type FinishedPath = Omit<Path, "row" | "state"> & { readonly end: PathEnd };

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

/** Walk until no path is live. At first all are in row 0, with the prompt's logits (V). */
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

/** A path with one more token; without a mask, or after a token that it does not take, any may follow. */
export function extended(
  path: Path,
  token: number,
  { rows, mask }: { rows: Rows; mask: LineMask | null },
): Path {
  const { row, tokens, logProbability, state } = path;
  return {
    row,
    tokens: [...tokens, token],
    logProbability: logProbability + rows.logProbability(row, token),
    state: mask === null || state === null ? null : mask.after(state, token),
  };
}

/** A line's beginning, after the prompt. */
export function beginning(mask: LineMask | null): Path {
  return { row: 0, tokens: [], logProbability: 0, state: mask?.start() ?? null };
}

/** Whether a token may follow; null: any may. Those of a prefix may, where a mask takes none of them. */
function following(
  { state, tokens }: Path,
  allowed: readonly number[] | null,
  mask: LineMask | null,
): ((id: number) => boolean) | null {
  const isFree = mask === null || state === null;
  const may = isFree ? null : (id: number): boolean => mask.allows(state, tokens, id);
  if (allowed === null) return may;
  const fitting = may === null ? [] : allowed.filter(may);
  const ids = new Set(fitting.length > 0 ? fitting : allowed);
  return (id) => ids.has(id);
}

/** A path that ends here: at its beginning that is the end of the proof. */
function endOf(path: Path, rows: Rows, lineTokens: LineTokens): FinishedPath {
  const { row, tokens, logProbability } = path;
  if (tokens.length === 0) {
    return { tokens, logProbability: rows.logProbability(row, END_TOKEN), end: "proof" };
  }
  const ending = rows.logProbabilityOf(row, lineTokens.endIds);
  return { tokens, logProbability: logProbability + ending, end: "line" };
}

/** Gives paths with the same tokens the same row, each with its parent and its last token. */
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

interface WalkOptions {
  readonly lineTokens: LineTokens;
  /** What keeps lines statements; null: nothing. */
  readonly mask: LineMask | null;
  /** Most tokens of a line, its beginning included. */
  readonly maxTokens: number;
}

/** Tells one path's next token; -1: none may follow. */
type ChooseToken = (path: Path, rows: Rows) => number;

/** Follows one path to its end. */
export class PathWalker implements Walker {
  /** The line, once it has ended. */
  finished: FinishedPath | null = null;
  #path: Path;

  constructor(readonly choose: ChooseToken, readonly options: WalkOptions) {
    this.#path = beginning(options.mask);
  }

  get live(): readonly Path[] {
    return this.finished === null ? [this.#path] : [];
  }

  advance(rows: Rows): void {
    if (this.finished !== null) return;
    const { lineTokens, mask, maxTokens } = this.options;
    const token = this.choose(this.#path, rows);
    if (token < 0) {
      this.finished = { ...this.#path, end: "length" };
      return;
    }
    if (lineTokens.ends[token] === 1) {
      this.finished = endOf(this.#path, rows, lineTokens);
      return;
    }
    this.#path = extended(this.#path, token, { rows, mask });
    if (lineTokens.endsInside[token] === 1) this.finished = { ...this.#path, end: "line" };
    else if (this.#path.tokens.length === maxTokens) this.finished = { ...this.#path, end: "length" };
  }
}

/** Reads given tokens, without a newline, to learn a line's probability; none for the end of the proof. */
export function givenTokens(given: readonly number[]): ChooseToken {
  return ({ tokens }) => given[tokens.length] ?? END_TOKEN;
}

/** Draws tokens, after those that the start has. */
export function drawnTokens(
  start: LineStart,
  { lineTokens, mask, rng, sampling }: {
    lineTokens: LineTokens;
    mask: LineMask | null;
    rng: Rng;
    sampling: SampleOptions;
  },
): ChooseToken {
  return (path, rows) => {
    const { row, tokens: { length } } = path;
    if (length < start.tokens.length) return start.tokens[length]!;
    const allowed = length === start.tokens.length ? start.allowed : null;
    const may = following(path, allowed, mask);
    // At a line's beginning: no newline.
    const isLine = (id: number): boolean =>
      (lineTokens.ends[id] === 0 || id === END_TOKEN) && (may?.(id) ?? true);
    return sampleToken(rows.logits(row), rng, sampling, length === 0 ? isLine : may);
  };
}

/** Beam search: of the lines that go on from the `width` likeliest beginnings, the likeliest. */
export class BeamWalker implements Walker {
  /** The likeliest lines that have ended, at most `width`, the likeliest first. */
  finished: FinishedPath[] = [];
  live: Path[];
  /** The starts of live paths that are not through with theirs. */
  #starts = new Map<Path, LineStart>();

  constructor(starts: readonly LineStart[], readonly options: WalkOptions & { readonly width: number }) {
    for (const start of starts.slice(0, options.width)) {
      this.#starts.set(beginning(options.mask), start);
    }
    this.live = [...this.#starts.keys()];
  }

  advance(rows: Rows): void {
    const { lineTokens, mask, maxTokens, width } = this.options;
    const starts = new Map<Path, LineStart>();
    const beginning: Path[] = [];
    const free: { path: Path; token: number; logProbability: number }[] = [];
    for (const path of this.live) {
      const start = this.#starts.get(path);
      const forced = start?.tokens[path.tokens.length];
      if (start !== undefined && forced !== undefined) {
        const next = extended(path, forced, { rows, mask });
        starts.set(next, start);
        beginning.push(next);
        continue;
      }
      const logits = rows.logits(path.row);
      const allowed = start?.allowed ?? null;
      const may = following(path, allowed, mask);
      if (allowed === null && (may === null || lineTokens.endIds.some(may))) {
        this.finished.push(endOf(path, rows, lineTokens));
      }
      for (const token of this.#likeliest(logits, may)) {
        const logProbability = path.logProbability + rows.logProbability(path.row, token);
        free.push({ path, token, logProbability });
      }
    }
    free.sort((a, b) => b.logProbability - a.logProbability);
    this.live = beginning;
    this.#starts = starts;
    for (const { path, token } of free.slice(0, Math.max(0, width - beginning.length))) {
      const next = extended(path, token, { rows, mask });
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
  #likeliest(logits: Float32Array, may: ((id: number) => boolean) | null): number[] {
    const { lineTokens: { ends }, width } = this.options;
    const best: number[] = [];
    for (let id = 0; id < logits.length; id++) {
      if (best.length === width && !(logits[id]! > logits[best[width - 1]!]!)) continue;
      if (ends[id] === 1 || logits[id] === -Infinity || may?.(id) === false) continue;
      let at = Math.min(best.length, width - 1);
      for (; at > 0 && logits[id]! > logits[best[at - 1]!]!; at--) best[at] = best[at - 1]!;
      best[at] = id;
    }
    return best;
  }
}
