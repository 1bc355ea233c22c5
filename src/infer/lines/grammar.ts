// The grammar of a proof's lines: which lexeme may follow, as a pushdown automaton over frames (frames.ts). A
// line is a claim, or `let … satisfy { … }`. It follows the prover's parser (its src/syntax of July 2026 and
// January 2026 read, not copied), and keeps out some of what parses and can never be meant: a sum as a
// claim, `a < b < c`, a number applied to arguments, `not not`. Not here: types beyond that, and whether a
// name exists (scope.ts).
import {
  AFTER_NOT,
  ARITHMETIC,
  EQUATED,
  type Frame,
  type FrameKind,
  type Frames,
  IMPLIED,
  LAST,
  LAST_NUMBER,
  LAST_TERM,
  LAST_TRUTH,
  LAST_UNKNOWN,
  LOGICAL,
  MARKED,
  NEGATED,
  NEGATED_TWICE,
  OF_TERMS,
  OF_TRUTHS,
  ORDERED,
} from "./frames.ts";

/** Words that are no names; `choose` is one in proofs, and `constraint` behind a dot. */
export const KEYWORDS: ReadonlySet<string> = new Set(
  ("and attributes axiom by class constraint define else exists extends false forall from function if iff implies " +
    "import inductive instance lemma let lib local match not numerals or satisfy self solve structure theorem " +
    "transport true type typeclass").split(" "),
);

const ARITHMETIC_SIGNS: ReadonlySet<string> = new Set(["+", "-", "*", "/", "%", "∪", "∩", "∖"]);
const ORDERS: ReadonlySet<string> = new Set(["<", "<=", ">", ">=", ..."∈∉∋∌⊆⊇⊂⊃"]);
const LOGICAL_WORDS: ReadonlySet<string> = new Set(["and", "or", "iff", "implies"]);
/** `<` without a space before it, which types may follow, as in `f<T>(x)`. */
export const APPLIED = " <";
/** Every sign that is no letter, number or white space. */
export const SIGNS: readonly string[] = [
  ...ARITHMETIC_SIGNS,
  ...ORDERS,
  ..."(){}[],:.=",
  "!=",
  "->",
];

/** Which name may come: one that exists, one behind a dot, a module's, a new one; null: none. */
export type NameKind = "value" | "attribute" | "module" | "new" | "newType" | null;

const NAME_KINDS: Partial<Record<Frame["mode"], NameKind>> = {
  start: "value",
  operand: "value",
  dot: "attribute",
  type: "value",
  typeDot: "attribute",
  name: "new",
  typeName: "newType",
  module: "module",
};

export function nameKind({ mode }: Frame): NameKind {
  return NAME_KINDS[mode] ?? null;
}

/** What comes after a word that is no keyword, and of which {@linkcode nameKind} is not null. */
export function afterName(frames: Frames, top: Frame, bound: string | null): Frame {
  const names = bound === null ? top.names : [...top.names, bound];
  switch (top.mode) {
    case "type":
    case "typeDot":
      return frames.top(top, { mode: "afterType" });
    case "name":
      return frames.top(top, { mode: "colon", names });
    case "typeName":
      return frames.top(top, { mode: "afterType", flags: MARKED, names });
    case "module":
      return frames.top(top, { mode: "moduleDot" });
    default:
      return operand(frames, top, LAST_UNKNOWN);
  }
}

/** What comes after a number; null where none may stand. */
export function afterNumber(frames: Frames, top: Frame): Frame | null {
  const { mode, kind } = top;
  if (mode === "type" && kind === "typeArguments") return frames.top(top, { mode: "afterType" });
  if (mode === "dot") return operand(frames, top, LAST_TERM);
  return mode === "start" || mode === "operand" ? operand(frames, top, LAST_NUMBER) : null;
}

