// Lines of 2026's certificates as people write them: `function(x0: Nat, x1: Nat) { x0 + x1 = x1 + x0 }(a, 1)`,
// a fact at some arguments, becomes `a + 1 = 1 + a`, what the line says. It works on the text: arguments stand
// in parentheses where an operator beside them binds as tightly. Other lines stay as they are.
import { BINDING, PREFIX_BINDING } from "./code/expression.ts";
import { matchBrackets, type Token, tokenize } from "./source/tokens.ts";

/** Tokens `from` … `end - 1`. */
interface Part {
  readonly from: number;
  readonly end: number;
}

const ATOM = 99;
const DOT = BINDING.get(".")!;

/** A line with its function applied; the line itself where it is none, or not all arguments are there. */
export function applied(line: string): string {
  if (!/^function[[(]/.test(line)) return line;
  const tokens = tokenize([line]).slice(0, -1);
  const partner = matchBrackets(tokens, () => {});
  let at = 1;
  const group = (bracket: string): Part | null => {
    if (tokens[at]?.text !== bracket) return null;
    const part = { from: at + 1, end: partner[at]! };
    at = part.end + 1;
    return part;
  };
  const [typeNames, names, body] = [group("["), group("("), group("{")];
  const [types, args] = [typeNames && group("["), names && group("(")];
  if (
    body === null || at !== tokens.length || typeNames !== null && types === null ||
    names !== null && args === null
  ) {
    return line;
  }
  const text = ({ from, end }: Part): string => line.slice(tokens[from]!.start, endOf(tokens[end - 1]!));
  const given = new Map<string, { text: string; binding: number }>();
  for (const [parameters, values] of [[typeNames, types], [names, args]] as const) {
    if (parameters === null) continue;
    const items = itemsOf(values!, tokens, partner);
    const keys = itemsOf(parameters, tokens, partner);
    if (keys.length !== items.length) return line;
    keys.forEach(({ from }, i) => {
      given.set(tokens[from]!.text, {
        text: text(items[i]!),
        binding: bindingOf(items[i]!, tokens, partner),
      });
    });
  }
  let result = "";
  for (let i = body.from; i < body.end; i++) {
    const token = tokens[i]!;
    const value = tokens[i - 1]?.text === "." ? undefined : given.get(token.text);
    if (i > body.from) result += line.slice(endOf(tokens[i - 1]!), token.start);
    if (value === undefined) result += token.text;
    else result += value.binding < tightest(tokens, i) ? `(${value.text})` : value.text;
  }
  return result;
}

function endOf({ start, text }: Token): number {
  return start + text.length;
}

/** The parts between commas. */
function itemsOf({ from, end }: Part, tokens: readonly Token[], partner: Int32Array): Part[] {
  const items: Part[] = [];
  let start = from;
  for (let i = from; i <= end; i = Math.max(i, partner[i] ?? -1) + 1) {
    if (i < end && tokens[i]!.text !== ",") continue;
    if (i > start) items.push({ from: start, end: i });
    start = i + 1;
  }
  return items;
}

/** How tightly the loosest operator of a part binds. */
function bindingOf({ from, end }: Part, tokens: readonly Token[], partner: Int32Array): number {
  let least = ATOM;
  for (let i = from; i < end; i = Math.max(i, partner[i]!) + 1) {
    const { text } = tokens[i]!;
    if (text === "if" || text === "match") return 0;
    least = Math.min(least, text === "not" ? PREFIX_BINDING.not : BINDING.get(text) ?? ATOM);
  }
  return least;
}

/** What an argument in the place of a token has to bind at least: as tightly as what stands beside it does. */
function tightest(tokens: readonly Token[], i: number): number {
  const before = tokens[i - 1]!.text;
  const isPrefix = before === "not" || before === "-" && !endsOperand(tokens[i - 2]!);
  const after = tokens[i + 1]!.text;
  const isCalled = after === "." || after === "(" || after === "[";
  // On the right of an infix operator another of its strength is in parentheses: `a - (b - c)`.
  const left = isPrefix ? PREFIX_BINDING[before] : (BINDING.get(before) ?? -1) + 1;
  return Math.max(left, isCalled ? DOT : BINDING.get(after) ?? 0);
}

function endsOperand({ kind, text }: Token): boolean {
  return kind === "name" || kind === "number" || ")]}".includes(text);
}
