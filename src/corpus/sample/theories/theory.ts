/**
 * Reads a theory's text: what it inherits, the shapes that random terms are made of, laws, and lemmas with
 * proofs in outline. A line is a keyword and the rest; one that begins with four spaces goes on with the line
 * before it; formulas are in the notation of ../notation.ts.
 *
 *     theory Ring: Monoid               type class, and the theories that it inherits
 *     carriers R A                      spellings of the type parameter to choose from
 *     shapes + SS 6, neg S 3            operators of random terms: argument sorts, weight
 *     constants zero S 1                constants of random terms: sort, weight
 *     law add_comm: a + b = b + a
 *     lemma lte_add: a <= b implies a <= b + c
 *       let m: a + m = b                a letter that the premises say exists
 *       by a + m | m + a                a chain of terms, each one law, premise or hypothesis from the next
 *     lemma neg_neg: --a = a
 *       by -a + a = S.0; …              or clauses that contradict the negated conclusion
 *     lemma add_zero_left: 0 + a = a
 *       case a = 0: …                   or induction: the base and the step, each with a chain or clauses
 *       case a.suc: …
 */

import type { Sort } from "../term.ts";

/** An operator of random terms: what it takes, what it gives, how often it is chosen. */
export interface Shape {
  readonly op: string;
  readonly args: readonly Sort[];
  readonly sort: Sort;
  readonly weight: number;
}

/** A law or lemma as text. */
export interface Statement {
  readonly name: string;
  readonly body: string;
}

/** How something is proved: the terms of an equational chain, or clauses. */
export type Outline = { readonly chain: readonly string[] } | { readonly clauses: readonly string[] };

/** A lemma and its proof; with `induct`, the letter of an induction, base and step are proved. */
export interface Lemma extends Statement {
  readonly witnesses: { readonly letter: string; readonly satisfies: string }[];
  readonly outlines: Outline[];
  induct: string | null;
}

/** A theory's own part; what it inherits is in its parents. */
export interface TheorySource {
  /** The name after the colon of a type parameter; "Nat" has none. */
  typeclass: string;
  parents: readonly string[];
  carriers: readonly string[];
  /** Operators and constants of random terms, inherited ones not included. */
  readonly shapes: Shape[];
  readonly laws: Statement[];
  readonly lemmas: Lemma[];
}

/** Reads one theory. */
export function readTheory(text: string): TheorySource {
  const theory: TheorySource = { typeclass: "", parents: [], carriers: [], shapes: [], laws: [], lemmas: [] };
  for (const line of text.trim().replaceAll(/\n {4,}/g, " ").split("\n")) {
    const [, keyword, rest] = /^ *(\w+) (.*)$/.exec(line) as unknown as [string, string, string];
    const [name, body = ""] = rest.split(/: (.*)/) as [string, string?];
    const lemma = theory.lemmas.at(-1) as Lemma;
    if (keyword === "theory") [theory.typeclass, theory.parents] = [name, body === "" ? [] : body.split(" ")];
    else if (keyword === "carriers") theory.carriers = rest.split(" ");
    else if (keyword === "shapes") theory.shapes.push(...rest.split(", ").map(readShape));
    else if (keyword === "constants") {
      theory.shapes.push(...rest.split(", ").map((constant) => ({ ...readShape(constant), args: [] })));
    } else if (keyword === "law") theory.laws.push({ name, body });
    else if (keyword === "lemma") {
      theory.lemmas.push({ name, body, witnesses: [], outlines: [], induct: null });
    } else if (keyword === "let") lemma.witnesses.push({ letter: name, satisfies: body });
    else if (keyword === "by") lemma.outlines.push(readOutline(rest));
    else if (keyword === "case") {
      lemma.induct = name[0] as string;
      lemma.outlines.push(readOutline(body));
    } else throw new Error(`internal: "${line}" in a theory`);
  }
  return theory;
}

function readShape(text: string): Shape {
  const [op, sorts, weight] = text.split(" ") as [string, string, string];
  const args = [...sorts] as Sort[];
  return { op, args, sort: args[0] as Sort, weight: Number(weight) };
}

function readOutline(text: string): Outline {
  return text.includes(" | ") ? { chain: text.split(" | ") } : { clauses: text.split("; ") };
}
