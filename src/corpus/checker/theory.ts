/**
 * Reads theories.ts once a theory: its operations, and its statements in the order in which they are
 * established.
 */

import { canonicalText } from "./clause.ts";
import { type Operations, Parser } from "./parser.ts";
import { type Declaration, type Formula, NAT } from "./term.ts";
import { THEORIES, type TheoryText } from "./theories.ts";

/** An axiom or lemma: `variables` may be anything of their sorts in `body`. */
export interface Statement {
  readonly name: string;
  readonly variables: readonly Declaration[];
  readonly body: Formula;
  readonly isLemma: boolean;
}

/** A theory with everything it inherits. */
export interface Theory {
  readonly operations: Operations;
  readonly statements: readonly Statement[];
}

/** How a theory writes the sort of its elements. */
const CARRIER_NAME = "S";

const cache = new Map<string, Theory>();

/**
 * The theory of a type class, "Nat" for the naturals.
 *
 * @throws SyntaxError when there is no such type class.
 */
export function theoryOf(typeclass: string): Theory {
  const known = cache.get(typeclass);
  if (known !== undefined) return known;
  const texts = withParents(typeclass);
  const operations = new Map<string, Declaration[]>();
  for (const line of texts.flatMap((text) => text.operations)) {
    const [signature, sort] = line.split(" -> ") as [string, string];
    const [name, ...args] = signature.split(" ") as [string, ...string[]];
    operations.set(name, [...operations.get(name) ?? [], { name, args, sort }]);
  }
  const statements = texts.flatMap((text) => [
    ...text.axioms.map((source) => readStatement(source, operations, false)),
    ...text.lemmas.map((source) => readStatement(source, operations, true)),
  ]);
  const theory = { operations, statements };
  cache.set(typeclass, theory);
  return theory;
}

/**
 * What may be used while the theorem `name` is proved: every axiom, and the lemmas before the lemma of that
 * name.
 */
export function statementsBefore(theory: Theory, name: string): readonly Statement[] {
  const own = theory.statements.findLastIndex((statement) => statement.isLemma && statement.name === name);
  return own < 0 ? theory.statements : theory.statements.filter((s, i) => i < own || !s.isLemma);
}

/** Whether a theorem may carry its name: one called like a lemma must state that lemma. */
export function mayBeNamed(theory: Theory, theorem: Omit<Statement, "isLemma">): boolean {
  const lemma = theory.statements.findLast((statement) =>
    statement.isLemma && statement.name === theorem.name
  );
  return lemma === undefined || closedText(lemma) === closedText(theorem);
}

function closedText({ variables, body }: Omit<Statement, "isLemma">): string {
  return canonicalText(variables.length === 0 ? body : { kind: "forall", variables, body });
}

function withParents(typeclass: string): TheoryText[] {
  const text = THEORIES.find((theory) => theory.typeclass === typeclass);
  if (text === undefined) throw new SyntaxError(`unknown type class "${typeclass}"`);
  const ancestors = text.parents.flatMap(withParents);
  const all = typeclass === NAT || ancestors.length > 0 ? ancestors : withParents(NAT);
  return [...new Set([...all, text])];
}

function readStatement(source: string, operations: Operations, isLemma: boolean): Statement {
  const parser = new Parser(source, operations, CARRIER_NAME);
  const name = parser.name();
  const variables = parser.at("(") ? parser.parameters() : [];
  for (const variable of variables) parser.declare(variable);
  parser.expect("{");
  const body = parser.formula();
  parser.expect("}");
  parser.end();
  return { name, variables, body, isLemma };
}
