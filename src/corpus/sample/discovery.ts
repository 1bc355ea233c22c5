/**
 * What random theorems are found by: statements that come out of random derivations. A discovery is a true
 * statement with every
 * line that its proof needs and none that it does not.
 */

import type { Rng } from "../../rng.ts";
import { contradicts, isDirect, neededLines } from "./closure.ts";
import type { Library, Shape } from "./library.ts";
import { chance } from "./random_term.ts";
import { type Law, lettersOf, type Literal, negate, type Term, term } from "./term.ts";
import type { FunctionParameter, Premise } from "./theorem_text.ts";
import type { Step } from "./walk.ts";

/** A line of a proof: an instance of a law, in a context or bare. */
export interface Line {
  readonly clause: readonly Literal[];
  readonly law: string;
}

/** A true statement and its proof. */
export interface Discovery {
  readonly premises: readonly Premise[];
  readonly functions: readonly FunctionParameter[];
  readonly goal: Literal;
  readonly lines: readonly Line[];
  /** The walk that led from the goal's one side to the other, if it was one. */
  readonly steps: readonly Step[];
}

/** What a derivation draws from. */
export interface Workshop {
  readonly library: Library;
  /** Laws, lemmas and local laws that may be used. */
  readonly laws: readonly Law[];
  /** How much likelier a law is to be used than others. */
  readonly favour: ReadonlyMap<string, number>;
  /** Sizes of the terms that derivations may come to. */
  readonly maxSize: number;
  /** Percent of growing steps taken. */
  readonly growth: number;
  /** Percent of theorems whose lines are whole terms rather than bare instances. */
  readonly contextual: number;
}

/** What came out of a derivation, before it is made a theorem. */
export interface Derivation {
  readonly premises: readonly Literal[];
  readonly lawPremises: readonly Law[];
  readonly functions: readonly FunctionParameter[];
  readonly goal: Literal;
  readonly lines: readonly Line[];
  readonly steps: readonly Step[];
}

/** Drops premises and lines that are not needed; null when what remains is not worth a theorem. */
export function refine(rng: Rng, derivation: Derivation, laws: readonly Law[]): Discovery | null {
  const { goal, steps } = derivation;
  if (goal.left.key === goal.right.key && goal.relation === "=") return null;
  if (contradicts(derivation.premises.map((literal) => [literal]))) return null;
  const candidates: Line[] = [
    ...derivation.premises.map((literal) => ({ clause: [literal], law: PREMISE })),
    ...unique(derivation.lines),
  ];
  const needed = neededLines([[negate(goal)]], candidates, (line) => line.clause);
  if (needed === null) return null;
  const premises = needed.filter((line) => line.law === PREMISE).map((line) => line.clause[0] as Literal);
  let lines = needed.filter((line) => line.law !== PREMISE);
  if (needed.length > premises.length && contradicts(needed.slice(0, -1).map((line) => line.clause))) {
    return null;
  }
  const lawPremises = derivation.lawPremises.filter((law) => lines.some((line) => line.law === law.name));
  const isWhole = premises.length === derivation.premises.length &&
    lawPremises.length === derivation.lawPremises.length;
  const terms = [goal, ...premises, ...lawPremises.flatMap((law) => law.literals)].flatMap((
    l,
  ) => [l.left, l.right]);
  if (!coversLetters(terms, lines) || lines.length > 16) return null;
  const given = premises.map((literal) => [literal]);
  if (lines.length === 0 && !chance(rng, 4)) return null;
  if (lines.length === 1 && !chance(rng, 25)) return null;
  if (isDirect(goal, [...laws, ...lawPremises], given)) {
    if (!chance(rng, 4)) return null;
    lines = [];
  } else if (chance(rng, 30)) rng.shuffle(lines);
  const text = [...terms, ...lines.flatMap((line) => line.clause.flatMap((l) => [l.left, l.right]))].map((
    t,
  ) => t.key);
  return {
    goal,
    lines,
    // a walk by way of a premise that was dropped proves nothing any more
    steps: isWhole ? steps : [],
    premises: [
      ...lawPremises.map((law): Premise => ({ kind: "law", law })),
      ...premises.map((literal): Premise => ({ kind: "literal", literal })),
    ],
    functions: derivation.functions.filter(({ letter }) => text.some((key) => key.includes(`${letter}:`))),
  };
}

/** The other way round: "not p" from "not goal", where p is one of the premises. */
export function contraposed(rng: Rng, discovery: Discovery): Discovery {
  const choices = discovery.premises.filter((premise) => premise.kind === "literal");
  const chosen = choices[rng.below(Math.max(1, choices.length))];
  if (chosen === undefined || discovery.lines.length === 0) return discovery;
  return {
    ...discovery,
    premises: discovery.premises.map((p) =>
      p === chosen ? { kind: "literal", literal: negate(discovery.goal) } : p
    ),
    goal: negate(chosen.literal),
    steps: [],
  };
}

/** The letters that a statement is about. */
export function statementLetters(discovery: Discovery): Term[] {
  const literals = [
    ...discovery.premises.flatMap((p) => p.kind === "law" ? p.law.literals : [p.literal]),
    discovery.goal,
  ];
  return lettersOf(...literals.flatMap(({ left, right }) => [left, right])).filter(({ op }) =>
    !op.startsWith("?")
  );
}

/** Letters to make random terms of: elements `a`, `b` … and, where there are powers, naturals `i`, `j`. */
export function randomLetters(rng: Rng, library: Library): Term[] {
  const isNatural = library.source.typeclass === "Nat";
  const count = 1 + rng.below(3) + rng.below(2);
  const letters = ["a", "b", "c", "d"].slice(0, count).map((op) => term(op, [], isNatural ? "N" : "S"));
  const hasPowers = library.shapes.some((shape) => shape.op === "pow");
  if (hasPowers) letters.push(...["i", "j"].slice(0, 1 + rng.below(2)).map((op) => term(op, [], "N")));
  return letters;
}

/** The shapes of a library and of the functions at hand; powers only where `powers` says so. */
export function shapesWith(
  library: Library,
  functions: readonly FunctionParameter[],
  powers: boolean,
): Shape[] {
  return [
    ...library.shapes.filter((shape) => powers || shape.op !== "pow"),
    ...(functions.some(({ from }) => from === "N") ? SUCCESSOR : []),
    ...functions.map(({ letter, from, to }) => ({ op: letter, args: [from], sort: to, weight: 6 })),
  ];
}

const PREMISE = "premise";
const SUCCESSOR: readonly Shape[] = [{ op: "suc", args: ["N"], sort: "N", weight: 3 }];

function unique(lines: readonly Line[]): Line[] {
  const seen = new Set<string>();
  return lines.filter(({ clause }) => {
    const key = clause.map((l) => `${l.positive}${l.relation}${[l.left.key, l.right.key].sort().join()}`)
      .join("|");
    return !seen.has(key) && seen.add(key);
  });
}

function coversLetters(terms: readonly Term[], lines: readonly Line[]): boolean {
  const known = new Set(lettersOf(...terms).map((letter) => letter.op));
  const used = lettersOf(...lines.flatMap(({ clause }) => clause.flatMap((l) => [l.left, l.right])));
  return used.every((letter) => known.has(letter.op));
}
