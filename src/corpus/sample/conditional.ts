/**
 * Theorems that forward reasoning finds: from a few premises by laws with conditions (cancellation, order,
 * divisibility, uniqueness), rewriting what was found now and then by a short walk.
 */

import type { Rng } from "../../rng.ts";
import { type Discovery, type Line, randomLetters, shapesWith, type Workshop } from "./discovery.ts";
import { linesOf } from "./equational.ts";
import { chance, pick, pickWeighted, randomTerm } from "./random_term.ts";
import {
  bindLiteral,
  type Law,
  lettersOf,
  type Literal,
  negate,
  sidesOf,
  type Term,
  unifyLiteral,
} from "./term.ts";
import { equationsOf, randomWalk } from "./walk.ts";

/** Whether a workshop has laws to reason forward with. */
export function hasConditionalLaws({ laws }: Workshop): boolean {
  return laws.some((law) => law.literals.length > 1);
}

/** A random consequence of random premises, by `depth` uses of conditional laws. */
export function deriveConditional(rng: Rng, workshop: Workshop, depth: number): Discovery {
  const reasoner = new Reasoner(rng, workshop);
  for (let i = 0; i < depth; i++) {
    reasoner.conclude();
    if (chance(rng, 45)) reasoner.rewrite(1 + rng.below(2));
  }
  return reasoner.discovery();
}

class Reasoner {
  readonly #rng: Rng;
  readonly #workshop: Workshop;
  readonly #laws: readonly Law[];
  readonly #letters: readonly Term[];
  readonly #premises: Literal[] = [];
  readonly #facts: Literal[] = [];
  readonly #lines: Line[] = [];

  constructor(rng: Rng, workshop: Workshop) {
    this.#rng = rng;
    this.#workshop = workshop;
    this.#laws = workshop.laws.filter((law) => law.literals.length > 1);
    this.#letters = randomLetters(rng, workshop.library);
  }

  discovery(): Discovery {
    const goal = this.#facts.at(-1) as Literal;
    return { premises: this.#premises, lawPremises: [], functions: [], goal, lines: this.#lines, steps: [] };
  }

  // one conditional law, from the newest fact where it fits
  conclude(): void {
    const { favour, maxSize } = this.#workshop;
    for (let tries = 0; tries < 30; tries++) {
      const { name, literals } = pickWeighted(this.#rng, this.#laws, (law) => favour.get(law.name) ?? 1);
      const conditions = literals.slice(0, -1).map(negate);
      const newest = this.#facts.at(-1);
      let bindings = new Map<string, Term>();
      if (newest !== undefined) {
        const starts = conditions.flatMap((condition) => unifyLiteral(condition, newest, bindings));
        if (starts.length === 0) continue;
        bindings = pick(this.#rng, starts);
      }
      this.#useKnown(conditions, bindings);
      for (const variable of lettersOf(sidesOf(literals))) {
        if (!bindings.has(variable.op)) bindings.set(variable.op, this.#smallTerm(variable));
      }
      const clause = literals.map((literal) => bindLiteral(literal, bindings));
      const conclusion = clause.at(-1) as Literal;
      const { relation, left, right } = conclusion;
      if (Math.max(left.size, right.size) > maxSize || (relation === "=" && left.key === right.key)) continue;
      for (const condition of conditions) this.#require(bindLiteral(condition, bindings));
      this.#lines.push({ clause, law: name });
      this.#facts.push(conclusion);
      return;
    }
  }

  // a short walk from one side of the newest fact
  rewrite(steps: number): void {
    const fact = this.#facts.at(-1);
    if (fact === undefined) return;
    const side = chance(this.#rng, 50) ? "left" : "right";
    const laws = equationsOf(this.#workshop.laws);
    const walk = randomWalk(this.#rng, fact[side], laws, { ...this.#workshop, steps });
    const last = walk.at(-1);
    if (last === undefined) return;
    this.#lines.push(...linesOf(walk, chance(this.#rng, this.#workshop.contextual)));
    this.#facts.push({ ...fact, [side]: last.after });
  }

  #useKnown(conditions: readonly Literal[], bindings: Map<string, Term>): void {
    const facts = [...this.#facts, ...this.#premises];
    for (const condition of conditions) {
      const known = facts.flatMap((fact) => unifyLiteral(condition, fact, bindings));
      if (known.length === 0 || chance(this.#rng, 30)) continue;
      for (const [name, value] of pick(this.#rng, known)) bindings.set(name, value);
    }
  }

  // a condition is known, or one instance of a law, or is supposed
  #require(condition: Literal): void {
    const unconditional = this.#workshop.laws.find((law) =>
      law.literals.length === 1 && unifyLiteral(law.literals[0] as Literal, condition, new Map()).length > 0
    );
    if (unconditional !== undefined) this.#lines.push({ clause: [condition], law: unconditional.name });
    else this.#premises.push(condition);
    this.#facts.push(condition);
  }

  #smallTerm(variable: Term): Term {
    const shapes = shapesWith(this.#workshop.library, [], chance(this.#rng, 10));
    const size = chance(this.#rng, 60) ? 1 : 2 + this.#rng.below(2);
    return randomTerm(this.#rng, { letters: this.#letters, shapes }, variable.sort, size);
  }
}
