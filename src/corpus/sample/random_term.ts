// Random choices and random terms.
import type { Rng } from "../../rng.ts";
import type { Shape } from "./library.ts";
import { type Sort, type Term, term } from "./term.ts";

export function pick<T>(rng: Rng, items: readonly T[]): T {
  return items[rng.below(items.length)] as T;
}

/** True with a probability in percent: integers only, so that every machine decides alike. */
export function chance(rng: Rng, percent: number): boolean {
  return rng.below(100) < percent;
}

export function pickWeighted<T>(rng: Rng, items: readonly T[], weightOf: (item: T) => number): T {
  return weightedDraw(items, weightOf)(rng);
}

/** What draws one of the items again and again, each as likely as its weight (hundredths count). */
export function weightedDraw<T>(items: readonly T[], weightOf: (item: T) => number): (rng: Rng) => T {
  const ends: number[] = [];
  for (const item of items) ends.push((ends.at(-1) ?? 0) + Math.round(weightOf(item) * 100));
  return (rng) => {
    const drawn = rng.below(ends.at(-1) ?? 1);
    return items[ends.findIndex((end) => drawn < end)] as T;
  };
}

export type TermSource = { readonly shapes: readonly Shape[]; readonly letters: readonly Term[] };

/** A random term of a sort, with `size` letters and constants at most. */
export function randomTerm(rng: Rng, source: TermSource, sort: Sort, size: number): Term {
  const letters = source.letters.filter((letter) => letter.sort === sort);
  const constants = source.shapes.filter((shape) => shape.sort === sort && shape.args.length === 0);
  const shapes = source.shapes.filter((shape) => shape.sort === sort && shape.args.length > 0);
  if (size <= 1 || shapes.length === 0) {
    if (letters.length > 0 && (constants.length === 0 || !chance(rng, 12))) return pick(rng, letters);
    if (constants.length > 0) return term(pickWeighted(rng, constants, (shape) => shape.weight).op, [], sort);
    return sort === "N" ? term("0", [], "N") : pick(rng, source.letters);
  }
  const shape = pickWeighted(rng, shapes, (candidate) => candidate.weight);
  if (shape.args.length === 1) {
    return term(shape.op, [randomTerm(rng, source, shape.args[0] as Sort, size - 1)], sort);
  }
  const first = shape.op === "pow" ? size - 1 : 1 + rng.below(size - 1);
  const sizes = [first, Math.max(1, size - first)];
  return term(shape.op, shape.args.map((arg, i) => randomTerm(rng, source, arg, sizes[i] ?? 1)), sort);
}
