// A theory with everything it inherits, read from ../theories/: its operations, and its statements in the
// order of their proofs.
import { THEORIES } from "../theories/mod.ts";
import { canonicalText } from "./clause.ts";
import { type Operations, type ParsedStatement, Parser } from "./parser.ts";
import { CARRIER, type Declaration, NAT } from "./term.ts";

/** An axiom or lemma: `variables` may be anything of their sorts in `formula`. */
export interface Statement extends ParsedStatement {
  readonly isLemma: boolean;
  readonly typeclass: string;
}

export type Theory = { readonly operations: Operations; readonly statements: readonly Statement[] };

const cache = new Map<string, Theory>();
const TEXTS = THEORIES.map((text) => {
  const [head, ...lines] = text.trim().split("\n") as [string, ...string[]];
  const [, typeclass, ...parents] = head.split(/:? /) as [string, string, ...string[]];
  return { typeclass, parents, lines };
});

/** @throws {SyntaxError} when there is no such type class */
export function theoryOf(typeclass: string): Theory {
  const known = cache.get(typeclass);
  if (known !== undefined) return known;
  const operations = new Map<string, Declaration[]>();
  const statements: Statement[] = [];
  for (const { typeclass: own, lines } of withParents(typeclass)) {
    for (const line of lines) {
      const [keyword, rest] = line.split(/ (.*)/) as [string, string];
      if (keyword === "operations") readOperations(rest, operations);
      else if (keyword === "axiom" || keyword === "lemma") {
        const statement = new Parser(rest, operations, CARRIER).statement();
        statements.push({ ...statement, isLemma: keyword === "lemma", typeclass: own });
      }
    }
  }
  const theory = { operations, statements };
  cache.set(typeclass, theory);
  return theory;
}

/** What may be used while the theorem `name` is proved: axioms, and the lemmas before that of its name. */
export function statementsBefore({ statements }: Theory, name: string): readonly Statement[] {
  const own = statements.findLastIndex((statement) => statement.isLemma && statement.name === name);
  return own < 0 ? statements : statements.filter((statement, i) => i < own || !statement.isLemma);
}

/** Whether a theorem may carry its name: one called like a lemma must state that lemma. */
export function mayBeNamed({ statements }: Theory, theorem: ParsedStatement): boolean {
  const lemma = statements.findLast(({ isLemma, name }) => isLemma && name === theorem.name);
  return lemma === undefined || closedText(lemma) === closedText(theorem);
}

function closedText({ variables, formula }: ParsedStatement): string {
  return canonicalText(variables.length === 0 ? formula : { kind: "forall", variables, body: formula });
}

function withParents(typeclass: string): typeof TEXTS {
  const text = TEXTS.find((theory) => theory.typeclass === typeclass);
  if (text === undefined) throw new SyntaxError(`unknown type class "${typeclass}"`);
  const ancestors = text.parents.flatMap(withParents);
  const all = typeclass === NAT || ancestors.length > 0 ? ancestors : withParents(NAT);
  return [...new Set([...all, text])];
}

// such as `0 -> Nat, + Nat Nat -> Nat`
function readOperations(text: string, operations: Map<string, Declaration[]>): void {
  for (const operation of text.split(", ")) {
    const [signature, sort] = operation.split(" -> ") as [string, string];
    const [name, ...args] = signature.split(" ") as [string, ...string[]];
    operations.set(name, [...operations.get(name) ?? [], { name, args, sort }]);
  }
}
