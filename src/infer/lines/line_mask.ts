// Which tokens may come next in a line that is to be a statement: those whose bytes the reader
// (line_reader.ts) takes, over all borders of tokens. Only tokens that are about to be drawn are asked for,
// not the whole vocabulary. A line that says nothing new may not end: one that was said before, or holds
// whatever it means (vacuous.ts).
import { END_TOKEN } from "../../config.ts";
import { normalLine } from "../../prompt/mod.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";
import { LineReader, type LineState } from "./line_reader.ts";
import type { LineScope } from "./scope.ts";
import { isVacuous } from "./vacuous.ts";

/** What lines must be, beside statements. */
export interface LineRules {
  /** Names that may be used. Default: any. */
  readonly scope?: LineScope | undefined;
  /** Lines that must not be said again. Default: none. */
  readonly known?: readonly string[];
}

const NEWLINE = 10;

/** Readers of any names, whose states are kept from line to line. */
const freeReaders = new WeakMap<Tokenizer, LineReader>();

/** Says which tokens may come next. */
export class LineMask {
  readonly #reader: LineReader;
  readonly #known: Set<string>;
  /** By a line's tokens, and what a last token adds: whether it says nothing. */
  readonly #stale = new WeakMap<readonly number[], Map<string, boolean>>();

  constructor(readonly tokenizer: Tokenizer, { scope, known = [] }: LineRules = {}) {
    this.#reader = scope === undefined
      ? freeReaders.get(tokenizer) ?? new LineReader()
      : new LineReader(scope);
    if (scope === undefined) freeReaders.set(tokenizer, this.#reader);
    this.#known = new Set(known.map(normalLine));
  }

  /** A line's beginning. */
  start(): LineState {
    return this.#reader.start();
  }

  /** The state after a token; null when no statement goes on so. What follows a newline is not looked at. */
  after(state: LineState, token: number): LineState | null {
    let next: LineState | null = state;
    for (const byte of this.tokenizer.tokenBytes(token)) {
      if (next === null) return null;
      next = this.#reader.read(next, byte);
    }
    return next;
  }

  /** Whether a token may come next, after these of the line. */
  allows(state: LineState, line: readonly number[], token: number): boolean {
    if (token === END_TOKEN) {
      return line.length === 0 || state.isComplete && !this.#isStale(line, "");
    }
    const bytes = this.tokenizer.tokenBytes(token);
    if (this.tokenizer.isSpecial(token) || bytes.length === 0) return false;
    const next = this.after(state, token);
    if (next?.isOver !== true) return next !== null;
    return !this.#isStale(line, new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(NEWLINE))));
  }

  /** Whether a line was said before, or holds whatever it means. */
  saysNothing(line: string): boolean {
    const normal = normalLine(line);
    return normal === "" || this.#known.has(normal) || isVacuous(normal);
  }

  /** Whether a line is a statement that says something new. */
  offers(line: string): boolean {
    return this.#reader.readText(normalLine(line))?.isComplete === true && !this.saysNothing(line);
  }

  /** A line has been said. */
  addKnown(line: string): void {
    this.#known.add(normalLine(line));
  }

  #isStale(line: readonly number[], last: string): boolean {
    const known = this.#stale.get(line) ?? new Map<string, boolean>();
    this.#stale.set(line, known);
    const isStale = known.get(last) ?? this.saysNothing(this.tokenizer.decode(line) + last);
    known.set(last, isStale);
    return isStale;
  }
}
