/** A module of the corpus: one theory, a dozen theorems or so of one flavour, each with the files of its goals. */

import type { Rng } from "../../rng.ts";
import { deriveConditional, hasConditionalLaws } from "./conditional.ts";
import { isDirect, isDirectClause, neededLines } from "./closure.ts";
import {
  contraposed,
  type Derivation,
  type Discovery,
  type Line,
  refine,
  statementLetters,
  type Workshop,
} from "./discovery.ts";
import { deriveEquation, linesOf } from "./equational.ts";
import type { Library } from "./library.ts";
import { Naming, theoremName } from "./names.ts";
import { chance, pick } from "./random_term.ts";
import {
  bindLiteral,
  equation,
  type Law,
  lettersOf,
  type Literal,
  negate,
  type Term,
  term,
  unifyLiteral,
} from "./term.ts";
import { type Theorem, TheoremText } from "./theorem_text.ts";
import type { Step } from "./walk.ts";

/** The files of one random module. */
export function developmentFiles(rng: Rng, library: Library): string[] {
  const workshop = randomWorkshop(rng, library);
  const carrier = pick(rng, library.source.carriers);
  const taken = new Set<string>();
  const files: string[] = [];
  for (let theorems = 6 + rng.below(12); theorems > 0; theorems--) {
    files.push(...theoremFiles(rng, workshop, carrier, taken));
  }
  return files;
}

function randomWorkshop(rng: Rng, library: Library): Workshop {
  const laws = [...library.laws, ...library.lemmas];
  const favour = new Map<string, number>();
  const own = new Set([...library.source.laws, ...library.source.lemmas.map((lemma) => lemma.statement)]
    .map((text) => text.split(":")[0]));
  for (const law of laws) favour.set(law.name, (own.has(law.name) ? 2 : 1) * pick(rng, [0.5, 1, 1, 2, 5]));
  return {
    library,
    laws,
    favour,
    maxSize: 14 + rng.below(18),
    growth: pick(rng, [10, 20, 35, 60]),
    contextual: pick(rng, [0, 20, 50, 90]),
  };
}

function theoremFiles(rng: Rng, workshop: Workshop, carrier: string, taken: Set<string>): string[] {
  for (;;) {
    const kind = rng.below(100);
    const conditional = hasConditionalLaws(workshop) && kind < 34;
    if (!conditional && kind >= 88) {
      const files = localLawFiles(rng, workshop, carrier, taken);
      if (files !== null) return files;
      continue;
    }
    const derivation = conditional
      ? deriveConditional(rng, workshop, 1 + rng.below(4))
      : randomEquation(rng, workshop);
    let discovery = refine(rng, derivation, workshop.laws);
    if (discovery === null) continue;
    if (conditional && chance(rng, 15)) discovery = contraposed(rng, discovery);
    if (isDirect(discovery.goal, workshop.laws, groundPremises(discovery)) && discovery.lines.length > 0) {
      continue;
    }
    return filesOf(rng, { workshop, carrier, taken }, discovery);
  }
}

interface Place {
  readonly workshop: Workshop;
  readonly carrier: string;
  readonly taken: Set<string>;
}

function filesOf(rng: Rng, place: Place, discovery: Discovery): string[] {
  const isWalk = discovery.steps.length >= 4 && discovery.lines.length >= 4;
  if (isWalk && chance(rng, 60)) return milestoneFiles(rng, place, discovery);
  const literalsOnly = discovery.functions.length === 0 &&
    discovery.premises.every((p) => p.kind === "literal");
  if (literalsOnly && discovery.lines.length > 0 && chance(rng, 14)) {
    return universalFiles(rng, place, discovery);
  }
  const text = new TheoremText(theoremOf(rng, place, discovery));
  if (discovery.lines.length > 1 && chance(rng, 14)) return citationFiles(rng, place, discovery, text);
  return text.finish(text.clauses(discovery.lines.map((line) => line.clause)));
}

function theoremOf(rng: Rng, { workshop, carrier, taken }: Place, discovery: Discovery): Theorem {
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

// the walk cut in pieces: the pieces are lines of the body, each proved in a file of its own; one may be left to the theorem's file
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
    if (open.length === 0 && (parts.length === 1 || chance(rng, 45))) {
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

// one of the proof's lines is in the body first, as an author does to help the prover: stated, or by its theorem's name
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
  const withBody = chance(rng, 50);
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

// a law proved for all elements inside the body, then used
function localLawFiles(rng: Rng, workshop: Workshop, carrier: string, taken: Set<string>): string[] | null {
  const small = refine(
    rng,
    deriveEquation(rng, workshop, { steps: 2 + rng.below(4), premises: "none" }),
    workshop.laws,
  );
  if (small === null || small.lines.length < 2) return null;
  const variables = statementLetters(small);
  const local = asLaw(small.goal, variables);
  const favour = new Map(workshop.favour).set(local.name, 40);
  const extended: Workshop = { ...workshop, laws: [...workshop.laws, local], favour };
  const main = refine(
    rng,
    deriveEquation(rng, extended, { steps: 3 + rng.below(4), premises: "none" }),
    extended.laws,
  );
  if (main === null || main.lines.length < 2 || !main.lines.some((line) => line.law === local.name)) {
    return null;
  }
  const theorem = theoremOf(rng, { workshop, carrier, taken }, main);
  const text = new TheoremText(theorem);
  const fresh = variables.map((letter, i) => term(`?${"xyzuvw"[i]}`, [], letter.sort));
  text.open(`forall(${text.declare(fresh)})`);
  const renaming = new Map(
    variables.map((letter, i) => [letter.op, theorem.naming.letters.get(fresh[i]?.op ?? "") ?? ""]),
  );
  const outer = new Map(variables.map((letter) => [letter.op, theorem.naming.letters.get(letter.op)]));
  for (const [letter, name] of renaming) theorem.naming.set(letter, name);
  text.prove({
    line: text.literal(small.goal),
    counterfactual: text.literal(negate(small.goal)),
    proof: text.clauses(small.lines.map((line) => line.clause)),
  });
  for (const [letter, name] of outer) if (name !== undefined) theorem.naming.set(letter, name);
  text.close();
  return text.finish(text.clauses(main.lines.map((line) => line.clause)));
}

function asLaw(goal: Literal, letters: readonly Term[]): Law {
  const variable = new Map(letters.map((letter) => [letter.op, term(`?${letter.op}`, [], letter.sort)]));
  return { name: "local", literals: [bindLiteral(goal, variable)] };
}

function randomEquation(rng: Rng, workshop: Workshop): Derivation {
  const kind = rng.below(100);
  const premises = kind < 50 ? "none" : kind < 72 ? "equations" : "laws";
  return deriveEquation(rng, workshop, { steps: 2 + rng.below(7) + rng.below(10), premises });
}

function groundPremises(discovery: Discovery): Literal[][] {
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
