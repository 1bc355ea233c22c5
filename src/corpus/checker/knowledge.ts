// What is known at a point of a proof, and the four ways in which a line may follow from it (see mod.ts).
// Matching is one-way: a statement's variables stand for any term of their sort. No associativity or
// commutativity is built in: `a * b` never matches `b * a`.
import { clausesOf, openVariables, positiveForm, substituteLiteral } from "./clause.ts";
import type { Clause, Literal } from "./clause.ts";
import { GroundFacts } from "./ground_facts.ts";
import { constantOf, replacing } from "./term.ts";
import type { Declaration, Formula, Substitution, Term } from "./term.ts";

export type Rule = "instance" | "rewrite" | "ground" | "witness";

// premises (refuted literals allowed) imply that something of these sorts satisfies the clauses
interface Existence {
  readonly premises: readonly Literal[];
  readonly variables: readonly Declaration[];
  readonly clauses: readonly Clause[];
}

export class Knowledge {
  readonly #universals: Clause[] = [];
  readonly #existences: Existence[] = [];
  readonly #facts = new GroundFacts();

  get contradictory(): boolean {
    return this.#facts.contradictory;
  }

  /** Takes a statement for true. A `law` must be instantiated by a line even without variables. */
  assume(formula: Formula, variables: readonly Declaration[] = [], law = variables.length > 0): void {
    this.#assumeForm(positiveForm(openVariables(variables, formula)), law);
  }

