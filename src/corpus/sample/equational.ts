/** Theorems that walks find: an equation from its one side to the other, with or without premises. */

import type { Rng } from "../../rng.ts";
import { type Derivation, type Line, randomLetters, shapesWith, type Workshop } from "./discovery.ts";
import { chance, pick, randomTerm } from "./random_term.ts";
import {
  bind,
  equation,
  type Law,
  lettersOf,
  type Literal,
  positions,
  replaceAt,
  type Sort,
  subterm,
  type Term,
  term,
} from "./term.ts";
import type { FunctionParameter } from "./theorem_text.ts";
import { equationsOf, randomWalk, type Step } from "./walk.ts";

/** What a walk is asked for. */
export interface EquationalOptions {
  readonly steps: number;
  /** Whether to suppose equations, or laws that hold for all. */
  readonly premises: "none" | "equations" | "laws";
}

/** A random equation with the walk that proves it. */
export function deriveEquation(rng: Rng, workshop: Workshop, options: EquationalOptions): Derivation {
  const { library } = workshop;
  const sort: Sort = library.source.typeclass === "Nat" ? "N" : "S";
  const letters = randomLetters(rng, library);
  const supposed = options.premises === "laws"
    ? supposedLaws(rng, workshop, letters, sort)
    : { laws: [], functions: [] };
  const { functions } = supposed;
  const lawPremises = supposed.laws.filter((law) => law.literals.some(({ left }) => left.key.includes("?")));
  const source = { letters, shapes: shapesWith(library, functions, chance(rng, 35)) };
  const premises = supposed.laws.filter((law) => !lawPremises.includes(law)).flatMap((law) => law.literals);
  if (options.premises === "equations") {
    for (let i = 1 + rng.below(2); i > 0; i--) premises.push(supposedEquation(rng, source, sort));
  }
  let start = randomTerm(rng, source, sort, 4 + rng.below(6));
  for (const { left } of premises) start = plant(rng, start, left);
  for (const law of lawPremises) {
    start = plant(rng, start, instantiate(rng, (law.literals[0] as Literal).left, letters));
  }
  const given = premises.map((literal, i): Law => ({ name: `given${i}`, literals: [literal] }));
  const favour = new Map(workshop.favour);
  for (const law of [...given, ...lawPremises]) favour.set(law.name, 20);
  const steps = randomWalk(rng, start, [...equationsOf(workshop.laws), ...given, ...lawPremises], {
    steps: options.steps,
    maxSize: workshop.maxSize,
    growth: workshop.growth,
    favour,
  });
  const contextual = chance(rng, workshop.contextual);
  return {
    premises,
    lawPremises,
    functions,
    goal: equation(start, steps.at(-1)?.after ?? start),
    lines: linesOf(steps, contextual),
    steps,
  };
}

/**
 * The lines of a walk: the whole terms before and after, or the bare instances; steps by premises need no
 * line.
 */
export function linesOf(steps: readonly Step[], contextual: boolean): Line[] {
  return steps.filter((step) => !step.law.startsWith("given")).map((step) => ({
    clause: [contextual ? equation(step.before, step.after) : step.instance],
    law: step.law,
  }));
}

type TermSource = Parameters<typeof randomTerm>[1];

// such as a * b = b * a, a * b * a = c, or a.meet(b) = a
function supposedEquation(rng: Rng, source: TermSource, sort: Sort): Literal {
  const left = randomTerm(rng, source, sort, 2 + rng.below(2));
  const [a, b] = left.args;
  if (a !== undefined && b !== undefined && a.sort === b.sort && a.key !== b.key && chance(rng, 40)) {
    return equation(left, term(left.op, [b, a], left.sort));
  }
  const right = randomTerm(rng, source, sort, 1 + rng.below(2));
  return right.key === left.key
    ? equation(left, pick(rng, source.letters.filter((l) => l.sort === sort)))
    : equation(left, right);
}