/** What comes after a keyword; null where it may not stand. */
export function afterKeyword(frames: Frames, top: Frame, word: string): Frame | null {
  const { mode, flags } = top;
  const isNegation = flags === NEGATED_TWICE || (flags & NEGATED) !== 0 && (flags & AFTER_NOT) !== 0;
  if (mode === "satisfy" || mode === "afterType" && top.kind === "let") {
    return word === "satisfy" ? frames.top(top, { mode: "brace" }) : null;
  }
  if (mode === "otherwise") return word === "else" ? frames.top(top, { kind: "else", mode: "brace" }) : null;
  if (mode === "type") return word === "lib" ? library(frames, frames.top(top, { mode: "afterType" })) : null;
  if (mode === "dot") return word === "constraint" ? operand(frames, top, LAST_UNKNOWN) : null;
  if (mode === "after") return LOGICAL_WORDS.has(word) ? connect(frames, top, word) : null;
  if (mode === "start") {
    // What begins with `forall` or `if` is a block of statements.
    if (word === "let") return frames.push(frames.top(top, { mode: "end" }), "let", "name", MARKED);
    if (word === "forall" || word === "if") return null;
  } else if (mode !== "operand") return null;
  switch (word) {
    case "not":
      if ((flags & AFTER_NOT) !== 0) return null;
      return frames.top(top, { mode: "operand", flags: flags | AFTER_NOT | LOGICAL });
    case "true":
    case "false":
      return operand(frames, top, LAST_TRUTH);
    case "lib":
      return library(frames, operand(frames, top, LAST_UNKNOWN));
    case "forall":
    case "exists":
      return isNegation ? null : frames.push(operand(frames, top, LAST_TRUTH), word, "open");
    case "function":
      return frames.push(operand(frames, top, LAST_UNKNOWN), word, "open");
    case "if":
      return frames.push(operand(frames, top, LAST_UNKNOWN), "condition", "operand");
    default:
      return null;
  }
}

/** What comes after a sign; null where it may not stand. */
export function afterSign(frames: Frames, top: Frame, sign: string): Frame | null {
  const to = (mode: Frame["mode"]): Frame => frames.top(top, { mode });
  switch (top.mode) {
    case "start":
    case "operand":
      if (sign === "(") {
        return frames.push(operand(frames, top, LAST_UNKNOWN), "group", "operand", negation(top.flags));
      }
      if (sign !== "-") return null;
      return frames.top(top, { mode: "operand", flags: (top.flags | ARITHMETIC) & ~AFTER_NOT });
    case "after":
      return afterValue(frames, top, sign);
    case "type":
      return sign === "(" ? frames.push(to("afterType"), "tuple", "type") : null;
    case "afterType":
      return afterType(frames, top, sign);
    case "arrow":
      return sign === "->" ? to("type") : null;
    case "arrowName":
      return sign === "->" ? to("name") : null;
    case "name":
      if (top.kind !== "let" || (top.flags & MARKED) === 0) return null;
      if (sign === "(") return frames.top(top, { kind: "letMany", mode: "name", flags: 0 });
      return sign === "[" ? frames.push(frames.top(top, { flags: 0 }), "typeParameters", "typeName") : null;
    case "open":
      if (sign === "[" && top.kind === "function" && top.flags === 0) {
        return frames.push(frames.top(top, { flags: MARKED }), "typeParameters", "typeName");
      }
      if (sign === "{" && top.flags === MARKED) return frames.top(top, { mode: "operand", flags: 0 });
      return sign === "(" ? to("name") : null;
    case "colon":
      if (top.kind === "let" && sign === "[") return frames.push(top, "typeParameters", "typeName");
      if (top.kind === "let" && sign === "(" && (top.flags & MARKED) !== 0) {
        return frames.push(frames.top(top, { mode: "arrowName", flags: 0 }), "parameters", "name");
      }
      return sign === ":" ? to("type") : null;
    case "brace":
      return sign === "{" ? frames.top(top, { mode: "operand", flags: 0 }) : null;
    case "libraryOpen":
      return sign === "(" ? to("module") : null;
    case "moduleDot":
      if (sign === ")") return to("libraryDot");
      return sign === "." ? to("module") : null;
    case "libraryDot": {
      const below = top.below!;
      return sign === "." ? frames.top(below, { mode: below.mode === "after" ? "dot" : "typeDot" }) : null;
    }
    default:
      return null;
  }
}

