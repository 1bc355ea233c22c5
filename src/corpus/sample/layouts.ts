/**
 * The ways in which a discovered theorem is laid out as files: alone, with its walk cut into lines of its
 * body, with a citation, or with its
 * letters bound by `forall`.
 */

import type { Rng } from "../../rng.ts";
import { isDirect, isDirectClause, neededLines } from "./closure.ts";
import { type Discovery, type Line, statementLetters, type Workshop } from "./discovery.ts";
import { linesOf } from "./equational.ts";
import { Naming, theoremName } from "./names.ts";
import { chance } from "./random_term.ts";
import { equation, type Law, lettersOf, type Literal, negate, type Term, unifyLiteral } from "./term.ts";
import { type Theorem, TheoremText } from "./theorem_text.ts";
import type { Step } from "./walk.ts";

/** Where a theorem stands: its module's laws, its type parameter's name, the theorem names that are taken. */
export interface Place {
  readonly workshop: Workshop;
  readonly carrier: string;
  readonly taken: Set<string>;
}

/** The files of a discovered theorem, laid out in one of several ways. */
export function filesOf(rng: Rng, place: Place, discovery: Discovery): string[] {
  const isWalk = discovery.steps.length >= 4 && discovery.lines.length >= 4;
  if (isWalk && chance(rng, 60)) return milestoneFiles(rng, place, discovery);
  const isUniversal = statementLetters(discovery).length > 0 && discovery.functions.length === 0 &&
    discovery.premises.every((premise) => premise.kind === "literal");
  if (isUniversal && discovery.lines.length > 0 && chance(rng, 22)) {
    return universalFiles(rng, place, discovery);
  }
  const text = new TheoremText(theoremOf(rng, place, discovery));
  if (discovery.lines.length > 1 && chance(rng, 14)) return citationFiles(rng, place, discovery, text);
  return text.finish(text.clauses(discovery.lines.map((line) => line.clause)));
}

/** The theorem that states a discovery, with names chosen at random. */
export function theoremOf(rng: Rng, { workshop, carrier, taken }: Place, discovery: Discovery): Theorem {
  const { typeclass } = workshop.library.source;
  return {
    name: theoremName(discovery.goal, taken),
    typeclass,
    carrier,
    naming: new Naming(rng, typeclass === "Nat"),
    letters: statementLetters(discovery),
    functions: discovery.functions,
    premises: discovery.premises,
    goal: discovery.goal,
  };
}

// the walk cut in pieces: the pieces are lines of the body, each proved in a file of its own; one may be left
// to the theorem's file
function milestoneFiles(rng: Rng, place: Place, discovery: Discovery): string[] {
  const text = new TheoremText(theoremOf(rng, place, discovery));
  const given = groundPremises(discovery);
  const contextual = chance(rng, place.workshop.contextual);
  const laws = [...place.workshop.laws, ...lawPremises(discovery)];
  const facts: Literal[][] = [];
  const open: Line[] = [];
  const parts = pieces(rng, discovery.steps);
  for (const piece of parts) {
    const goal = equation((piece[0] as Step).before, (piece.at(-1) as Step).after);
    const lines = linesOf(piece, contextual);
    const needed = neededLines([...given, ...facts, [negate(goal)]], lines, (line) => line.clause);
    if (
      needed === null || !allKnown(discovery, needed) || !allKnown(discovery, [{ clause: [goal], law: "" }])
    ) {
      open.push(...lines);
      continue;
    }
    if (open.length === 0 && (parts.length === 1 || chance(rng, 65))) {
      open.push(...needed);
      continue;
    }
    const proof = isDirect(goal, laws, [...given, ...facts]) ? [] : needed;
    text.prove({
      line: text.literal(goal),
      counterfactual: text.literal(negate(goal)),
      proof: text.clauses(proof.map((line) => line.clause)),
    });
    facts.push([goal]);
  }
  const rest = neededLines([...given, ...facts, [negate(discovery.goal)]], open, (line) => line.clause) ?? [];
  const isOver = isDirect(discovery.goal, laws, [...given, ...facts]);
  return text.finish(isOver ? [] : text.clauses(rest.map((line) => line.clause)));
}

function pieces(rng: Rng, steps: readonly Step[]): Step[][] {
  const list: Step[][] = [];
  for (let from = 0; from < steps.length;) {
    const length = 2 + rng.below(4);
    list.push(steps.slice(from, from + length));
    from += length;
  }
  return list;
}

