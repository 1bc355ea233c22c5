// Reads a proof's line byte by byte and knows after each whether the line can still become a statement: bytes
// make lexemes, lexemes move the grammar (grammar.ts). Every state that is given out has a way on, but for
// the depth of brackets; so a line that is drawn byte by byte never gets stuck. At most one space stands
// between two lexemes, none at a line's ends, and there are no comments.
import { type Frame, Frames, isBound } from "./frames.ts";
import * as grammar from "./grammar.ts";
import type { LineScope } from "./scope.ts";

/** Where a reader is in a line. */
export interface LineState {
  /** The line is complete, if it ends here. */
  readonly isComplete: boolean;
  /** Its end has been read; anything may follow. */
  readonly isOver: boolean;
  /** The state after each byte that was asked for; null: no statement goes on so. */
  readonly next: (LineState | null | undefined)[];
  readonly stacks: Stacks;
  readonly top: Frame;
  /** What has been read of a lexeme: a word or a number, the first bytes of a sign, or a space. */
  readonly partial: string;
}

/** A word's first letters that begin no keyword, where names are not checked: all are alike. */
const ANY_NAME = "~";
const LONGEST_NAME = 64;
/** States that are kept; beyond, lines that begin have new ones. */
const MAX_STATES = 1 << 13;

/** Frames, and the states over them. */
interface Stacks {
  readonly frames: Frames;
  readonly states: Map<string, LineState>;
}

/** Signs by their bytes as characters, and those that are longer and begin so. */
const SIGNS = new Map(grammar.SIGNS.map((sign) => [latin(sign), sign]));
const LONGER = new Map<string, string[]>();
for (const [bytes, sign] of SIGNS) {
  for (let end = 1; end < bytes.length; end++) {
    LONGER.set(bytes.slice(0, end), [...LONGER.get(bytes.slice(0, end)) ?? [], sign]);
  }
}
const KEYWORDS = [...grammar.KEYWORDS];

/** Reads lines; one object for any number of them. */
export class LineReader {
  readonly #scope: LineScope | null;
  #stacks: Stacks = { frames: new Frames(), states: new Map() };

  /** With a scope, only names of it, and those that the line binds, are read. */
  constructor(scope: LineScope | null = null) {
    this.#scope = scope;
  }

