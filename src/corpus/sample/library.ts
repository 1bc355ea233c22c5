/**
 * Puts theories together: what a theory inherits, its laws as data, and the order in which they are
 * established.
 */

import { Notation } from "./notation.ts";
import type { Law, Sort } from "./term.ts";
import { COMMUTATIVE_GROUP, GROUP } from "./theories/group.ts";
import { DISTRIBUTIVE_LATTICE, LATTICE } from "./theories/lattice.ts";
import { COMMUTATIVE_MONOID, MONOID } from "./theories/monoid.ts";
import { NATURAL } from "./theories/natural.ts";
import { COMMUTATIVE_RING, RING } from "./theories/ring.ts";
import type { TheorySource } from "./theories/theory.ts";

/** An operator of random terms: what it takes, what it gives, how often it is chosen. */
export interface Shape {
  readonly op: string;
  readonly args: readonly Sort[];
  readonly sort: Sort;
  readonly weight: number;
}

/** A theory with everything it inherits. */
export interface Library {
  readonly source: TheorySource;
  readonly notation: Notation;
  /** Axioms and lemmas of the parents, and the theory's own axioms. */
  readonly laws: readonly Law[];
  /** The theory's own lemmas, parallel to `source.lemmas`. */
  readonly lemmas: readonly Law[];
  readonly shapes: readonly Shape[];
}

/** The theories, each after what it builds on. */
export const SOURCES: readonly TheorySource[] = [
  NATURAL,
  LATTICE,
  MONOID,
  DISTRIBUTIVE_LATTICE,
  COMMUTATIVE_MONOID,
  GROUP,
  RING,
  COMMUTATIVE_GROUP,
  COMMUTATIVE_RING,
];

/** Reads every theory. */
export function buildLibraries(): Library[] {
  return SOURCES.map((source) => {
    const chain = ancestry(source);
    const laws: Law[] = [];
    for (const theory of chain) {
      const notation = notationOf(theory);
      laws.push(...theory.laws.map((text) => notation.law(text)));
      if (theory !== source) laws.push(...theory.lemmas.map((lemma) => notation.law(lemma.statement)));
    }
    const notation = notationOf(source);
    return {
      source,
      notation,
      laws,
      lemmas: source.lemmas.map((lemma) => notation.law(lemma.statement)),
      shapes: chain.flatMap((theory) => [
        ...theory.shapes.map((text) => readShape(text, theory !== source && theory === NATURAL ? 0.2 : 1)),
        ...theory.constants.map((text) => readConstant(text)),
      ]),
    };
  });
}

/** Names that no random theorem may take. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set(
  SOURCES.flatMap((source) => [...source.laws, ...source.lemmas.map((lemma) => lemma.statement)])
    .map((text) => text.split(":")[0] as string),
);

function ancestry(source: TheorySource): TheorySource[] {
  const parents = source.parents.map((name) =>
    SOURCES.find((other) => other.typeclass === name) as TheorySource
  );
  return [...new Set([...parents.flatMap(ancestry), source])];
}

function notationOf(source: TheorySource): Notation {
  return new Notation(source === NATURAL);
}

function readShape(text: string, factor: number): Shape {
  const [op, sorts, weight] = text.split(" ") as [string, string, string];
  const args = [...sorts] as Sort[];
  return { op, args, sort: args[0] as Sort, weight: Number(weight) * factor };
}

function readConstant(text: string): Shape {
  const [op, sort, weight] = text.split(" ") as [string, Sort, string];
  return { op, args: [], sort, weight: Number(weight) };
}
