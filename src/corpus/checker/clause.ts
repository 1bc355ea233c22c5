// Normal forms: a formula with its negations pushed inward ("positive form"), and its clauses.
import { constantOf, makeTerm, replacing, substitute, substituteFormula } from "./term.ts";
import type { Declaration, Formula, Substitution, Term } from "./term.ts";

/** An equation (`positive`) or its negation. Atoms are equations with TRUE. */
export type Literal = { readonly positive: boolean; readonly left: Term; readonly right: Term };

/** An "or" of literals; the empty clause is false. */
export type Clause = readonly Literal[];

/** `formula`, or its negation, without `implies` and with `not` before equations only. */
export function positiveForm(formula: Formula, positive = true): Formula {
  const { kind } = formula;
  switch (kind) {
    case "equal":
      return positive ? formula : { kind: "not", body: formula };
    case "true":
    case "false":
      return { kind: (kind === "true") === positive ? "true" : "false" };
    case "not":
      return positiveForm(formula.body, !positive);
    case "and":
    case "or":
    case "implies":
      return {
        kind: (kind === "and") === positive ? "and" : "or",
        left: positiveForm(formula.left, (kind === "implies") !== positive),
        right: positiveForm(formula.right, positive),
      };
    case "forall":
    case "exists": {
      const { variables, body } = formula;
      const outer = (kind === "forall") === positive ? "forall" : "exists";
      return { kind: outer, variables, body: positiveForm(body, positive) };
    }
    default:
      return kind satisfies never;
  }
}

/** The clauses of a positive form, or null when it holds a quantifier. */
export function clausesOf(form: Formula): Clause[] | null {
  switch (form.kind) {
    case "equal":
      return [[{ positive: true, left: form.left, right: form.right }]];
    case "not":
      return clausesOf(form.body)?.map((clause) => clause.map(opposite)) ?? null;
    case "true":
      return [];
    case "false":
      return [[]];
    case "forall":
    case "exists":
      return null;
    default: {
      const [left, right] = [clausesOf(form.left), clausesOf(form.right)];
      if (left === null || right === null) return null;
      return form.kind === "and" ? [...left, ...right] : left.flatMap((a) => right.map((b) => [...a, ...b]));
    }
  }
}

export function opposite({ positive, left, right }: Literal): Literal {
  return { positive: !positive, left, right };
}

export function substituteLiteral({ positive, left, right }: Literal, substitution: Substitution): Literal {
  return { positive, left: substitute(left, substitution), right: substitute(right, substitution) };
}

/** The formula with its bound variables turned into variables that match anything. */
export function openVariables(variables: readonly Declaration[], body: Formula): Formula {
  const open = variables.map(({ name, sort }) => makeTerm(name, [], sort, true));
  return substituteFormula(body, replacing(variables, open));
}

/** A text that is equal for formulas that differ only in bound names, sides of equations, negations. */
export function canonicalText(formula: Formula): string {
  return textOf(positiveForm(formula), new Map());
}

function textOf(form: Formula, bound: ReadonlyMap<string, string>): string {
  switch (form.kind) {
    case "equal":
      return [termText(form.left, bound), termText(form.right, bound)].sort().join(" = ");
    case "not":
      return `not ${textOf(form.body, bound)}`;
    case "true":
    case "false":
      return form.kind;
    case "forall":
    case "exists": {
      const inner = new Map(bound);
      for (const v of form.variables) inner.set(constantOf(v).key, `#${inner.size}`);
      return `${form.kind} ${form.variables.map((v) => v.sort)} {${textOf(form.body, inner)}}`;
    }
    default:
      return `(${textOf(form.left, bound)} ${form.kind} ${textOf(form.right, bound)})`;
  }
}

function termText(term: Term, bound: ReadonlyMap<string, string>): string {
  if (term.args.length === 0) return bound.get(term.key) ?? term.key;
  return `${term.head}:${term.sort}(${term.args.map((arg) => termText(arg, bound)).join(",")})`;
}
