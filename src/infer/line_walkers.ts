/** The ways in which a line can go on, step by step: drawing tokens, beam search, reading what is given. How they share a decoder: line_paths.ts. */
import { END_TOKEN } from "../config.ts";
import type { Rng } from "../rng.ts";
import {
  endOf,
  extended,
  type FinishedPath,
  type LineStart,
  type LineTokens,
  type Path,
  type Rows,
  type Walker,
} from "./line_paths.ts";
import { type SampleOptions, sampleToken } from "./sample.ts";

/** What all ways need to know. */
export interface WalkOptions {
  readonly lineTokens: LineTokens;
  /** Most tokens of a line, its beginning included. */
  readonly maxTokens: number;
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
