// The two ways in which theorems are found. Walks find equations, from one side to the other, with or without
// premises. Forward reasoning goes from a few premises by laws with conditions (cancellation, order,
// divisibility, uniqueness), rewriting what was found now and then by a short walk.
import type { Rng } from "../../rng.ts";
import { randomLetters, shapesWith } from "./discovery.ts";
import type { Claim, Discovery, FunctionParameter, Line, Workshop } from "./discovery.ts";
import { chance, pick, pickWeighted, randomTerm, type TermSource } from "./random_term.ts";
import { bind, bindLiteral, equation, isVariable, lettersOf, negate } from "./term.ts";
import { placesOf, replaceAt, sidesOf, term, unifyLiteral } from "./term.ts";
import type { Law, Literal, Sort, Term } from "./term.ts";
import { randomWalk, type Step } from "./walk.ts";

/** A random equation, perhaps under equations or laws that it supposes, with the walk that proves it. */
export function deriveEquation(
  rng: Rng,
  workshop: Workshop,
  options: { readonly steps: number; readonly premises: "none" | "equations" | "laws" },
): Discovery {
  const { library } = workshop;
  const sort = library.elements;
  const letters = randomLetters(rng, library);
  const { lawPremises: supposed, functions }: Supposed = options.premises === "laws"
    ? supposedLaws(rng, workshop, letters)
    : { lawPremises: [], functions: [] };
  const isUniversal = (law: Law) => lettersOf(sidesOf(law.literals)).some(isVariable);
  const lawPremises = supposed.filter(isUniversal);
  const premises = supposed.filter((law) => !isUniversal(law)).flatMap((law) => law.literals);
  const source = { letters, shapes: shapesWith(library, functions, chance(rng, 35)) };
  if (options.premises === "equations") {
    for (let i = 1 + rng.below(2); i > 0; i--) premises.push(supposedEquation(rng, source, sort));
  }
  let start = randomTerm(rng, source, sort, workshop.short ? 3 + rng.below(5) : 4 + rng.below(6));
  for (const { left } of premises) start = plant(rng, start, left);
  for (const { literals: [literal] } of lawPremises) {
    start = plant(rng, start, instantiate(rng, (literal as Literal).left, letters));
  }
  const given = premises.map((literal, i): Law => ({ name: `given${i}`, literals: [literal] }));
  const known = [...given, ...lawPremises];
  const favour = new Map([...workshop.favour, ...known.map(({ name }) => [name, 20] as const)]);
  const laws = [...workshop.laws, ...known];
  const steps = randomWalk(rng, start, options.steps, { ...workshop, favour, laws });
  const goal = equation(start, steps.at(-1)?.after ?? start);
  const lines = linesOf(steps, chance(rng, workshop.contextual));
  return { premises, lawPremises, functions, goal, lines, steps };
}

/** The lines of a walk: whole terms before and after, or bare instances; steps by premises need no line. */
export function linesOf(steps: readonly Step[], contextual: boolean): Line[] {
  return steps.filter((step) => !step.law.startsWith("given")).map((step) => ({
    clause: [contextual ? equation(step.before, step.after) : step.instance],
    law: step.law,
  }));
}

/** A random consequence of random premises, by one to four uses of conditional laws. */
export function deriveConditional(rng: Rng, workshop: Workshop): Discovery {
  const depth = 1 + rng.below(workshop.short ? 3 : 4);
  const { favour, maxSize, library, contextual } = workshop;
  const conditional = workshop.laws.filter((law) => law.literals.length > 1);
  const letters = randomLetters(rng, library);
  const premises: Literal[] = [];
  const facts: Literal[] = [];
  const lines: Line[] = [];
  for (let i = 0; i < depth; i++) {
    conclude();
    if (chance(rng, 45)) rewrite(1 + rng.below(2));
  }
  return { premises, lawPremises: [], functions: [], goal: facts.at(-1) as Literal, lines, steps: [] };

  // one conditional law, from the newest fact where it fits
  function conclude(): void {
    for (let tries = 0; tries < 30; tries++) {
      const { name, literals } = pickWeighted(rng, conditional, (law) => favour.get(law.name) ?? 1);
      const conditions = literals.slice(0, -1).map(negate);
      const newest = facts.at(-1);
      let bindings = new Map<string, Term>();
      if (newest !== undefined) {
        const starts = conditions.flatMap((condition) => unifyLiteral(condition, newest, bindings));
        if (starts.length === 0) continue;
        bindings = pick(rng, starts);
      }
      for (const condition of conditions) {
        const known = [...facts, ...premises].flatMap((fact) => unifyLiteral(condition, fact, bindings));
        if (known.length === 0 || chance(rng, 30)) continue;
        for (const [name, value] of pick(rng, known)) bindings.set(name, value);
      }
      for (const variable of lettersOf(sidesOf(literals))) {
        if (!bindings.has(variable.op)) bindings.set(variable.op, smallTerm(variable));
      }
      const clause = literals.map((literal) => bindLiteral(literal, bindings));
      const conclusion = clause.at(-1) as Literal;
      const { relation, left, right } = conclusion;
      if (Math.max(left.size, right.size) > maxSize || (relation === "=" && left.key === right.key)) continue;
      for (const condition of conditions) require(bindLiteral(condition, bindings));
      lines.push({ clause, law: name });
      facts.push(conclusion);
      return;
    }
  }

  // a short walk from one side of the newest fact
  function rewrite(steps: number): void {
    const fact = facts.at(-1);
    if (fact === undefined) return;
    const side = chance(rng, 50) ? "left" : "right";
    const walk = randomWalk(rng, fact[side], steps, workshop);
    const last = walk.at(-1);
    if (last === undefined) return;
    lines.push(...linesOf(walk, chance(rng, contextual)));
    facts.push({ ...fact, [side]: last.after });
  }

  // a condition is one instance of a law, or is supposed
  function require(condition: Literal): void {
    const unconditional = workshop.laws.find(({ literals: [first, second] }) =>
      second === undefined && unifyLiteral(first as Literal, condition, new Map()).length > 0
    );
    if (unconditional !== undefined) lines.push({ clause: [condition], law: unconditional.name });
    else premises.push(condition);
    facts.push(condition);
  }

  function smallTerm(variable: Term): Term {
    const shapes = shapesWith(library, [], chance(rng, 10));
    return randomTerm(rng, { letters, shapes }, variable.sort, chance(rng, 60) ? 1 : 2 + rng.below(2));
  }
}

