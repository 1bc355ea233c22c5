// Statements that come out of random derivations. A refined discovery is a true statement with every line
// that its proof needs and none that it does not.
import type { Rng } from "../../rng.ts";
import { contradicts, isDirect, neededLines } from "./closure.ts";
import type { Library, Shape } from "./library.ts";
import { chance } from "./random_term.ts";
import { isVariable, lettersOf, negate, sidesOf, term } from "./term.ts";
import type { Clause, Law, Literal, Sort, Term } from "./term.ts";
import type { Step, WalkManner } from "./walk.ts";

/** A line of a proof: an instance of a law, in a context or bare. */
export type Line = { readonly clause: Clause; readonly law: string };
export type FunctionParameter = { readonly letter: string; readonly from: Sort; readonly to: Sort };

/** What a theorem says; `lawPremises` hold for all elements. */
export interface Claim {
  readonly lawPremises: readonly Law[];
  readonly premises: readonly Literal[];
  readonly functions: readonly FunctionParameter[];
  readonly goal: Literal;
}

export interface Discovery extends Claim {
  readonly lines: readonly Line[];
  /** The walk that led from the goal's one side to the other, if it was one. */
  readonly steps: readonly Step[];
}

/** A module in the making: what its derivations draw from, and how they go. */
export interface Workshop extends WalkManner {
  readonly library: Library;
  /** How the module spells its type parameter. */
  readonly carrier: string;
  /** Whether theorems are to be short. */
  readonly short: boolean;
  /** Theorems' names. */
  readonly taken: Set<string>;
  /** Percent of theorems whose lines are whole terms rather than bare instances. */
  readonly contextual: number;
}

/** Drops premises and lines that are not needed; null when what remains is not worth a theorem. */
export function refine(rng: Rng, derivation: Discovery, laws: readonly Law[]): Discovery | null {
  const { goal, steps } = derivation;
  if (goal.left.key === goal.right.key && goal.relation === "=") return null;
  if (contradicts(units(derivation.premises))) return null;
  const supposed = derivation.premises.map((literal): Line => ({ clause: [literal], law: PREMISE }));
  const needed = neededLines([[negate(goal)]], [...supposed, ...unique(derivation.lines)]);
  if (needed === null) return null;
  const premises = needed.filter((line) => line.law === PREMISE).map((line) => line.clause[0] as Literal);
  let lines = needed.filter((line) => line.law !== PREMISE);
  if (lines.length > 0 && contradicts(needed.slice(0, -1).map((line) => line.clause))) return null;
  const lawPremises = derivation.lawPremises.filter((law) => lines.some((line) => line.law === law.name));
  const isWhole = premises.length === derivation.premises.length &&
    lawPremises.length === derivation.lawPremises.length;
  const terms = sidesOf([goal, ...premises, ...lawPremises.flatMap((law) => law.literals)]);
  const letters = new Set(lettersOf(terms).map((letter) => letter.op));
  const used = lettersOf(lines.flatMap((line) => sidesOf(line.clause)));
  if (used.some((letter) => !letters.has(letter.op)) || lines.length > 16) return null;
  if (lines.length === 0 && !chance(rng, 4)) return null;
  if (lines.length === 1 && !chance(rng, 25)) return null;
  if (isDirect(goal, [...laws, ...lawPremises], units(premises))) {
    if (!chance(rng, 4)) return null;
    lines = [];
  } else if (chance(rng, 30)) rng.shuffle(lines);
  const keys = [...terms, ...lines.flatMap((line) => sidesOf(line.clause))].map((side) => side.key);
  const functions = derivation.functions.filter((f) => keys.some((key) => key.includes(`${f.letter}:`)));
  // a walk by way of a premise that was dropped proves nothing any more
  return { goal, lines, steps: isWhole ? steps : [], lawPremises, premises, functions };
}

/** The other way round: "not p" from "not goal", where p is one of the premises. */
export function contraposed(rng: Rng, discovery: Discovery): Discovery {
  const { premises, goal, lines } = discovery;
  const chosen = premises[rng.below(Math.max(1, premises.length))];
  if (chosen === undefined || lines.length === 0) return discovery;
  const turned = premises.map((premise) => premise === chosen ? negate(goal) : premise);
  return { ...discovery, premises: turned, goal: negate(chosen), steps: [] };
}

export function claimLetters({ lawPremises, premises, goal }: Claim): Term[] {
  const literals = [...lawPremises.flatMap((law) => law.literals), ...premises, goal];
  return lettersOf(sidesOf(literals)).filter((letter) => !isVariable(letter));
}

export function units(literals: readonly Literal[]): Clause[] {
  return literals.map((literal) => [literal]);
}

/** Letters to make random terms of: elements `a`, `b` … and, where there are powers, naturals `i`, `j`. */
export function randomLetters(rng: Rng, { elements, shapes }: Library): Term[] {
  const count = 1 + rng.below(3) + rng.below(2);
  const letters = ["a", "b", "c", "d"].slice(0, count).map((op) => term(op, [], elements));
  const hasPowers = shapes.some((shape) => shape.op === "pow");
  if (hasPowers) letters.push(...["i", "j"].slice(0, 1 + rng.below(2)).map((op) => term(op, [], "N")));
  return letters;
}

/** The shapes of a library and of the functions at hand; powers only where `powers` says so. */
export function shapesWith({ shapes }: Library, functions: Claim["functions"], powers: boolean): Shape[] {
  return [
    ...shapes.filter((shape) => powers || shape.op !== "pow"),
    ...(functions.some(({ from }) => from === "N") ? SUCCESSOR : []),
    ...functions.map(({ letter, from, to }) => ({ op: letter, args: [from], sort: to, weight: 6 })),
  ];
}

const PREMISE = "premise";
const SUCCESSOR: readonly Shape[] = [{ op: "suc", args: ["N"], sort: "N", weight: 3 }];

function unique(lines: readonly Line[]): Line[] {
  const seen = new Set<string>();
  return lines.filter(({ clause }) => {
    const key = clause.map(({ positive, relation, left, right }) =>
      `${positive}${relation}${[left.key, right.key].sort().join()}`
    ).join("|");
    return !seen.has(key) && seen.add(key);
  });
}
