// The words of an Acorn module. A line's end is a token ("newline"), and so is a comment, as in the prover: a
// newline ends most statements. Lines are counted from 0, as in the prover's own messages to editors; what
// people read counts from 1. It knows no grammar. Unknown characters are tokens ("invalid"), never errors.

/** What a token is. `keyword` are the words that Acorn reserves. */
export type TokenKind = "name" | "keyword" | "number" | "symbol" | "newline" | "doc" | "invalid";

/** A token, and where it stands. */
export interface Token {
  readonly kind: TokenKind;
  /** As it is written; "\n" for a line's end and for a comment. */
  readonly text: string;
  /** Line, from 0. */
  readonly line: number;
  /** Where it begins in its line, in UTF-16 units. */
  readonly start: number;
}

/** Words that cannot be names. `local`, `lemma`, `choose` and `transport` are reserved since 2026. */
export const KEYWORDS: ReadonlySet<string> = new Set(
  ("let axiom define theorem type forall exists if by function structure import true false else class " +
    "attributes numerals from solve satisfy and or not self inductive match constraint implies typeclass " +
    "instance extends iff lib choose local lemma transport").split(" "),
);

const PAIRS: ReadonlySet<string> = new Set(["!=", "->", "<=", ">="]);
const SYMBOLS = "(){}[],:.=+*%-<>/?∪∩∖∈∉∋∌⊆⊇⊂⊃";

/** A module's lines, without their ends. */
export function sourceLines(text: string): string[] {
  const lines = text.split("\n").map((line) => line.endsWith("\r") ? line.slice(0, -1) : line);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Cut a text into tokens; each line ends in a newline token. */
export function tokenize(lines: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let line = 0; line < lines.length; line++) tokenizeLine(lines[line]!, line, tokens);
  return tokens;
}

function tokenizeLine(text: string, line: number, tokens: Token[]): void {
  let at = 0;
  let first = true;
  while (at < text.length) {
    const character = text[at]!;
    if (character === " " || character === "\t") {
      at++;
      continue;
    }
    if (character === "/" && text[at + 1] === "/") {
      const isDoc = first && text[at + 2] === "/";
      tokens.push({ kind: isDoc ? "doc" : "newline", text: isDoc ? text.slice(at) : "\n", line, start: at });
      break;
    }
    const end = tokenEnd(text, at);
    const word = text.slice(at, end);
    tokens.push({ kind: kindOf(word), text: word, line, start: at });
    at = end;
    first = false;
  }
  tokens.push({ kind: "newline", text: "\n", line, start: text.length });
}

function tokenEnd(text: string, start: number): number {
  const code = text.charCodeAt(start);
  let end = start + 1;
  if (isDigit(code)) {
    while (end < text.length && isDigit(text.charCodeAt(end))) end++;
  } else if (isWord(code)) {
    while (end < text.length && isWord(text.charCodeAt(end))) end++;
  } else if (PAIRS.has(text.slice(start, start + 2))) {
    end++;
  } else if (code >= 0xd800 && code < 0xdc00 && end < text.length) {
    end++; // both halves of a character outside of the basic plane
  }
  return end;
}

function kindOf(word: string): TokenKind {
  const code = word.charCodeAt(0);
  if (isDigit(code)) return "number";
  if (isWord(code)) return KEYWORDS.has(word) ? "keyword" : "name";
  return word.length === 2 && PAIRS.has(word) || SYMBOLS.includes(word) ? "symbol" : "invalid";
}

function isDigit(code: number): boolean {
  return code >= 48 && code < 58;
}

/** Letters of all alphabets, digits, the underscore: what names are made of. */
function isWord(code: number): boolean {
  if (code > 127) return /[\p{Alphabetic}\p{N}]/u.test(String.fromCharCode(code));
  return isDigit(code) || code >= 97 && code < 123 || code >= 65 && code < 91 || code === 95;
}

/**
 * For each opening bracket the index of its closing one, or of the token before which the module goes on
 * where it was never closed; -1 for other tokens. A keyword of the top level at a line's begin closes all:
 * a module in the middle of an edit is still readable after its broken theorem.
 */
export function matchBrackets(tokens: readonly Token[], report: (line: number, message: string) => void) {
  const partner = new Int32Array(tokens.length).fill(-1);
  const open: number[] = [];
  const leave = (end: number): void => {
    const at = open.pop()!;
    partner[at] = end;
    report(tokens[at]!.line, `"${tokens[at]!.text}" is never closed`);
  };
  for (let i = 0; i < tokens.length; i++) {
    const { kind, text } = tokens[i]!;
    if (beginsTopLevel(tokens[i]!)) { while (open.length > 0) leave(i); }
    if (kind !== "symbol") continue;
    if (text === "(" || text === "[" || text === "{") open.push(i);
    const wanted = OPENING[text];
    if (wanted === undefined) continue;
    // A brace that closes also ends the parentheses that were left open inside of it; not the other way.
    while (text === "}" && open.length > 0 && tokens[open.at(-1)!]!.text !== "{") leave(i);
    const last = open.at(-1);
    if (last !== undefined && tokens[last]!.text === wanted) partner[open.pop()!] = i;
    else report(tokens[i]!.line, `"${text}" closes nothing`);
  }
  while (open.length > 0) leave(tokens.length);
  return partner;
}

/** Whether a token begins a statement that stands at the top level only. */
export function beginsTopLevel({ kind, text, start }: Token): boolean {
  return start === 0 && kind === "keyword" && TOP_LEVEL.has(text);
}

const TOP_LEVEL: ReadonlySet<string> = new Set(
  "axiom theorem structure class attributes numerals from inductive typeclass instance lemma".split(" "),
);
const OPENING: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
