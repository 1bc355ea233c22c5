// Lines that other proofs of a library have, and how they are made to fit a goal: the names of a proof's own
// values become those at the goal. Which becomes which is read off the two theorems and the two goals, laid
// side by side with all such names hidden (longest common subsequence): names at the same places vote.
import type { AcornModule, Statement, Token, TokenRange } from "../acorn/mod.ts";
import { declarations, DEFINED } from "./scope.ts";

/** A place of a proof that somebody wrote. */
export interface KnownPlace {
  /** The theorem's claim. */
  readonly theorem: readonly string[];
  /** The statement before the place, and the one behind it (or the theorem's claim). */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The values that the blocks around it have, with their types. */
  readonly locals: ReadonlyMap<string, string>;
}

/** A line of a proof. */
export interface KnownLine extends KnownPlace {
  readonly text: string;
  /** The line's tokens, with the text before each. */
  readonly tokens: readonly string[];
}

/** Longer lines, and tokens of a place, are not looked at. */
const MOST_TOKENS = 200;

/** The claims in a module's proofs, and its citations. */
export function knownLines(module: AcornModule): KnownLine[] {
  const found: KnownLine[] = [];
  const words = (range: TokenRange): string[] => statementWords(module, range);
  const own = (statement: Statement): string[] => words({ from: statement.first, end: statement.last + 1 });
  const walk = (
    statements: readonly Statement[],
    theorem: readonly string[],
    outer: ReadonlyMap<string, string>,
  ): void => {
    const locals = new Map(outer);
    for (const [i, statement] of statements.entries()) {
      const { kind, name, parameters, body, otherwise, cases } = statement;
      if (kind === "claim") {
        const [before, after] = [statements[i - 1], statements[i + 1]];
        found.push({
          text: textOf(module, statement.first, statement.last + 1),
          tokens: own(statement),
          theorem,
          before: before === undefined ? [] : own(before),
          after: after === undefined ? theorem : own(after),
          locals: new Map(locals),
        });
      }
      if (name !== undefined && kind !== "theorem") locals.set(name, kind === "define" ? DEFINED : "");
      const inner = new Map(locals);
      if (parameters !== undefined) {
        const target = kind === "satisfy" || kind === "destructuring" ? locals : inner;
        for (const { name, type } of declarations(module, parameters)) target.set(name, type);
      }
      for (const each of [body, otherwise]) {
        if (each !== undefined) walk(each.statements, theorem, inner);
      }
      for (const { body, pattern } of cases ?? []) {
        const names = words(pattern).filter((text, at, all) => all[at - 1] !== "." && /^[a-z]/.test(text));
        walk(body.statements, theorem, new Map([...inner, ...names.map((name) => [name, ""] as const)]));
      }
    }
  };
  for (const { kind, claim, parameters, body } of module.statements) {
    if (kind !== "theorem" || body === undefined) continue;
    const given = parameters === undefined ? [] : declarations(module, parameters);
    walk(body.statements, words(claim!), new Map(given.map(({ name, type }) => [name, type])));
  }
  return found;
}

/** The words of tokens, the first of them where there are many. */
export function statementWords({ tokens }: AcornModule, { from, end }: TokenRange): string[] {
  return tokens.slice(from, Math.min(end, from + MOST_TOKENS)).filter(({ kind }) => kind !== "newline")
    .map(({ text }) => text);
}

/** Tokens as they are written, but in one line, without comments. */
export function textOf({ tokens }: AcornModule, from: number, end: number): string {
  let text = "";
  let before: Token | undefined;
  for (const token of tokens.slice(from, end)) {
    if (token.kind === "newline") continue;
    const isApart = before !== undefined &&
      (token.line !== before.line || token.start > before.start + before.text.length);
    text += (isApart ? " " : "") + token.text;
    before = token;
  }
  return text;
}

