// A discovered theorem as files: alone, its walk in pieces, with a citation, or its letters bound.
import type { Rng } from "../../rng.ts";
import { isDirect, isDirectClause, neededLines } from "./closure.ts";
import { claimLetters, type Discovery, type Line, units, type Workshop } from "./discovery.ts";
import { linesOf } from "./derivations.ts";
import { Naming, theoremName } from "./names.ts";
import { chance } from "./random_term.ts";
import { equation, lettersOf, negate, sidesOf, unifyLiteral } from "./term.ts";
import type { Bindings, Clause, Law, Literal, Term } from "./term.ts";
import { type Theorem, TheoremText } from "./theorem_text.ts";
import type { Step } from "./walk.ts";

export function filesOf(rng: Rng, workshop: Workshop, discovery: Discovery): string[] {
  const { steps, lines, lawPremises, functions } = discovery;
  const isLong = steps.length >= 4 && lines.length >= 4;
  if (isLong && chance(rng, 60)) return milestoneFiles(rng, workshop, discovery);
  const isPlain = functions.length === 0 && lawPremises.length === 0;
  if (isPlain && claimLetters(discovery).length > 0 && lines.length > 0 && chance(rng, 22)) {
    return universalFiles(rng, workshop, discovery);
  }
  const text = new TheoremText(theoremOf(rng, workshop, discovery));
  if (lines.length > 1 && chance(rng, 14)) return citationFiles(rng, workshop, discovery, text);
  return text.finish(text.lines(lines));
}

/** The theorem that states a discovery, with names chosen at random. */
export function theoremOf(rng: Rng, { library, carrier, taken }: Workshop, discovery: Discovery): Theorem {
  const { source: { typeclass }, elements } = library;
  const name = theoremName(discovery.goal, taken);
  const naming = new Naming(rng, elements === "N");
  return { ...discovery, name, typeclass, carrier, naming, letters: claimLetters(discovery) };
}

// the walk cut in pieces: the pieces are lines of the body, each proved in a file of its own; one may be left
// to the theorem's file
function milestoneFiles(rng: Rng, workshop: Workshop, discovery: Discovery): string[] {
  const text = new TheoremText(theoremOf(rng, workshop, discovery));
  const contextual = chance(rng, workshop.contextual);
  const laws = [...workshop.laws, ...discovery.lawPremises];
  const known = units(discovery.premises);
  const open: Line[] = [];
  const pieces: Step[][] = [];
  for (let from = 0; from < discovery.steps.length; from += (pieces.at(-1) as Step[]).length) {
    pieces.push(discovery.steps.slice(from, from + 2 + rng.below(4)));
  }
  for (const piece of pieces) {
    const goal = equation((piece[0] as Step).before, (piece.at(-1) as Step).after);
    const lines = linesOf(piece, contextual);
    const needed = neededLines([...known, [negate(goal)]], lines);
    if (needed === null || !allKnown(discovery, [...needed, { clause: [goal], law: "" }])) {
      open.push(...lines);
    } else if (open.length === 0 && (pieces.length === 1 || chance(rng, 65))) open.push(...needed);
    else {
      text.prove(goal, isDirect(goal, laws, known) ? [] : text.lines(needed));
      known.push([goal]);
    }
  }
  const rest = neededLines([...known, [negate(discovery.goal)]], open) ?? [];
  return text.finish(isDirect(discovery.goal, laws, known) ? [] : text.lines(rest));
}

// one of the proof's lines is in the body first, as an author does to help the prover: stated, or by its
// theorem's name
function citationFiles(rng: Rng, workshop: Workshop, discovery: Discovery, text: TheoremText): string[] {
  const { lines, goal } = discovery;
  const laws = [...workshop.laws, ...discovery.lawPremises];
  const known = units(discovery.premises);
  const chosen = lines[rng.below(lines.length)] as Line;
  const cited = chance(rng, 70) ? citation(workshop.laws, chosen) : null;
  if (cited !== null) {
    const source = `${cited.name}(${cited.terms.map((value) => text.term(value)).join(", ")})`;
    text.proveText({ source, counterfactual: `not ${source}`, proof: [] });
  } else if (chosen.clause.length === 1) {
    const [own] = chosen.clause as [Literal];
    text.prove(own, isDirect(own, laws, known) ? [] : text.clauses([chosen.clause]));
  } else return text.finish(text.lines(lines));
  const rest = lines.filter((line) => line !== chosen);
  return text.finish(isDirect(goal, laws, [...known, chosen.clause]) ? [] : text.lines(rest));
}

// the law that a line is the bare instance of, and the values of its variables in alphabetical order
function citation(laws: readonly Law[], { law, clause }: Line): { name: string; terms: Term[] } | null {
  for (const { name, literals } of laws) {
    if (name !== law || literals.length !== clause.length) continue;
    let ways: Bindings[] = [new Map()];
    for (const [i, literal] of literals.entries()) {
      ways = ways.flatMap((way) => unifyLiteral(literal, clause[i] as Literal, way));
    }
    const bound = [...ways[0] ?? []].sort(([a], [b]) => a < b ? -1 : 1);
    if (bound.length > 0) return { name, terms: bound.map(([, term]) => term) };
  }
  return null;
}

// the statement with its letters bound by `forall`: as one goal, or with a body that takes arbitrary elements
function universalFiles(rng: Rng, workshop: Workshop, discovery: Discovery): string[] {
  const theorem = theoremOf(rng, workshop, discovery);
  const { letters: bound, naming } = theorem;
  const { premises, goal, lines } = discovery;
  const text = new TheoremText({ ...theorem, letters: [], bound });
  const withBody = chance(rng, 35);
  if (withBody) {
    text.open(`forall(${text.declare(bound)})`);
    text.prove(goal, text.lines(lines), premises);
    text.close();
  }
  bound.forEach((letter, i) => naming.set(letter.op, `x${i}`));
  const counterfactual = `not forall(${text.declare(bound)}) { ${text.statement()} }`;
  bound.forEach((letter, i) => naming.set(letter.op, `s${i}`));
  const names = bound.length > 1 ? `(${text.declare(bound)})` : text.declare(bound);
  const witness = `let ${names} satisfy { ${text.and([...premises, negate(goal)])} }`;
  const clause: Clause = [...premises.map(negate), goal];
  const isOver = withBody || isDirectClause(clause, workshop.laws);
  return text.finish(isOver ? [] : [witness, ...text.lines(lines)], counterfactual);
}

// whether lines speak of nothing that the statement does not, and use no premise that was dropped
function allKnown(discovery: Discovery, lines: readonly Line[]): boolean {
  const letters = new Set(claimLetters(discovery).map((letter) => letter.op));
  const laws = new Set(discovery.lawPremises.map((law) => law.name));
  const functions = new Set(discovery.functions.map(({ letter }) => letter));
  return lines.every(({ clause, law }) =>
    (!law.startsWith("supposed") || laws.has(law)) &&
    lettersOf(sidesOf(clause)).every((letter) => letters.has(letter.op)) &&
    (functions.has("f") || !sidesOf(clause).some(({ key }) => key.includes("f:")))
  );
}