/** Whether a line may end here. */
export function isComplete({ mode, kind, flags }: Frame): boolean {
  return mode === "end" || mode === "after" && kind === "line" && isTruth(flags);
}

/** The frame with one more operand. */
function operand(frames: Frames, top: Frame, last: number): Frame {
  return frames.top(top, { mode: "after", flags: top.flags & ~(LAST | AFTER_NOT) | last });
}

/** The flags of a group's beginning; `not (not (forall …))` is kept out as `not (not forall …)` is. */
function negation(flags: number): number {
  if (flags === NEGATED_TWICE) return NEGATED_TWICE;
  if ((flags & AFTER_NOT) === 0) return 0;
  return (flags & NEGATED) === 0 ? NEGATED : NEGATED_TWICE;
}

function library(frames: Frames, below: Frame): Frame | null {
  return frames.push(below, "library", "libraryOpen");
}

/** Whether what stands since the last logical word may be true or false. */
function isTruth(flags: number): boolean {
  const side = sideType(flags);
  if ((flags & EQUATED) === 0) return side !== LAST_TERM;
  return (flags & OF_TRUTHS) !== 0 ? side !== LAST_TERM : (flags & OF_TERMS) === 0 || side !== LAST_TRUTH;
}

/** Of what stands since the last `=` or logical word. */
function sideType(flags: number): number {
  if ((flags & ORDERED) !== 0) return LAST_TRUTH;
  if ((flags & ARITHMETIC) !== 0 || (flags & LAST) === LAST_NUMBER) return LAST_TERM;
  return flags & LAST;
}

function connect(frames: Frames, top: Frame, word: string): Frame | null {
  const { flags } = top;
  if (!isTruth(flags) || word === "implies" && (flags & IMPLIED) !== 0) return null;
  const kept = flags & IMPLIED | LOGICAL | (word === "implies" ? IMPLIED : 0);
  return frames.top(top, { mode: "operand", flags: kept });
}

function afterValue(frames: Frames, top: Frame, sign: string): Frame | null {
  const { kind, flags } = top;
  const last = flags & LAST;
  if (sign === ".") return last === LAST_TRUTH ? null : frames.top(top, { mode: "dot" });
  if (sign === "(" || sign === "[" || sign === APPLIED) {
    if (last !== LAST_UNKNOWN && last !== LAST_TERM) return null;
    if (sign === "(") return frames.push(top, "arguments", "operand");
    return frames.push(top, "typeArguments", "type", sign === APPLIED ? MARKED : 0);
  }
  if (ARITHMETIC_SIGNS.has(sign)) {
    if (last === LAST_TRUTH) return null;
    return frames.top(top, { mode: "operand", flags: flags & ~LAST | ARITHMETIC });
  }
  const isOrder = ORDERS.has(sign);
  if (isOrder || sign === "=" || sign === "!=") return compare(frames, top, isOrder);
  if (sign === "{") return kind === "condition" && isTruth(flags) ? branch(frames, top) : null;
  if (sign === "," && kind === "arguments") {
    return isValue(flags) ? frames.top(top, { mode: "operand", flags: 0 }) : null;
  }
  if (sign === ")" && (kind === "group" || kind === "arguments")) {
    const below = top.below!;
    if (!isValue(flags)) return null;
    return frames.top(below, {
      flags: below.flags & ~LAST | (kind === "group" ? typeOf(flags) : LAST_UNKNOWN),
    });
  }
  return sign === "}" ? closeBody(frames, top) : null;
}