// one of the proof's lines is in the body first, as an author does to help the prover: stated, or by its
// theorem's name
function citationFiles(rng: Rng, place: Place, discovery: Discovery, text: TheoremText): string[] {
  const { laws } = place.workshop;
  const clauses = discovery.lines.map((line) => line.clause);
  const chosen = rng.below(clauses.length);
  const clause = clauses[chosen] as readonly Literal[];
  const rest = clauses.filter((_, i) => i !== chosen);
  const cited = chance(rng, 70) ? citation(laws, discovery.lines[chosen] as Line) : null;
  if (cited !== null) {
    const line = `${cited.name}(${cited.terms.map((value) => text.term(value)).join(", ")})`;
    text.prove({ line, counterfactual: `not ${line}`, proof: [] });
  } else if (clause.length === 1) {
    const [goal] = clause as [Literal];
    const direct = isDirect(goal, [...laws, ...lawPremises(discovery)], groundPremises(discovery));
    text.prove({
      line: text.literal(goal),
      counterfactual: text.literal(negate(goal)),
      proof: direct ? [] : text.clauses([clause]),
    });
  } else return text.finish(text.clauses(clauses));
  const known = [...groundPremises(discovery), clause];
  return text.finish(
    isDirect(discovery.goal, [...laws, ...lawPremises(discovery)], known) ? [] : text.clauses(rest),
  );
}

// the law that a line is the bare instance of, and the values of its variables in alphabetical order
function citation(laws: readonly Law[], line: Line): { name: string; terms: Term[] } | null {
  for (
    const law of laws.filter(({ name, literals }) =>
      name === line.law && literals.length === line.clause.length
    )
  ) {
    let ways: ReadonlyMap<string, Term>[] = [new Map()];
    for (const [i, literal] of law.literals.entries()) {
      ways = ways.flatMap((way) => unifyLiteral(literal, line.clause[i] as Literal, way));
    }
    const [bindings] = ways;
    if (bindings !== undefined && bindings.size > 0) {
      return { name: law.name, terms: [...bindings.keys()].sort().map((key) => bindings.get(key) as Term) };
    }
  }
  return null;
}

// the statement with its letters bound by `forall`: as one goal, or with a body that takes arbitrary elements
function universalFiles(rng: Rng, place: Place, discovery: Discovery): string[] {
  const theorem = theoremOf(rng, place, discovery);
  const bound = theorem.letters;
  const { naming } = theorem;
  const text = new TheoremText({ ...theorem, letters: [], bound });
  const premises = discovery.premises.flatMap((premise) =>
    premise.kind === "literal" ? [premise.literal] : []
  );
  const lines = discovery.lines.map((line) => line.clause);
  const withBody = chance(rng, 35);
  if (withBody) {
    text.open(`forall(${text.declare(bound)})`);
    const hypothesis = premises.map((literal) => text.literal(literal)).join(" and ");
    text.prove({
      line: text.implication(),
      ...(hypothesis === "" ? {} : { hypothesis }),
      counterfactual: text.literal(negate(discovery.goal)),
      proof: text.clauses(lines),
    });
    text.close();
  }
  bound.forEach((letter, i) => naming.set(letter.op, `x${i}`));
  const counterfactual = `not forall(${text.declare(bound)}) { ${text.implication()} }`;
  bound.forEach((letter, i) => naming.set(letter.op, `s${i}`));
  const names = text.declare(bound);
  const refuted = [...premises, negate(discovery.goal)].map((literal) => text.literal(literal)).join(" and ");
  const proof = [`let ${bound.length > 1 ? `(${names})` : names} satisfy { ${refuted} }`];
  const clause = [...premises.map(negate), discovery.goal];
  const isDirectly = withBody || isDirectClause(clause, place.workshop.laws);
  return text.finish(isDirectly ? [] : [...proof, ...text.clauses(lines)], counterfactual);
}

/** The premises that are literals, as clauses. */
export function groundPremises(discovery: Discovery): Literal[][] {
  return discovery.premises.flatMap((premise) => premise.kind === "literal" ? [[premise.literal]] : []);
}

function lawPremises(discovery: Discovery): Law[] {
  return discovery.premises.flatMap((premise) => premise.kind === "law" ? [premise.law] : []);
}

// whether lines speak of nothing that the statement does not, and use no premise that was dropped
function allKnown(discovery: Discovery, lines: readonly Line[]): boolean {
  const letters = new Set(statementLetters(discovery).map((letter) => letter.op));
  const laws = new Set(lawPremises(discovery).map((law) => law.name));
  const functions = new Set(discovery.functions.map(({ letter }) => letter));
  return lines.every(({ clause, law }) =>
    (!law.startsWith("supposed") || laws.has(law)) &&
    clause.every(({ left, right }) =>
      lettersOf(left, right).every((letter) => letters.has(letter.op)) &&
      (functions.has("f") || !`${left.key} ${right.key}`.includes("f:"))
    )
  );
}