/** Give a line of one place the names of another; null where one of its names has no counterpart. */
export function fitLine(line: KnownLine, place: KnownPlace): string | null {
  const names = namesBetween(line, place);
  const taken = new Set(names.values());
  let fits = true;
  const tokens = line.tokens.map((text, i) => {
    if (!line.locals.has(text) || line.tokens[i - 1] === "." || line.tokens[i + 1] === ":") return text;
    let name = names.get(text);
    if (name === undefined) {
      const type = line.locals.get(text)!;
      const same = [...place.locals].filter(([local, other]) => isLike(other, type) && !taken.has(local));
      name = place.locals.get(text) === type ? text : same.at(-1)?.[0];
      if (name !== undefined) taken.add(name);
    }
    fits &&= name !== undefined;
    names.set(text, name ?? text);
    return name ?? text;
  });
  return fits ? spaced(tokens) : null;
}

/** Which name of one place stands where which name of the other does. */
function namesBetween(from: KnownPlace, to: KnownPlace): Map<string, string> {
  const votes = new Map<string, Map<string, number>>();
  for (
    const [left, right] of [[from.theorem, to.theorem], [from.after, to.after], [from.before, to.before]]
  ) {
    for (
      const [a, b] of alignedNames({ words: left!, locals: from.locals }, {
        words: right!,
        locals: to.locals,
      })
    ) {
      const counts = votes.get(a) ?? new Map<string, number>();
      votes.set(a, counts.set(b, (counts.get(b) ?? 0) + 1 + (a === b ? 0.1 : 0)));
    }
  }
  return new Map(
    [...votes].map(([name, counts]) => [name, [...counts].reduce((a, b) => b[1] > a[1] ? b : a)[0]]),
  );
}

interface Words {
  readonly words: readonly string[];
  readonly locals: ReadonlyMap<string, string>;
}

function alignedNames(left: Words, right: Words): [string, string][] {
  const hidden = ({ words, locals }: Words): string[] =>
    words.map((word, i) => locals.has(word) && words[i - 1] !== "." ? "" : word);
  const [a, b] = [hidden(left), hidden(right)];
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const below = lengths[(i + 1) * width + j]!;
      const beside = lengths[i * width + j + 1]!;
      const both = a[i] === b[j] ? lengths[(i + 1) * width + j + 1]! + 1 : 0;
      lengths[i * width + j] = Math.max(below, beside, both);
    }
  }
  const pairs: [string, string][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      const [from, to] = [left.words[i]!, right.words[j]!];
      if (a[i] === "" && isLike(left.locals.get(from)!, right.locals.get(to)!)) pairs.push([from, to]);
      i++, j++;
    } else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++;
    else j++;
  }
  return pairs;
}

/** Whether types may be the same: as they are written, type parameters (one letter) aside; "" is not known. */
function isLike(a: string, b: string): boolean {
  if (a === "" || b === "") return a !== DEFINED && b !== DEFINED;
  return a === b || a.replaceAll(/\b[A-Z]\b/g, "_") === b.replaceAll(/\b[A-Z]\b/g, "_");
}

/** Tokens as Acorn is written. */
export function spaced(tokens: readonly string[]): string {
  let text = "";
  for (const [i, token] of tokens.entries()) {
    const before = tokens[i - 1];
    const isTight = before === undefined || "([.".includes(before) || ")],.:".includes(token) ||
      "([".includes(token) && (/^[\p{L}\p{N}_)\]]/u.test(before) && !OPERATOR_WORDS.has(before)) ||
      before === "-" && isPrefix(tokens, i - 1);
    text += (isTight ? "" : " ") + token;
  }
  return text;
}

const OPERATOR_WORDS: ReadonlySet<string> = new Set(["and", "or", "not", "implies", "iff", "if", "else"]);

function isPrefix(tokens: readonly string[], at: number): boolean {
  const before = tokens[at - 1];
  return before === undefined || /^[=(<>+*,{[]|^!=$/.test(before) || OPERATOR_WORDS.has(before);
}