function supposedLaws(
  rng: Rng,
  workshop: Workshop,
  letters: readonly Term[],
  sort: Sort,
): { laws: Law[]; functions: FunctionParameter[] } {
  const x = term("?x", [], sort);
  const y = term("?y", [], sort);
  const law = (left: Term, right: Term, i = 0): Law => ({
    name: `supposed${i}`,
    literals: [equation(left, right)],
  });
  const own = workshop.library.shapes.filter((shape) =>
    shape.sort === sort && shape.args.every((arg) => arg === sort)
  );
  const binary = own.filter((shape) => shape.args.length === 2);
  const unary = own.filter((shape) => shape.args.length === 1);
  const f = (arg: Term) => term("f", [arg], sort);
  const kind = rng.below(5);
  if (kind === 0) { // a homomorphism, perhaps one that keeps a second operation
    const { op } = pick(rng, binary);
    const laws = [law(f(term(op, [x, y], sort)), term(op, [f(x), f(y)], sort))];
    if (unary.length > 0 && chance(rng, 50)) {
      const { op: second } = pick(rng, unary);
      laws.push(law(f(term(second, [x], sort)), term(second, [f(x)], sort), 1));
    } else if (chance(rng, 40)) laws.push(law(f(f(x)), pick(rng, [x, f(x)]), 1));
    return { laws, functions: [{ letter: "f", from: sort, to: sort }] };
  }
  if (kind === 1) { // a sequence by recursion
    const n = term("?n", [], "N");
    const at = (arg: Term) => term("f", [arg], sort);
    const source = {
      letters: [...letters, at(n), at(n)],
      shapes: workshop.library.shapes.filter((s) => s.op !== "pow"),
    };
    const step = law(at(term("suc", [n], "N")), randomTerm(rng, source, sort, 2 + rng.below(2)));
    const base = law(
      at(term("0", [], "N")),
      randomTerm(rng, { ...source, letters }, sort, 1 + rng.below(2)),
      1,
    );
    return { laws: [step, base], functions: [{ letter: "f", from: "N", to: sort }] };
  }
  if (kind === 2) { // an operation with a property of its own
    const { op } = pick(rng, binary);
    const c = pick(rng, letters.filter((letter) => letter.sort === sort));
    const [left, right] = pick(rng, [
      [term(op, [x, x], sort), x],
      [term(op, [x, x], sort), c],
      [term(op, [x, y], sort), term(op, [y, x], sort)],
      [term(op, [x, c], sort), term(op, [c, x], sort)],
      [term(op, [x, term(op, [y, x], sort)], sort), x],
      [term(op, [c, x], sort), c],
    ]) as [Term, Term];
    return { laws: [law(left, right)], functions: [] };
  }
  const withFunction = chance(rng, 60);
  const functions: FunctionParameter[] = withFunction ? [{ letter: "f", from: sort, to: sort }] : [];
  const shapes = shapesWith(workshop.library, functions, false);
  const left = randomTerm(rng, { letters: [x, y, x, ...letters], shapes }, sort, 2 + rng.below(2));
  const variables = lettersOf(left).filter((letter) => letter.sort === sort);
  const pool = variables.length > 0 ? variables : letters;
  const right = randomTerm(rng, { letters: pool, shapes }, sort, 1 + rng.below(2));
  const usable = left.key !== right.key && lettersOf(left).some(({ op }) => op.startsWith("?"));
  return { laws: usable ? [law(left, right)] : [], functions };
}

// the term with a leaf of the same sort replaced
function plant(rng: Rng, start: Term, seedling: Term): Term {
  const leaves = positions(start).filter((path) => {
    const node = subterm(start, path);
    return node.sort === seedling.sort && node.args.length === 0;
  });
  return leaves.length === 0 ? start : replaceAt(start, pick(rng, leaves), seedling);
}

function instantiate(rng: Rng, pattern: Term, letters: readonly Term[]): Term {
  const bindings = new Map<string, Term>();
  for (const variable of lettersOf(pattern).filter(({ op }) => op.startsWith("?"))) {
    const choices = letters.filter((letter) => letter.sort === variable.sort);
    const zero = term("0", [], "N");
    bindings.set(variable.op, choices.length > 0 ? pick(rng, choices) : zero);
    if (variable.sort === "N" && chance(rng, 50)) {
      bindings.set(variable.op, chance(rng, 50) ? zero : term("suc", [zero], "N"));
    }
  }
  return bind(pattern, bindings);
}
