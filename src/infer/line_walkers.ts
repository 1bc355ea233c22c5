/** The ways in which a line can go on: drawing tokens, reading what is given, beam search. */
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

interface WalkOptions {
  readonly lineTokens: LineTokens;
  /** Most tokens of a line, its beginning included. */
  readonly maxTokens: number;
}

/** Tells one path's next token. */
type ChooseToken = (path: Path, rows: Rows) => number;

/** Follows one path to its end. */
export class PathWalker implements Walker {
  /** The line, once it has ended. */
  finished: FinishedPath | null = null;
  #path: Path = { row: 0, tokens: [], logProbability: 0 };

  constructor(readonly choose: ChooseToken, readonly options: WalkOptions) {}

  get live(): readonly Path[] {
    return this.finished === null ? [this.#path] : [];
  }

  advance(rows: Rows): void {
    if (this.finished !== null) return;
    const { lineTokens, maxTokens } = this.options;
    const token = this.choose(this.#path, rows);
    if (lineTokens.ends[token] === 1) {
      this.finished = endOf(this.#path, rows, lineTokens);
      return;
    }
    this.#path = extended(this.#path, token, rows);
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
  { lineTokens, rng, sampling }: { lineTokens: LineTokens; rng: Rng; sampling: SampleOptions },
): ChooseToken {
  return ({ row, tokens: { length } }, rows) => {
    if (length < start.tokens.length) return start.tokens[length]!;
    const logits = rows.logits(row);
    const allowed = length === start.tokens.length ? start.allowed : null;
    if (length > 0 && allowed === null) return sampleToken(logits, rng, sampling);
    const masked = allowed === null ? logits.slice() : new Float32Array(logits.length).fill(-Infinity);
    for (const id of allowed ?? []) masked[id] = logits[id]!;
    for (const id of length === 0 ? lineTokens.endIds : []) if (id !== END_TOKEN) masked[id] = -Infinity;
    return sampleToken(masked, rng, sampling);
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
      this.#starts.set({ row: 0, tokens: [], logProbability: 0 }, start);
    }
    this.live = [...this.#starts.keys()];
  }

  advance(rows: Rows): void {
    const { lineTokens, maxTokens, width } = this.options;
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
        const logProbability = path.logProbability + rows.logProbability(path.row, token);
        free.push({ path, token, logProbability });
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
    const { lineTokens: { ends }, width } = this.options;
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