/** Orders bind closer than `=`: `a = b < c` compares truth values, and so does the last `=` of `a = b = c`. */
function compare(frames: Frames, top: Frame, isOrder: boolean): Frame | null {
  const { flags } = top;
  const side = sideType(flags);
  if (isOrder) {
    if ((flags & (ORDERED | OF_TERMS)) !== 0) return null;
    return frames.top(top, { mode: "operand", flags: flags & ~(LAST | ARITHMETIC) | ORDERED });
  }
  if (!isTruth(flags) && (flags & EQUATED) !== 0) return null;
  const type = (flags & EQUATED) !== 0 || side === LAST_TRUTH ? OF_TRUTHS : side === LAST_TERM ? OF_TERMS : 0;
  const kept = flags & ~(LAST | ARITHMETIC | ORDERED | OF_TERMS | OF_TRUTHS);
  return frames.top(top, { mode: "operand", flags: kept | EQUATED | type });
}

/** Whether a value can end here: after a logical word only with a truth value. */
function isValue(flags: number): boolean {
  return (flags & (LOGICAL | EQUATED)) === 0 || isTruth(flags);
}

function typeOf(flags: number): number {
  if ((flags & (LOGICAL | EQUATED | ORDERED)) !== 0) return LAST_TRUTH;
  return (flags & ARITHMETIC) !== 0 ? LAST_TERM : flags & LAST;
}

function branch(frames: Frames, top: Frame): Frame {
  return frames.top(top, { kind: "then", mode: "operand", flags: 0 });
}

const TRUTH_BODIES: ReadonlySet<FrameKind> = new Set(["forall", "exists", "let", "letMany"]);

function closeBody(frames: Frames, top: Frame): Frame | null {
  const { kind, flags } = top;
  if (kind === "then") return isValue(flags) ? frames.top(top, { mode: "otherwise" }) : null;
  if (TRUTH_BODIES.has(kind)) return isTruth(flags) ? top.below : null;
  return (kind === "function" || kind === "else") && isValue(flags) ? top.below : null;
}

function afterType(frames: Frames, top: Frame, sign: string): Frame | null {
  const { kind, flags } = top;
  const to = (mode: Frame["mode"]): Frame => frames.top(top, { mode });
  if (kind === "typeParameters" && (flags & MARKED) !== 0) {
    // Behind a new type's name, where its typeclass may follow.
    if (sign === ":") return frames.top(top, { mode: "type", flags: 0 });
  } else {
    if (sign === ".") return to("typeDot");
    if (sign === "[") return frames.push(top, "typeArguments", "type");
    if (sign === APPLIED) return frames.push(top, "typeArguments", "type", MARKED);
    if (sign === "->") return kind === "typeParameters" ? null : to("type");
  }
  switch (kind) {
    case "tuple":
      if (sign === ",") return frames.top(top, { mode: "type", flags: MARKED });
      if (sign !== ")") return null;
      return frames.top(top.below!, { mode: (flags & MARKED) === 0 ? "afterType" : "arrow" });
    case "typeArguments":
      if (sign === ",") return to("type");
      return sign === ((flags & MARKED) === 0 ? "]" : ">") ? top.below : null;
    case "typeParameters":
      if (sign === ",") return to("typeName");
      return sign === "]" ? withNames(frames, top.below!, top) : null;
    case "letMany":
    case "forall":
    case "exists":
    case "function":
      if (sign === ",") return to("name");
      return sign === ")" ? to(kind === "letMany" ? "satisfy" : "brace") : null;
    case "parameters":
      if (sign === ",") return to("name");
      return sign === ")" ? withNames(frames, top.below!, top) : null;
    default:
      return null;
  }
}

/** What was named in the frame above is bound in the one below. */
function withNames(frames: Frames, below: Frame, { names }: Frame): Frame {
  return frames.top(below, { names: [...below.names, ...names] });
}
