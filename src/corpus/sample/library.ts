/** Puts theories together: what each inherits, its laws as data, the order in which they are established. */

import { THEORIES } from "../theories/mod.ts";
import { Notation } from "./notation.ts";
import type { Law, Sort } from "./term.ts";
import { readTheory, type Shape, type TheorySource } from "./theory_source.ts";

/** A theory with everything it inherits. */
export interface Library {
  readonly source: TheorySource;
  readonly notation: Notation;
  /** The sort of the theory's elements. */
  readonly elements: Sort;
  /** Axioms and lemmas of the parents, and the theory's own axioms. */
  readonly laws: readonly Law[];
  /** The theory's own lemmas, parallel to `source.lemmas`. */
  readonly lemmas: readonly Law[];
  readonly shapes: readonly Shape[];
  /** The laws and lemmas of all theories: names that no random theorem may take. */
  readonly reserved: ReadonlySet<string>;
}

export function buildLibraries(): Library[] {
  const sources = THEORIES.map(readTheory);
  const reserved = new Set(sources.flatMap((own) => [...own.laws, ...own.lemmas]).map(({ name }) => name));
  const ancestry = (source: TheorySource): TheorySource[] => {
    const parents = source.parents.map((name) => sources.find((other) => other.typeclass === name)!);
    return [...new Set([...parents.flatMap(ancestry), source])];
  };
  const elementsOf = ({ typeclass }: TheorySource): Sort => typeclass === "Nat" ? "N" : "S";
  return sources.map((source) => {
    const chain = ancestry(source);
    const laws = chain.flatMap((theory) => {
      const notation = new Notation(elementsOf(theory));
      const statements = theory === source ? theory.laws : [...theory.laws, ...theory.lemmas];
      return statements.map((statement) => notation.law(statement));
    });
    const notation = new Notation(elementsOf(source));
    const lemmas = source.lemmas.map((lemma) => notation.law(lemma));
    const shapes = chain.flatMap((theory) => theory === source ? theory.shapes : theory.shapes.map(rarer));
    return { source, notation, elements: elementsOf(source), laws, lemmas, shapes, reserved };
  });
}

// the operators of naturals are few among those of a theory that inherits them
function rarer(shape: Shape): Shape {
  return shape.sort === "N" && shape.args.length > 0 ? { ...shape, weight: shape.weight * 0.2 } : shape;
}
