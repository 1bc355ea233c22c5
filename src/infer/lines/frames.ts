// What a line's reader remembers: a stack of frames, one for each bracket, binder or `let` that is open, the
// innermost on top. A frame is what may come next (mode), and of a value what is known of its type so far
// (flags). Frames are immutable and kept once each, so that equal stacks are the same object.

/** What is open. */
export type FrameKind =
  /** The line itself. */
  | "line"
  /** `let … satisfy {`; with its variables in parentheses; a function's parameters, `let f(x: T) -> y: U`. */
  | "let"
  | "letMany"
  | "parameters"
  /** Binders, from their keyword to their `}`. */
  | "forall"
  | "exists"
  | "function"
  /** Parentheses around a value, and around a function's arguments. */
  | "group"
  | "arguments"
  /** Parentheses in a type; brackets with types; brackets that name types. */
  | "tuple"
  | "typeArguments"
  | "typeParameters"
  /** `lib(a.b)`, up to the dot behind it. */
  | "library"
  /** The three parts of `if`. */
  | "condition"
  | "then"
  | "else";

/** What comes next. */
export type Mode =
  /** A line's first word; a value; what may follow one; the name behind its dot. */
  | "start"
  | "operand"
  | "after"
  | "dot"
  /** The same of types; `->` before a type, and before a name. */
  | "type"
  | "afterType"
  | "typeDot"
  | "arrow"
  | "arrowName"
  /** A new name; `:`; the end of a named type; `(` or `[` of a binder; `{`; the words `satisfy` and `else`. */
  | "name"
  | "colon"
  | "typeName"
  | "open"
  | "brace"
  | "satisfy"
  | "otherwise"
  /** Of `lib`: `(`, a name, a dot or `)`, the dot behind it. */
  | "libraryOpen"
  | "module"
  | "moduleDot"
  | "libraryDot"
  /** Nothing but the line's end. */
  | "end";

/** Of the last operand: unknown, a number, a truth value, or surely none. */
export const LAST_UNKNOWN = 1;
export const LAST_NUMBER = 2;
export const LAST_TRUTH = 3;
export const LAST_TERM = 4;
export const LAST = 7;
/** Since the last comparison: an arithmetic sign. */
export const ARITHMETIC = 8;
/** Since the last `=`, or logical word: an order, as in `a < b`. */
export const ORDERED = 16;
/** Since the last logical word: an `=`; what it compares are truth values; they are none. */
export const EQUATED = 32;
export const OF_TRUTHS = 64;
export const OF_TERMS = 128;
/** Anywhere in this value: a logical word; `implies`. */
export const LOGICAL = 256;
export const IMPLIED = 512;
/** The last word was `not`; the frame is a group behind a `not`, at its beginning; behind `not (not`. */
export const AFTER_NOT = 1024;
export const NEGATED = 2048;
export const NEGATED_TWICE = 8192;
/**
 * A tuple has a comma; a `let` has no name yet; a function has type parameters; a type's class may come;
 * type arguments stand in `<` and `>`.
 */
export const MARKED = 4096;

/** Brackets, binders and the like that may be open at a time. */
const MAX_DEPTH = 24;

/** One level of the stack. */
export interface Frame {
  readonly id: number;
  readonly kind: FrameKind;
  readonly mode: Mode;
  readonly flags: number;
  /** Names that it binds, where names are checked. */
  readonly names: readonly string[];
  readonly below: Frame | null;
  readonly depth: number;
}

type Change = Partial<Pick<Frame, "kind" | "mode" | "flags" | "names">>;

/** Makes frames, each once. */
export class Frames {
  readonly #known = new Map<string, Frame>();

  /** The stack at a line's beginning. */
  bottom(): Frame {
    return this.#frame({ kind: "line", mode: "start", flags: 0, names: [], below: null, depth: 0 });
  }

  /** The stack with another top. */
  top(frame: Frame, change: Change): Frame {
    return this.#frame({ ...frame, ...change });
  }

  /** The stack with one more frame; null when too much is open. */
  push(below: Frame, kind: FrameKind, mode: Mode, flags = 0): Frame | null {
    if (below.depth === MAX_DEPTH) return null;
    return this.#frame({ kind, mode, flags, names: [], below, depth: below.depth + 1 });
  }

  #frame(frame: Omit<Frame, "id">): Frame {
    const { kind, mode, flags, names, below } = frame;
    const key = `${below?.id} ${kind} ${mode} ${flags} ${names.join()}`;
    const known = this.#known.get(key) ?? { ...frame, id: this.#known.size };
    this.#known.set(key, known);
    return known;
  }
}

/** Whether a name is bound by a frame of the stack, or one begins so. */
export function isBound(top: Frame, word: string, { prefix }: { prefix: boolean }): boolean {
  for (let frame: Frame | null = top; frame !== null; frame = frame.below) {
    if (frame.names.some((name) => prefix ? name.startsWith(word) : name === word)) return true;
  }
  return false;
}
