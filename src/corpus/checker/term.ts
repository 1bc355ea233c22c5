// Terms and formulas as the checker sees them. A term knows its sort, so that `*` on naturals and `*` on a
// group's elements never meet, and a key: two terms are the same exactly when their keys are equal. The
// file's type parameter (`G` in `[G: Group]`) is always the sort "S" here, whatever its name.

/** Sorts: truth values, natural numbers, a theory's elements. */
export const BOOL = "Bool";
export const NAT = "Nat";
export const CARRIER = "S";

/** A constant, a variable of a universal statement, or an operation applied to arguments. */
export interface Term {
  readonly head: string;
  readonly args: readonly Term[];
  readonly sort: string;
  /** True for the variables of a universal statement, which match any term of their sort. */
  readonly variable: boolean;
  /** Equal exactly for equal terms. */
  readonly key: string;
}

/** A declared name: `x` of sort G has no arguments, `f: (G, G) -> G` has two. */
export type Declaration = { readonly name: string; readonly args: readonly string[]; readonly sort: string };

/** What can stand where a statement stands. A predicate's atom is the equation "atom = TRUE". */
export type Formula =
  | { readonly kind: "equal"; readonly left: Term; readonly right: Term }
  | { readonly kind: "false" | "true" }
  | { readonly kind: "not"; readonly body: Formula }
  | { readonly kind: "and" | "or" | "implies"; readonly left: Formula; readonly right: Formula }
  | {
    readonly kind: "forall" | "exists";
    readonly variables: readonly Declaration[];
    readonly body: Formula;
  };

/** Makes a term; the only place where keys are made. */
export function makeTerm(head: string, args: readonly Term[], sort: string, variable = false): Term {
  const inner = args.length === 0 ? "" : `(${args.map((arg) => arg.key).join(",")})`;
  return { head, args, sort, variable, key: `${variable ? "?" : ""}${head}:${sort}${inner}` };
}

/** The constant that true atoms equal. */
export const TRUE: Term = makeTerm("true", [], BOOL);

/** The constant that a declaration without arguments stands for. */
export function constantOf(declaration: Declaration): Term {
  return makeTerm(declaration.name, [], declaration.sort);
}

/** What replaces a variable or a constant, by its key. */
export type Substitution = ReadonlyMap<string, Term>;

/** The substitution that gives each declared constant the term of the same place. */
export function replacing(declared: readonly Declaration[], terms: readonly Term[]): Substitution {
  return new Map(declared.map((declaration, i) => [constantOf(declaration).key, terms[i] as Term]));
}

export function substitute(term: Term, substitution: Substitution): Term {
  if (term.args.length === 0) return substitution.get(term.key) ?? term;
  return makeTerm(term.head, term.args.map((arg) => substitute(arg, substitution)), term.sort, term.variable);
}

/** Bound names must not clash with the substitution. */
export function substituteFormula(formula: Formula, substitution: Substitution): Formula {
  if (formula.kind === "equal") {
    const [left, right] = [substitute(formula.left, substitution), substitute(formula.right, substitution)];
    return { kind: "equal", left, right };
  }
  if ("body" in formula) return { ...formula, body: substituteFormula(formula.body, substitution) };
  if (!("left" in formula)) return formula;
  return {
    kind: formula.kind,
    left: substituteFormula(formula.left, substitution),
    right: substituteFormula(formula.right, substitution),
  };
}

/** The sides of all equations. */
export function termsOf(formula: Formula): Term[] {
  if (formula.kind === "equal") return [formula.left, formula.right];
  if ("body" in formula) return termsOf(formula.body);
  return "left" in formula ? [...termsOf(formula.left), ...termsOf(formula.right)] : [];
}
