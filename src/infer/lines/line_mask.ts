// Which tokens may come next in a line that is to be a statement: those whose bytes the reader
// (line_reader.ts) takes, over all borders of tokens. A state's answer is found in one walk over the
// vocabulary in the order of its bytes, where what tokens have in common is read once, and then kept. A line
// that says nothing new may not end: one that was said before, or holds whatever it means (vacuous.ts).
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

/** A reader's states, and (V) by state: 1 for tokens that may come. Kept from line to line. */
interface Walks {
  readonly reader: LineReader;
  readonly allowed: WeakMap<LineState, Uint8Array>;
}

interface Vocabulary {
  /** Tokens in the order of their bytes, special ones left out. */
  readonly ids: readonly number[];
  /** How many bytes each has in common with the one before. */
  readonly common: readonly number[];
  /** (V): where a token has a newline; -1: nowhere. */
  readonly newlineAt: Int32Array;
  /** Where any name may be used. */
  readonly walks: Walks;
}

const vocabularies = new WeakMap<Tokenizer, Vocabulary>();

/** Says which tokens may come next. */
export class LineMask {
  readonly #vocabulary: Vocabulary;
  readonly #walks: Walks;
  readonly #known: Set<string>;

  constructor(readonly tokenizer: Tokenizer, { scope, known = [] }: LineRules = {}) {
    this.#vocabulary = vocabularies.get(tokenizer) ?? vocabularyOf(tokenizer);
    vocabularies.set(tokenizer, this.#vocabulary);
    this.#walks = scope === undefined ? this.#vocabulary.walks : newWalks(scope);
    this.#known = new Set(known.map(normalLine));
  }

  /** A line's beginning. */
  start(): LineState {
    return this.#walks.reader.start();
  }

  /** The state after a token; null when no statement goes on so. What follows a newline is not looked at. */
  after(state: LineState, token: number): LineState | null {
    let next: LineState | null = state;
    for (const byte of this.tokenizer.tokenBytes(token)) {
      if (next !== null) next = this.#walks.reader.read(next, byte);
    }
    return next;
  }

  /** (V): 1 for each token that may come next, after these tokens of the line; all 0: none can. */
  allowed(state: LineState, line: readonly number[]): Uint8Array {
    const free = this.#walks.allowed.get(state) ?? this.#walk(state);
    this.#walks.allowed.set(state, free);
    const { newlineAt } = this.#vocabulary;
    const stale = new Map<string, boolean>();
    let allowed = free;
    for (let id = 0, text: string | undefined; id < free.length; id++) {
      if (free[id] === 0 || line.length === 0 || newlineAt[id]! < 0 && id !== END_TOKEN) continue;
      text ??= this.tokenizer.decode(line);
      const whole = text + this.#beforeNewline(id);
      if (!stale.has(whole)) stale.set(whole, this.saysNothing(whole));
      if (!stale.get(whole)) continue;
      if (allowed === free) allowed = free.slice();
      allowed[id] = 0;
    }
    return allowed;
  }

  /** Whether a line was said before, or holds whatever it means. */
  saysNothing(line: string): boolean {
    const normal = normalLine(line);
    return normal === "" || this.#known.has(normal) || isVacuous(normal);
  }

  /** Whether a line is a statement that says something new. */
  offers(line: string): boolean {
    return this.#walks.reader.readText(normalLine(line))?.isComplete === true && !this.saysNothing(line);
  }

  /** A line has been said. */
  addKnown(line: string): void {
    this.#known.add(normalLine(line));
  }

  #beforeNewline(id: number): string {
    const at = this.#vocabulary.newlineAt[id]!;
    return at <= 0 ? "" : new TextDecoder().decode(this.tokenizer.tokenBytes(id).subarray(0, at));
  }

  #walk(state: LineState): Uint8Array {
    const { ids, common } = this.#vocabulary;
    const allowed = new Uint8Array(this.tokenizer.vocabularySize);
    // The states after each byte of the token before; shorter where nothing goes on so.
    const path: LineState[] = [state];
    for (const [i, id] of ids.entries()) {
      const bytes = this.tokenizer.tokenBytes(id);
      if (path.length > common[i]! + 1) path.length = common[i]! + 1;
      else if (path.length <= common[i]!) continue;
      while (path.length <= bytes.length) {
        const next = this.#walks.reader.read(path.at(-1)!, bytes[path.length - 1]!);
        if (next === null) break;
        path.push(next);
      }
      if (path.length > bytes.length) allowed[id] = 1;
    }
    if (state.isComplete || state === this.start()) allowed[END_TOKEN] = 1;
    return allowed;
  }
}

function vocabularyOf(tokenizer: Tokenizer): Vocabulary {
  const all = Array.from({ length: tokenizer.vocabularySize }, (_, id) => id);
  const newlineAt = Int32Array.from(all, (id) => tokenizer.tokenBytes(id).indexOf(NEWLINE));
  const isText = (id: number): boolean => !tokenizer.isSpecial(id) && tokenizer.tokenBytes(id).length > 0;
  const ids = all.filter(isText).sort((a, b) =>
    compareBytes(tokenizer.tokenBytes(a), tokenizer.tokenBytes(b))
  );
  const common = ids.map((id, i) =>
    i === 0 ? 0 : commonLength(tokenizer.tokenBytes(ids[i - 1]!), tokenizer.tokenBytes(id))
  );
  return { ids, common, newlineAt, walks: newWalks(null) };
}

function newWalks(scope: LineScope | null): Walks {
  return { reader: new LineReader(scope), allowed: new WeakMap() };
}

function commonLength(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length);
  for (let i = 0; i < most; i++) if (a[i] !== b[i]) return i;
  return most;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = commonLength(a, b);
  return (a[at] ?? -1) - (b[at] ?? -1);
}
