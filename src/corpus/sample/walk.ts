// Random walks from a term by one law at one position to the next: each is a proof of an equation.
import type { Rng } from "../../rng.ts";
import { chance, pick, weightedDraw } from "./random_term.ts";
import { bind, equation, isVariable, lettersOf, placesOf, replaceAt, unify } from "./term.ts";
import type { Law, Literal, Place, Term } from "./term.ts";

/** The whole terms, and the instance of the law that joins them. */
export interface Step {
  readonly before: Term;
  readonly after: Term;
  readonly instance: Literal;
  readonly law: string;
}

export interface WalkManner {
  readonly laws: readonly Law[];
  /** How much likelier a law is than others, by name; 1 for those not listed. */
  readonly favour: ReadonlyMap<string, number>;
  readonly maxSize: number;
  /** Percent of the steps offered that make the term larger which are taken. */
  readonly growth: number;
}

// the only laws that a walk can use
function equationsOf(laws: readonly Law[]): Law[] {
  return laws.filter(({ literals: [first, second] }) =>
    second === undefined && first?.relation === "=" && first.positive
  );
}

/** Walks from `start`, `length` steps at most; no term is met twice. */
export function randomWalk(rng: Rng, start: Term, length: number, manner: WalkManner): Step[] {
  const draw = weightedDraw(equationsOf(manner.laws), (law) => manner.favour.get(law.name) ?? 1);
  const steps: Step[] = [];
  const seen = new Set([start.key]);
  let places = placesOf(start);
  for (let tries = length * 60; tries > 0 && steps.length < length; tries--) {
    const step = tryStep(rng, places, draw(rng), manner);
    if (step === null || seen.has(step.after.key)) continue;
    seen.add(step.after.key);
    steps.push(step);
    places = placesOf(step.after);
  }
  return steps;
}

function tryStep(rng: Rng, places: readonly Place[], law: Law, manner: WalkManner): Step | null {
  const { node: current } = places[0] as Place;
  const { left, right } = law.literals[0] as Literal;
  const [from, to] = chance(rng, 65) ? [left, right] : [right, left];
  const fitsAll = isVariable(from);
  if (fitsAll && !chance(rng, 4)) return null;
  const fitting = places.filter(({ node }) => (fitsAll || node.op === from.op) && node.sort === from.sort);
  if (fitting.length === 0) return null;
  const { path, node } = pick(rng, fitting);
  const bindings = new Map<string, Term>();
  if (!unify(from, node, bindings) || !bindRest(rng, to, places, bindings)) return null;
  const replacement = bind(to, bindings);
  const size = current.size + replacement.size - node.size;
  if (size > manner.maxSize || (size > current.size && !chance(rng, manner.growth))) return null;
  const after = replaceAt(current, path, replacement);
  return { before: current, after, instance: equation(node, replacement), law: law.name };
}

// variables that the matched side does not have: any small subterm of the whole will do
function bindRest(rng: Rng, to: Term, places: readonly Place[], bindings: Map<string, Term>): boolean {
  for (const variable of lettersOf([to])) {
    if (!isVariable(variable) || bindings.has(variable.op)) continue;
    const choices = places.filter(({ node }) => node.sort === variable.sort && node.size <= 3);
    if (choices.length === 0) return false;
    bindings.set(variable.op, pick(rng, choices).node);
  }
  return true;
}

/** The steps of a chain that is given by its terms; each must be one of `laws` away from the next. */
export function stepsOfChain(chain: readonly Term[], laws: readonly Law[]): Step[] {
  const equations = equationsOf(laws);
  return chain.slice(1).map((after, i) => {
    const before = chain[i] as Term;
    for (const { path, node: matched } of placesOf(before)) {
      const replacement = subtermIfSame(before, after, path);
      if (replacement === null || matched.key === replacement.key) continue;
      for (const law of equations) {
        const { left, right } = law.literals[0] as Literal;
        for (const [from, to] of [[left, right], [right, left]] as [Term, Term][]) {
          const bindings = new Map<string, Term>();
          if (unify(from, matched, bindings) && unify(to, replacement, bindings)) {
            return { before, after, instance: equation(matched, replacement), law: law.name };
          }
        }
      }
    }
    throw new Error(`internal: no law joins ${before.key} and ${after.key}`);
  });
}

// the subterm of `after` at `path`, if the two terms agree everywhere else
function subtermIfSame(before: Term, after: Term, path: Place["path"]): Term | null {
  let node: Term | undefined = after;
  for (const i of path) node = node?.args[i];
  return node !== undefined && replaceAt(before, path, node).key === after.key ? node : null;
}
