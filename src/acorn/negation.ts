// A goal's text in normalised code, taken apart as the prover's first step does it: `a implies b` into the
// hypothesis a and b, and b denied at its outermost sign. It works on the text of a certificate, which is
// normalised already; the order of precedence is Acorn's.
import { matchBrackets, type Token, tokenize } from "./source/tokens.ts";

/** Sections @H and @C of a goal. */
export interface DeniedGoal {
  /** What may be assumed. */
  readonly hypothesis?: string;
  /** The negated goal. */
  readonly counterfactual: string;
}

/** Operators from the weakest on; of several of one strength the last is outermost, of `implies` the first. */
const WEAKEST: readonly (readonly string[])[] = [["implies"], ["iff"], ["or"], ["and"], ["not"], ["=", "!="]];

/** The hypothesis and the denied rest of a goal. */
export function denyGoal(text: string): DeniedGoal {
  const at = outermost(text);
  if (at?.text !== "implies") return { counterfactual: deny(text) };
  const hypothesis = unwrapped(text.slice(0, at.start).trim());
  return { hypothesis, counterfactual: deny(unwrapped(text.slice(at.start + "implies".length).trim())) };
}

function deny(text: string): string {
  const at = outermost(text);
  switch (at?.text) {
    case "implies":
    case "iff":
    case "or":
    case "and":
      return `not (${text})`;
    case "not":
      return unwrapped(text.slice(at.start + "not".length).trim());
    case "=":
    case "!=":
      return text.slice(0, at.start) + (at.text === "=" ? "!=" : "=") + text.slice(at.start + at.text.length);
  }
  if (text === "true" || text === "false") return text === "true" ? "false" : "true";
  return `not ${text}`;
}

/** The operator outside of all brackets that binds least; undefined where there is none of those that count. */
function outermost(text: string): Token | undefined {
  const tokens = tokenize([text]);
  const partner = matchBrackets(tokens, () => {});
  const outside: Token[] = [];
  for (let i = 0, inHead = false; i < tokens.length; i = Math.max(i + 1, partner[i]! + 1)) {
    const { text } = tokens[i]!;
    // The condition of an `if` and what is matched are no operands: they end at their braces.
    if (text === "if" || text === "match") inHead = true;
    else if (text === "{") inHead = false;
    if (!inHead) outside.push(tokens[i]!);
  }
  return weakest(outside);
}

function weakest(tokens: readonly Token[]): Token | undefined {
  for (const operators of WEAKEST) {
    const found = tokens.filter(({ text }) => operators.includes(text));
    if (found.length === 0) continue;
    // A "not" counts where it stands first: elsewhere it belongs to an operand.
    if (operators[0] === "not") {
      if (tokens[0]!.text === "not") return tokens[0];
      continue;
    }
    return operators[0] === "implies" ? found[0] : found.at(-1);
  }
  return undefined;
}

/** A text without the parentheses around all of it. */
function unwrapped(text: string): string {
  if (!text.startsWith("(")) return text;
  const tokens = tokenize([text]);
  const close = tokens[matchBrackets(tokens, () => {})[0]!];
  return close?.start === text.length - 1 ? text.slice(1, -1) : text;
}
