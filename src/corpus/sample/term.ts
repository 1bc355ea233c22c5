// Terms, literals and laws as the generator builds them. A term's operator is its spelling: `*`, `neg`,
// `suc`, `one` (`G.1`), `zero` (`G.0`), `0`, …, or a letter; a law's variables begin with "?".

/** Elements of the theory's structure, or naturals. */
export type Sort = "S" | "N";

export interface Term {
  readonly op: string;
  readonly args: readonly Term[];
  readonly sort: Sort;
  /** Equal for equal terms. */
  readonly key: string;
  /** Operators and letters in the term. */
  readonly size: number;
}

export interface Literal {
  readonly relation: "=" | "<=" | "divides";
  readonly positive: boolean;
  readonly left: Term;
  readonly right: Term;
}

/** An "or" of literals. */
export type Clause = readonly Literal[];
/** A clause that holds for all values of its "?" variables. */
export type Law = { readonly name: string; readonly literals: Clause };
/** Values of variables, by operator. */
export type Bindings = ReadonlyMap<string, Term>;
/** A subterm, and the argument numbers on the way to it. */
export type Place = { readonly path: readonly number[]; readonly node: Term };

export function term(op: string, args: readonly Term[], sort: Sort): Term {
  const key = args.length === 0 ? `${op}:${sort}` : `${op}:${sort}(${args.map((arg) => arg.key).join(" ")})`;
  return { op, args, sort, key, size: args.reduce((sum, arg) => sum + arg.size, 1) };
}

/** How tightly the operators between two terms bind. */
export const BINARY: Readonly<Record<string, number>> = { "+": 1, "-": 1, "*": 2 };

export function equation(left: Term, right: Term): Literal {
  return { relation: "=", positive: true, left, right };
}

export function negate(literal: Literal): Literal {
  return { ...literal, positive: !literal.positive };
}

/** The term with variables (or letters) replaced. */
export function bind(pattern: Term, bindings: Bindings): Term {
  if (pattern.args.length === 0) return bindings.get(pattern.op) ?? pattern;
  return term(pattern.op, pattern.args.map((arg) => bind(arg, bindings)), pattern.sort);
}

export function bindLiteral(literal: Literal, bindings: Bindings): Literal {
  return { ...literal, left: bind(literal.left, bindings), right: bind(literal.right, bindings) };
}

/** Extends `bindings` in place so that `pattern` becomes `subject`; failing may leave them half extended. */
export function unify(pattern: Term, subject: Term, bindings: Map<string, Term>): boolean {
  if (pattern.sort !== subject.sort) return false;
  if (isVariable(pattern)) {
    const bound = bindings.get(pattern.op);
    if (bound === undefined) bindings.set(pattern.op, subject);
    return bound === undefined || bound.key === subject.key;
  }
  return pattern.op === subject.op && pattern.args.length === subject.args.length &&
    pattern.args.every((arg, i) => unify(arg, subject.args[i] as Term, bindings));
}

/** The ways in which a literal of a law can stand for `subject`, sides of equations swapped where needed. */
export function unifyLiteral(pattern: Literal, subject: Literal, bindings: Bindings): Map<string, Term>[] {
  if (pattern.relation !== subject.relation || pattern.positive !== subject.positive) return [];
  const attempt = (left: Term, right: Term): Map<string, Term>[] => {
    const found = new Map(bindings);
    return unify(pattern.left, left, found) && unify(pattern.right, right, found) ? [found] : [];
  };
  const { left, right } = subject;
  return pattern.relation === "=" ? [...attempt(left, right), ...attempt(right, left)] : attempt(left, right);
}

/** Every subterm, the whole first. */
export function placesOf(node: Term, path: Place["path"] = []): Place[] {
  return [{ path, node }, ...node.args.flatMap((arg, i) => placesOf(arg, [...path, i]))];
}

/** The term with another subterm at the place of a path. */
export function replaceAt(root: Term, [first, ...rest]: Place["path"], replacement: Term): Term {
  if (first === undefined) return replacement;
  const args = root.args.map((arg, i) => i === first ? replaceAt(arg, rest, replacement) : arg);
  return term(root.op, args, root.sort);
}

export function isVariable({ op }: Term): boolean {
  return op.startsWith("?");
}

export function sidesOf(literals: readonly Literal[]): Term[] {
  return literals.flatMap(({ left, right }) => [left, right]);
}

/** The letters (not operators, not constants) that occur, each once, in order of appearance. */
export function lettersOf(terms: readonly Term[], found = new Map<string, Term>()): Term[] {
  for (const node of terms) {
    if (/^\??[a-z]$/.test(node.op) && node.args.length === 0) found.set(node.op, node);
    lettersOf(node.args, found);
  }
  return [...found.values()];
}

/** The law that a clause holds for all values of its letters. */
export function lawOf(name: string, clause: Clause): Law {
  const letters = lettersOf(sidesOf(clause));
  const variables = new Map(letters.map(({ op, sort }) => [op, term(`?${op}`, [], sort)]));
  return { name, literals: clause.map((literal) => bindLiteral(literal, variables)) };
}
