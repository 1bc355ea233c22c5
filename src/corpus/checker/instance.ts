/**
 * Instances of universal statements: one-way matching, where the statement's variables stand for any term of
 * their sort and the
 * line's terms stay as they are. No associativity or commutativity is built in: `a * b` matches `b * a`
 * never.
 */

import type { Clause, Literal } from "./clause.ts";
import type { GroundFacts } from "./ground_facts.ts";
import { substitute, type Term } from "./term.ts";

/** A universal clause and the name to report it by. */
export interface UniversalClause {
  readonly name: string;
  readonly clause: Clause;
}

type Bindings = ReadonlyMap<string, Term>;

/**
 * Whether `line` is an instance of `universal`: every literal of the instance stands in the line (either way
 * round for equations)
 * or is refuted by the ground facts. At least one must stand in the line, and matching the line must bind
 * every variable.
 */
export function isInstance(line: Clause, universal: Clause, facts: GroundFacts): boolean {
  return search(0, new Map(), []);

  function search(index: number, bindings: Bindings, deferred: readonly Literal[]): boolean {
    const literal = universal[index];
    if (literal === undefined) {
      return deferred.length < universal.length && deferred.every((item) => refuted(item, bindings));
    }
    for (const target of line) {
      if (target.positive !== literal.positive) continue;
      for (
        const [left, right] of [[target.left, target.right], [target.right, target.left]] as [Term, Term][]
      ) {
        const half = matchTerm(literal.left, left, bindings);
        const whole = half === null ? null : matchTerm(literal.right, right, half);
        if (whole !== null && search(index + 1, whole, deferred)) return true;
      }
    }
    return universal.length > 1 && search(index + 1, bindings, [...deferred, literal]);
  }

  function refuted(literal: Literal, bindings: Bindings): boolean {
    const [left, right] = [substitute(literal.left, bindings), substitute(literal.right, bindings)];
    if (hasVariable(left) || hasVariable(right)) return false;
    return facts.entails([{ positive: !literal.positive, left, right }]);
  }
}

/** Extends `bindings` so that `pattern` becomes `term`; null when no such bindings exist. */
export function matchTerm(pattern: Term, term: Term, bindings: Bindings): Bindings | null {
  if (pattern.sort !== term.sort) return null;
  if (pattern.variable) {
    const bound = bindings.get(pattern.key);
    if (bound !== undefined) return bound.key === term.key ? bindings : null;
    return new Map(bindings).set(pattern.key, term);
  }
  if (pattern.head !== term.head || pattern.args.length !== term.args.length) return null;
  let current: Bindings | null = bindings;
  for (let i = 0; i < pattern.args.length && current !== null; i++) {
    current = matchTerm(pattern.args[i] as Term, term.args[i] as Term, current);
  }
  return current;
}

/**
 * The pairs of subterms at which `left` and `right` can be seen to differ in one position only: the two
 * themselves, then, as long as
 * they apply the same operation and differ in one argument, those arguments.
 */
export function differingPairs(left: Term, right: Term): [Term, Term][] {
  const pairs: [Term, Term][] = [];
  let pair: [Term, Term] | null = [left, right];
  while (pair !== null) {
    pairs.push(pair);
    pair = descend(...pair);
  }
  return pairs;
}

function descend(left: Term, right: Term): [Term, Term] | null {
  if (left.head !== right.head || left.args.length !== right.args.length) return null;
  let found: [Term, Term] | null = null;
  for (let i = 0; i < left.args.length; i++) {
    const [a, b] = [left.args[i] as Term, right.args[i] as Term];
    if (a.key === b.key) continue;
    if (found !== null) return null;
    found = [a, b];
  }
  return found;
}

function hasVariable(term: Term): boolean {
  return term.variable || term.args.some(hasVariable);
}
