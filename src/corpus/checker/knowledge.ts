/**
 * What is known at a point of a proof: universal clauses, statements of existence, ground facts; and the four
 * ways in which a
 * line may follow from them (see mod.ts).
 */

import {
  canonicalText,
  type Clause,
  clausesOf,
  type Literal,
  openVariables,
  type PositiveForm,
  positiveForm,
} from "./clause.ts";
import { GroundFacts } from "./ground_facts.ts";
import { differingPairs, isInstance, matchTerm, type UniversalClause } from "./instance.ts";
import {
  constantOf,
  type Declaration,
  type Formula,
  substitute,
  substituteFormula,
  type Term,
} from "./term.ts";

/** The way in which a line follows. */
export type Rule = "instance" | "rewrite" | "ground" | "witness";

// premises (refuted literals allowed) imply that something of these sorts satisfies the body
interface Existence {
  readonly premises: readonly Literal[];
  readonly variables: readonly Declaration[];
  readonly body: PositiveForm;
}

/** Everything known so far. */
export class Knowledge {
  readonly #universals: UniversalClause[] = [];
  readonly #existences: Existence[] = [];
  readonly #facts = new GroundFacts();

  /** Whether the ground facts contradict each other. */
  get contradictory(): boolean {
    return this.#facts.contradictory;
  }

  /**
   * Takes a statement for true; `name` is what it is reported by, `variables` are those it holds for all of.
   * A `law` must be
   * instantiated by a line even when it has no variables, such as `0.suc = 1`; anything else without
   * variables is a ground fact.
   */
  assume(
    formula: Formula,
    name: string,
    variables: readonly Declaration[] = [],
    law = variables.length > 0,
  ): void {
    this.#assumeForm(positiveForm(openVariables(variables, formula)), name, law);
  }

  /**
   * The way in which `formula`, without quantifiers but for an outer `forall`, follows; null when it does
   * not.
   */
  ruleFor(formula: Formula): Rule | null {
    const form = positiveForm(formula);
    const clauses = clausesOf(form.kind === "forall" ? form.body : form);
    if (clauses === null || clauses.length === 0) return null;
    const rules = clauses.map((clause) => this.#clauseRule(clause));
    return rules.includes(null) ? null : rules[0] ?? null;
  }

  /**
   * Whether `formula` is an instance of one known universal statement: what closes a proof that needs no
   * line.
   */
  isInstance(formula: Formula): boolean {
    const form = positiveForm(formula);
    const clauses = clausesOf(form.kind === "forall" ? form.body : form);
    return clauses !== null && clauses.length > 0 && clauses.every((clause) => this.#instanceOfSome(clause));
  }

  /** Whether something is known to exist that satisfies `body` in the place of `variables`. */
  hasWitness(variables: readonly Declaration[], body: Formula): boolean {
    return this.#existences.some((existence) => {
      if (existence.variables.length !== variables.length) return false;
      if (existence.variables.some((v, i) => v.sort !== variables[i]?.sort)) return false;
      const renaming = new Map(
        existence.variables.map((v, i) => [constantOf(v).key, constantOf(variables[i] as Declaration)]),
      );
      return this.#matchesExistence(existence, renaming, positiveForm(body));
    });
  }

  #assumeForm(form: PositiveForm, name: string, universal: boolean): void {
    if (form.kind === "and") {
      this.#assumeForm(form.left, name, universal);
      this.#assumeForm(form.right, name, universal);
      return;
    }
    if (form.kind === "forall") {
      this.#assumeForm(openForm(form.variables, form.body), name, true);
      return;
    }
    const clauses = clausesOf(form);
    if (clauses === null) this.#assumeExistence(form);
    else if (universal) this.#universals.push(...clauses.map((clause) => ({ name, clause })));
    else this.#facts.assume(clauses);
  }

  // "… or exists": anything that is neither a literal nor an existence is left out, which is sound
  #assumeExistence(form: PositiveForm): void {
    const premises: Literal[] = [];
    let rest = form;
    while (rest.kind === "or" && clausesOf(rest.left)?.length === 1) {
      premises.push(...clausesOf(rest.left)?.[0] ?? []);
      rest = rest.right;
    }
    if (rest.kind === "exists") {
      this.#existences.push({ premises, variables: rest.variables, body: rest.body });
    }
  }

  #clauseRule(clause: Clause): Rule | null {
    if (this.#facts.entails(clause)) return "ground";
    if (this.#instanceOfSome(clause)) return "instance";
    const [literal] = clause;
    if (clause.length !== 1 || !literal?.positive) return null;
    const inner = differingPairs(literal.left, literal.right).slice(1);
    return inner.some(([left, right]) => this.#instanceOfSome([{ positive: true, left, right }]))
      ? "rewrite"
      : null;
  }

  #instanceOfSome(clause: Clause): boolean {
    return this.#universals.some((universal) => isInstance(clause, universal.clause, this.#facts));
  }

  #matchesExistence(existence: Existence, renaming: ReadonlyMap<string, Term>, body: PositiveForm): boolean {
    const known = clausesOf(existence.body);
    const wanted = clausesOf(body);
    if (known === null || wanted === null || known.length !== wanted.length) return false;
    let bindings: ReadonlyMap<string, Term> | null = new Map();
    for (const [i, clause] of known.entries()) {
      const target: Clause = wanted[i] ?? [];
      if (clause.length !== target.length) return false;
      for (const [j, literal] of clause.entries()) {
        const other = target[j] as Literal;
        if (bindings === null || literal.positive !== other.positive) return false;
        bindings = matchTerm(substitute(literal.left, renaming), other.left, bindings);
        if (bindings !== null) {
          bindings = matchTerm(substitute(literal.right, renaming), other.right, bindings);
        }
      }
    }
    const final = bindings;
    return final !== null &&
      existence.premises.every(({ positive, left, right }) =>
        this.#facts.entails([{
          positive: !positive,
          left: substitute(left, final),
          right: substitute(right, final),
        }])
      );
  }
}

function openForm(variables: readonly Declaration[], form: PositiveForm): PositiveForm {
  switch (form.kind) {
    case "literal": {
      const { positive, left, right } = form.literal;
      const opened = openVariables(variables, { kind: "equal", left, right });
      return opened.kind === "equal"
        ? { kind: "literal", literal: { positive, left: opened.left, right: opened.right } }
        : form;
    }
    case "and":
    case "or":
      return {
        kind: form.kind,
        left: openForm(variables, form.left),
        right: openForm(variables, form.right),
      };
    case "forall":
    case "exists":
      return { kind: form.kind, variables: form.variables, body: openForm(variables, form.body) };
    case "true":
    case "false":
      return form;
    default:
      return form satisfies never;
  }
}

/**
 * What induction gives: for "forall k: Nat, P(k) implies P(k.suc)" together with P(0) among `facts`, the
 * formula P(k); else null.
 */
export function inductionConclusion(
  variable: Declaration,
  step: { hypothesis: Formula; conclusion: Formula },
  facts: readonly Formula[],
  numerals: { zero: Term; successorOf: (term: Term) => Term },
): Formula | null {
  const constant = constantOf(variable);
  const at = (term: Term) =>
    canonicalText(substituteFormula(step.hypothesis, new Map([[constant.key, term]])));
  if (canonicalText(step.conclusion) !== at(numerals.successorOf(constant))) return null;
  const base = at(numerals.zero);
  return facts.some((fact) => canonicalText(fact) === base) ? step.hypothesis : null;
}
