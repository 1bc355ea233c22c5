/**
 * Theorems that forward reasoning finds: from a few premises by laws with conditions (cancellation, order,
 * divisibility, uniqueness), rewriting what was found now and then by a short walk.
 */

import type { Rng } from "../../rng.ts";
import { type Discovery, type Line, randomLetters, shapesWith, type Workshop } from "./discovery.ts";
import { linesOf } from "./equational.ts";
import { chance, pick, pickWeighted, randomTerm } from "./random_term.ts";
import { bindLiteral, lettersOf, type Literal, negate, sidesOf, type Term, unifyLiteral } from "./term.ts";
import { randomWalk } from "./walk.ts";

/** Whether a workshop has laws to reason forward with. */
export function hasConditionalLaws({ laws }: Workshop): boolean {
  return laws.some((law) => law.literals.length > 1);
}

/** A random consequence of random premises, by `depth` uses of conditional laws. */
export function deriveConditional(rng: Rng, workshop: Workshop, depth: number): Discovery {
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