  /** How `formula`, without quantifiers but for an outer `forall`, follows; null when it does not. */
  ruleFor(formula: Formula): Rule | null {
    const rules = clausesUnder(formula).map((clause) => this.#clauseRule(clause));
    return rules.includes(null) ? null : rules[0] ?? null;
  }

  /** Whether `formula` is an instance of one known universal statement: its proof needs no line. */
  isInstance(formula: Formula): boolean {
    const clauses = clausesUnder(formula);
    return clauses.length > 0 && clauses.every((clause) => this.#instanceOfSome(clause));
  }

  /** Whether something is known to exist that satisfies `body` in the place of `variables`. */
  hasWitness(variables: readonly Declaration[], body: Formula): boolean {
    const wanted = clausesOf(positiveForm(body));
    return wanted !== null && this.#existences.some((known) => this.#provides(known, variables, wanted));
  }

  #assumeForm(form: Formula, universal: boolean): void {
    if (form.kind === "and") {
      this.#assumeForm(form.left, universal);
      this.#assumeForm(form.right, universal);
      return;
    }
    if (form.kind === "forall") return this.#assumeForm(openVariables(form.variables, form.body), true);
    const clauses = clausesOf(form);
    if (clauses === null) this.#assumeExistence(form);
    else if (universal) { for (const clause of clauses) this.#universals.push(clause); }
    else this.#facts.assume(clauses);
  }

  // "… or exists": anything that is neither a literal nor an existence is left out, which is sound
  #assumeExistence(form: Formula): void {
    const premises: Literal[] = [];
    let rest = form;
    while (rest.kind === "or") {
      const clauses = clausesOf(rest.left);
      if (clauses?.length !== 1) return;
      for (const literal of clauses[0]!) premises.push(literal);
      rest = rest.right;
    }
    if (rest.kind !== "exists") return;
    const clauses = clausesOf(rest.body);
    if (clauses !== null) this.#existences.push({ premises, variables: rest.variables, clauses });
  }

  #clauseRule(clause: Clause): Rule | null {
    if (this.#facts.entails(clause)) return "ground";
    if (this.#instanceOfSome(clause)) return "instance";
    const [literal] = clause;
    if (clause.length !== 1 || !literal?.positive) return null;
    const isRewrite = differingPairs(literal.left, literal.right).some(([left, right]) =>
      this.#instanceOfSome([{ positive: true, left, right }])
    );
    return isRewrite ? "rewrite" : null;
  }

  #instanceOfSome(clause: Clause): boolean {
    return this.#universals.some((universal) => isInstance(clause, universal, this.#facts));
  }

  #provides(known: Existence, variables: readonly Declaration[], wanted: readonly Clause[]): boolean {
    const sameSorts = String(known.variables.map((v) => v.sort)) === String(variables.map((v) => v.sort));
    const sameShape = String(known.clauses.map((c) => c.length)) === String(wanted.map((c) => c.length));
    if (!sameSorts || !sameShape) return false;
    const renaming = replacing(known.variables, variables.map(constantOf));
    const targets = wanted.flat();
    let bindings: Substitution = new Map();
    for (const [i, literal] of known.clauses.flat().entries()) {
      const found = matchLiteral(substituteLiteral(literal, renaming), targets[i] as Literal, bindings);
      if (found === null) return false;
      bindings = found;
    }
    return known.premises.every((premise) => this.#facts.refutes(substituteLiteral(premise, bindings)));
  }
}

// none where an inner quantifier keeps the formula from having clauses
function clausesUnder(formula: Formula): Clause[] {
  const form = positiveForm(formula);
  return clausesOf(form.kind === "forall" ? form.body : form) ?? [];
}

// Every literal of the instance stands in the line (either way round) or is refuted by the facts. At least
// one must stand in the line, and matching the line must bind every variable.
function isInstance(line: Clause, universal: Clause, facts: GroundFacts): boolean {
  return search(0, new Map(), []);

  function search(index: number, bindings: Substitution, deferred: readonly Literal[]): boolean {
    const literal = universal[index];
    if (literal === undefined) {
      return deferred.length < universal.length && deferred.every((item) => refuted(item, bindings));
    }
    for (const { positive, left, right } of line) {
      for (const target of [{ positive, left, right }, { positive, left: right, right: left }]) {
        const found = matchLiteral(literal, target, bindings);
        if (found !== null && search(index + 1, found, deferred)) return true;
      }
    }
    return universal.length > 1 && search(index + 1, bindings, [...deferred, literal]);
  }

  function refuted(literal: Literal, bindings: Substitution): boolean {
    const bound = substituteLiteral(literal, bindings);
    return !hasVariable(bound.left) && !hasVariable(bound.right) && facts.refutes(bound);
  }
}

/** Extends `known` bindings so that `pattern` becomes `literal`, sides in their order; null when none do. */
function matchLiteral(pattern: Literal, literal: Literal, known: Substitution): Substitution | null {
  if (pattern.positive !== literal.positive) return null;
  const half = matchTerm(pattern.left, literal.left, known);
  return half === null ? null : matchTerm(pattern.right, literal.right, half);
}

function matchTerm(pattern: Term, term: Term, bindings: Substitution): Substitution | null {
  if (pattern.sort !== term.sort) return null;
  if (pattern.variable) {
    const bound = bindings.get(pattern.key);
    if (bound !== undefined) return bound.key === term.key ? bindings : null;
    return new Map(bindings).set(pattern.key, term);
  }
  if (pattern.head !== term.head || pattern.args.length !== term.args.length) return null;
  let current: Substitution | null = bindings;
  for (let i = 0; i < pattern.args.length && current !== null; i++) {
    current = matchTerm(pattern.args[i] as Term, term.args[i] as Term, current);
  }
  return current;
}

/** The pairs of subterms, from the outside in, below which all differences of `left` and `right` lie. */
function differingPairs(left: Term, right: Term): [Term, Term][] {
  if (left.head !== right.head || left.args.length !== right.args.length) return [];
  const different = [...left.args.keys()].filter((i) => left.args[i]?.key !== right.args[i]?.key);
  if (different.length !== 1) return [];
  const [i] = different as [number];
  const pair: [Term, Term] = [left.args[i] as Term, right.args[i] as Term];
  return [pair, ...differingPairs(...pair)];
}

function hasVariable(term: Term): boolean {
  return term.variable || term.args.some(hasVariable);
}
