/**
 * Normal forms: a formula with its negations pushed inward ("positive form"), and its clauses. A clause is an
 * "or" of literals,
 * a literal an equation or its negation.
 */

import {
  constantOf,
  type Declaration,
  type Formula,
  makeTerm,
  substituteFormula,
  type Term,
} from "./term.ts";

/** An equation (`positive`) or its negation. Atoms are equations with TRUE. */
export interface Literal {
  readonly positive: boolean;
  readonly left: Term;
  readonly right: Term;
}

/** An "or" of literals; the empty clause is false. */
export type Clause = readonly Literal[];

/** A formula without `not` and `implies`. */
export type PositiveForm =
  | { readonly kind: "literal"; readonly literal: Literal }
  | { readonly kind: "false" | "true" }
  | { readonly kind: "and" | "or"; readonly left: PositiveForm; readonly right: PositiveForm }
  | {
    readonly kind: "forall" | "exists";
    readonly variables: readonly Declaration[];
    readonly body: PositiveForm;
  };

/** The positive form of `formula`, or of its negation when `positive` is false. */
export function positiveForm(formula: Formula, positive = true): PositiveForm {
  switch (formula.kind) {
    case "equal":
      return { kind: "literal", literal: { positive, left: formula.left, right: formula.right } };
    case "true":
    case "false":
      return { kind: (formula.kind === "true") === positive ? "true" : "false" };
    case "not":
      return positiveForm(formula.body, !positive);
    case "implies":
      return {
        kind: positive ? "or" : "and",
        left: positiveForm(formula.left, !positive),
        right: positiveForm(formula.right, positive),
      };
    case "and":
    case "or":
      return {
        kind: (formula.kind === "and") === positive ? "and" : "or",
        left: positiveForm(formula.left, positive),
        right: positiveForm(formula.right, positive),
      };
    case "forall":
    case "exists":
      return {
        kind: (formula.kind === "forall") === positive ? "forall" : "exists",
        variables: formula.variables,
        body: positiveForm(formula.body, positive),
      };
    default:
      return formula satisfies never;
  }
}

/** The clauses of a positive form, or null when it holds a quantifier. */
export function clausesOf(form: PositiveForm): Clause[] | null {
  switch (form.kind) {
    case "literal":
      return [[form.literal]];
    case "true":
      return [];
    case "false":
      return [[]];
    case "and":
    case "or": {
      const left = clausesOf(form.left);
      const right = clausesOf(form.right);
      if (left === null || right === null) return null;
      return form.kind === "and" ? [...left, ...right] : left.flatMap((a) => right.map((b) => [...a, ...b]));
    }
    case "forall":
    case "exists":
      return null;
    default:
      return form satisfies never;
  }
}

/** The literal's opposite. */
export function opposite(literal: Literal): Literal {
  return { positive: !literal.positive, left: literal.left, right: literal.right };
}

/** The formula with its bound variables turned into variables that match anything. */
export function openVariables(variables: readonly Declaration[], body: Formula): Formula {
  return substituteFormula(
    body,
    new Map(variables.map((v) => [constantOf(v).key, makeTerm(v.name, [], v.sort, true)])),
  );
}

/**
 * A text that is equal for formulas that differ only in bound names, in the sides of equations and in how
 * negation is written.
 */
export function canonicalText(formula: Formula): string {
  return textOf(positiveForm(formula), new Map());
}

function textOf(form: PositiveForm, bound: ReadonlyMap<string, string>): string {
  switch (form.kind) {
    case "literal": {
      const sides = [termText(form.literal.left, bound), termText(form.literal.right, bound)].sort();
      return sides.join(form.literal.positive ? " = " : " != ");
    }
    case "true":
    case "false":
      return form.kind;
    case "and":
    case "or":
      return `(${textOf(form.left, bound)} ${form.kind} ${textOf(form.right, bound)})`;
    case "forall":
    case "exists": {
      const inner = new Map(bound);
      for (const v of form.variables) inner.set(constantOf(v).key, `#${inner.size}`);
      const sorts = form.variables.map((v) => v.sort).join(",");
      return `${form.kind} ${sorts} {${textOf(form.body, inner)}}`;
    }
    default:
      return form satisfies never;
  }
}

function termText(term: Term, bound: ReadonlyMap<string, string>): string {
  if (term.args.length === 0) return bound.get(term.key) ?? term.key;
  return `${term.head}:${term.sort}(${term.args.map((arg) => termText(arg, bound)).join(",")})`;
}