// such as a * b = b * a, a * b * a = c, or a.meet(b) = a
function supposedEquation(rng: Rng, source: TermSource, sort: Sort): Literal {
  const left = randomTerm(rng, source, sort, 2 + rng.below(2));
  const [a, b] = left.args;
  if (a !== undefined && b !== undefined && a.sort === b.sort && a.key !== b.key && chance(rng, 40)) {
    return equation(left, term(left.op, [b, a], left.sort));
  }
  const right = randomTerm(rng, source, sort, 1 + rng.below(2));
  if (right.key !== left.key) return equation(left, right);
  return equation(left, pick(rng, source.letters.filter((l) => l.sort === sort)));
}

type Supposed = Pick<Claim, "lawPremises" | "functions">;

function supposedLaws(rng: Rng, { library }: Workshop, letters: readonly Term[]): Supposed {
  const sort = library.elements;
  const [x, y, n] = [term("?x", [], sort), term("?y", [], sort), term("?n", [], "N")];
  const f = (arg: Term) => term("f", [arg], sort);
  const suppose = (equations: (readonly [Term, Term])[], ...functions: FunctionParameter[]): Supposed => {
    const literals = equations.map(([left, right]) => [equation(left, right)]);
    return { lawPremises: literals.map((literals, i) => ({ name: `supposed${i}`, literals })), functions };
  };
  const own = library.shapes.filter(({ args, sort: result }) => [result, ...args].every((s) => s === sort));
  const binary = own.filter((shape) => shape.args.length === 2);
  const unary = own.filter((shape) => shape.args.length === 1);
  const endomap: FunctionParameter = { letter: "f", from: sort, to: sort };
  const kind = rng.below(5);
  if (kind === 0) { // a homomorphism, perhaps one that keeps a second operation
    const { op } = pick(rng, binary);
    const equations: [Term, Term][] = [[f(term(op, [x, y], sort)), term(op, [f(x), f(y)], sort)]];
    if (unary.length > 0 && chance(rng, 50)) {
      const { op: second } = pick(rng, unary);
      equations.push([f(term(second, [x], sort)), term(second, [f(x)], sort)]);
    } else if (chance(rng, 40)) equations.push([f(f(x)), pick(rng, [x, f(x)])]);
    return suppose(equations, endomap);
  }
  if (kind === 1) { // a sequence by recursion
    const shapes = library.shapes.filter((shape) => shape.op !== "pow");
    const value = (letters: readonly Term[], least: number) =>
      randomTerm(rng, { letters, shapes }, sort, least + rng.below(2));
    const step = [f(term("suc", [n], "N")), value([...letters, f(n), f(n)], 2)] as const;
    const base = [f(term("0", [], "N")), value(letters, 1)] as const;
    return suppose([step, base], { ...endomap, from: "N" });
  }
  if (kind === 2) { // an operation with a property of its own
    const { op } = pick(rng, binary);
    const c = pick(rng, letters.filter((letter) => letter.sort === sort));
    const on = (a: Term, b: Term) => term(op, [a, b], sort);
    const idempotent: [Term, Term][] = [[on(x, x), x], [on(x, x), c]];
    const commutative: [Term, Term][] = [[on(x, y), on(y, x)], [on(x, c), on(c, x)]];
    return suppose([pick(rng, [...idempotent, ...commutative, [on(x, on(y, x)), x], [on(c, x), c]])]);
  }
  const functions = chance(rng, 60) ? [endomap] : [];
  const shapes = shapesWith(library, functions, false);
  const left = randomTerm(rng, { letters: [x, y, x, ...letters], shapes }, sort, 2 + rng.below(2));
  const variables = lettersOf([left]).filter((letter) => letter.sort === sort);
  const pool = variables.length > 0 ? variables : letters;
  const right = randomTerm(rng, { letters: pool, shapes }, sort, 1 + rng.below(2));
  const usable = left.key !== right.key && lettersOf([left]).some(isVariable);
  return suppose(usable ? [[left, right]] : [], ...functions);
}

// the term with a leaf of the same sort replaced
function plant(rng: Rng, start: Term, seedling: Term): Term {
  const leaves = placesOf(start).filter(({ node }) => node.sort === seedling.sort && node.args.length === 0);
  return leaves.length === 0 ? start : replaceAt(start, pick(rng, leaves).path, seedling);
}

function instantiate(rng: Rng, pattern: Term, letters: readonly Term[]): Term {
  const bindings = new Map<string, Term>();
  const zero = term("0", [], "N");
  for (const variable of lettersOf([pattern]).filter(isVariable)) {
    const choices = letters.filter((letter) => letter.sort === variable.sort);
    bindings.set(variable.op, choices.length > 0 ? pick(rng, choices) : zero);
    if (variable.sort === "N" && chance(rng, 50)) {
      bindings.set(variable.op, chance(rng, 50) ? zero : term("suc", [zero], "N"));
    }
  }
  return bind(pattern, bindings);
}