  /** A line's beginning. */
  start(): LineState {
    if (this.#stacks.states.size > MAX_STATES) this.#stacks = { frames: new Frames(), states: new Map() };
    return new Reading(this.#stacks, this.#scope).state(this.#stacks.frames.bottom(), "");
  }

  /** One byte on; null when no statement begins so. */
  read(state: LineState, byte: number): LineState | null {
    const known = state.next[byte];
    if (known !== undefined) return known;
    if (state.isOver) return state;
    return state.next[byte] = new Reading(state.stacks, this.#scope).read(state, byte);
  }

  /** A whole text. */
  readText(text: string, from: LineState = this.start()): LineState | null {
    let state: LineState | null = from;
    for (const byte of new TextEncoder().encode(text)) {
      if (state === null) return null;
      state = this.read(state, byte);
    }
    return state;
  }
}

/** Whether a line is a statement of Acorn that can stand in a proof; with a scope: of its names. */
export function isStatement(line: string, scope: LineScope | null = null): boolean {
  return new LineReader(scope).readText(line)?.isComplete === true;
}

/** One step over some stacks. */
class Reading {
  readonly #frames: Frames;

  constructor(readonly stacks: Stacks, readonly scope: LineScope | null) {
    this.#frames = stacks.frames;
  }

  read({ top, partial, isComplete }: LineState, byte: number): LineState | null {
    const character = String.fromCharCode(byte);
    if (character === "\n") return isComplete ? this.state(top, "\n") : null;
    if (isWord(partial)) {
      if (isWordByte(byte)) return this.#grow(top, partial, character);
      const after = this.#word(top, partial);
      return after === null ? null : this.#fresh(after, "", character);
    }
    if (partial === "" || partial === " ") return this.#fresh(top, partial, character);
    // The first bytes of a sign: the longest one counts.
    const longer = this.#sign(top, partial + character);
    if (longer !== null || !SIGNS.has(partial) || SIGNS.has(partial + character)) return longer;
    if (partial + character === "//") return null;
    const after = grammar.afterSign(this.#frames, top, SIGNS.get(partial)!);
    return after === null ? null : this.#fresh(after, "", character);
  }

  /** The first byte of a lexeme, or a space. */
  #fresh(top: Frame, partial: string, character: string): LineState | null {
    if (character === " ") {
      const isPlace = partial === "" && top.mode !== "start" && top.mode !== "end";
      return isPlace ? this.state(top, " ") : null;
    }
    if (isWordByte(character.charCodeAt(0))) return this.#grow(top, "", character);
    const applied = partial === "" && character === "<" ? grammar.APPLIED : null;
    const after = applied === null ? null : grammar.afterSign(this.#frames, top, applied);
    return after === null ? this.#sign(top, character) : this.state(after, "");
  }

  /** A sign, or the first bytes of one that may stand here. */
  #sign(top: Frame, bytes: string): LineState | null {
    const longer = LONGER.get(bytes) ?? [];
    const sign = SIGNS.get(bytes);
    const after = sign === undefined ? null : grammar.afterSign(this.#frames, top, sign);
    if (longer.length === 0) return after === null ? null : this.state(after, "");
    const isOpen = (other: string): boolean => grammar.afterSign(this.#frames, top, other) !== null;
    return after !== null || longer.some(isOpen) ? this.state(top, bytes) : null;
  }

  /** A word or a number with one more character, if it can still be one that may stand here. */
  #grow(top: Frame, partial: string, character: string): LineState | null {
    const isDigit = /\d/.test(character);
    if (partial === "0" || partial === "" && isDigit) {
      // All numbers are alike.
      const isNumber = isDigit && grammar.afterNumber(this.#frames, top) !== null;
      return isNumber ? this.state(top, "0") : null;
    }
    const word = partial + character;
    if (word.length > LONGEST_NAME) return null;
    const kind = grammar.nameKind(top);
    if (kind === null || !this.#mayBegin(top, kind, word)) {
      const isKeyword = KEYWORDS.some((keyword) =>
        keyword.startsWith(word) && grammar.afterKeyword(this.#frames, top, keyword) !== null
      );
      return isKeyword ? this.state(top, word) : null;
    }
    const isAnyName = this.scope === null && !KEYWORDS.some((keyword) => keyword.startsWith(word));
    return this.state(top, isAnyName ? ANY_NAME : word);
  }

  /** Whether a name of this kind can begin so. */
  #mayBegin(top: Frame, kind: grammar.NameKind, word: string): boolean {
    if (kind === "new") return /^[a-z~]/.test(word);
    if (kind === "newType") return /^[A-Z~]/.test(word);
    if (this.scope === null || kind === "module") return true;
    return this.scope.hasPrefix(word) || kind === "value" && isBound(top, word, { prefix: true });
  }

  /** After a word that is over; null when it may not stand here. */
  #word(top: Frame, word: string): Frame | null {
    if (word === "0") return grammar.afterNumber(this.#frames, top);
    if (grammar.KEYWORDS.has(word)) return grammar.afterKeyword(this.#frames, top, word);
    const kind = grammar.nameKind(top);
    if (kind === null) return null;
    const isNew = kind === "new" || kind === "newType";
    const isChecked = this.scope !== null && !isNew && kind !== "module";
    if (isChecked && !this.scope!.has(word)) {
      if (kind !== "value" || !isBound(top, word, { prefix: false })) return null;
    }
    return grammar.afterName(this.#frames, top, isNew && this.scope !== null ? word : null);
  }

  state(top: Frame, partial: string): LineState {
    const key = `${top.id} ${partial}`;
    const known = this.stacks.states.get(key);
    if (known !== undefined) return known;
    const after = isWord(partial) ? this.#word(top, partial) : top;
    const isComplete = (after !== top || partial === "") && after !== null && grammar.isComplete(after);
    const state = { stacks: this.stacks, isComplete, isOver: partial === "\n", next: [], top, partial };
    this.stacks.states.set(key, state);
    return state;
  }
}

/** Whether what has been read of a lexeme is a word or a number. */
function isWord(partial: string): boolean {
  return partial.startsWith(ANY_NAME) || isWordByte(partial.charCodeAt(0));
}

function isWordByte(byte: number): boolean {
  return byte >= 48 && byte <= 57 || byte >= 65 && byte <= 90 || byte >= 97 && byte <= 122 || byte === 95;
}

/** A text's UTF-8, a character a byte. */
function latin(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}
