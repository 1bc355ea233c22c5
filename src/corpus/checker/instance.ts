/**
 * Instances of universal statements: one-way matching, where the statement's variables stand for any term of
 * their sort. No associativity or commutativity is built in: `a * b` never matches `b * a`.
 */
import { type Clause, type Literal, substituteLiteral } from "./clause.ts";
import type { GroundFacts } from "./ground_facts.ts";
import type { Substitution, Term } from "./term.ts";

/**
 * Every literal of the instance stands in the line (either way round for equations) or is refuted by the
 * facts. At least one must stand in the line, and matching the line must bind every variable.
 */
export function isInstance(line: Clause, universal: Clause, facts: GroundFacts): boolean {
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
export function matchLiteral(pattern: Literal, literal: Literal, known: Substitution): Substitution | null {
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

/**
 * The pairs of subterms, from the outside in, below which all differences of `left` and `right` lie: of the
 * same operation's arguments the only ones that are not equal.
 */
export function differingPairs(left: Term, right: Term): [Term, Term][] {
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
