// The theories for the generator: each with what it inherits, its laws and shapes as data.
import { THEORIES } from "../theories/mod.ts";
import { Notation } from "./notation.ts";
import type { Law, Sort } from "./term.ts";

/** An operator of random terms: what it takes, what it gives, how often it is chosen. */
export interface Shape {
  readonly op: string;
  readonly args: readonly Sort[];
  readonly sort: Sort;
  readonly weight: number;
}

type Statement = { readonly name: string; readonly body: string };

/** With `induct`, the letter of an induction, the outlines are of base and step. */
export interface Lemma extends Statement {
  readonly witnesses: { readonly letter: string; readonly satisfies: string }[];
  readonly outlines: string[];
  induct: string | null;
}

/** A theory's own part; what it inherits is in its parents. */
interface TheorySource {
  readonly typeclass: string;
  readonly parents: readonly string[];
  carriers: readonly string[];
  readonly shapes: Shape[];
  readonly laws: Statement[];
  readonly lemmas: Lemma[];
}

export interface Library {
  readonly source: TheorySource;
  readonly notation: Notation;
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

/** Reads one theory. Axioms that say that something exists are no laws here: lemmas use them by `let`. */
export function readTheory(text: string): TheorySource {
  const [head, ...lines] = text.trim().replaceAll(/\n {4,}/g, " ").split("\n") as [string, ...string[]];
  const [, typeclass, ...parents] = head.split(/:? /) as [string, string, ...string[]];
  const theory: TheorySource = { typeclass, parents, carriers: [], shapes: [], laws: [], lemmas: [] };
  for (const line of lines) {
    const [, keyword, rest] = /^ *(\w+) (.*)$/.exec(line) as unknown as [string, string, string];
    const [before, after = ""] = rest.split(/: (.*)/) as [string, string?];
    const lemma = theory.lemmas.at(-1) as Lemma;
    if (keyword === "carriers") theory.carriers = rest.split(" ");
    else if (keyword === "shapes") theory.shapes.push(...rest.split(", ").map(readShape));
    else if (keyword === "constants") {
      theory.shapes.push(...rest.split(", ").map((constant) => ({ ...readShape(constant), args: [] })));
    } else if (keyword === "axiom" && !rest.includes("exists")) theory.laws.push(readStatement(rest));
    else if (keyword === "lemma") {
      theory.lemmas.push({ ...readStatement(rest), witnesses: [], outlines: [], induct: null });
    } else if (keyword === "let") lemma.witnesses.push({ letter: before, satisfies: after });
    else if (keyword === "by") lemma.outlines.push(rest);
    else if (keyword === "case") {
      lemma.induct = before[0] as string;
      lemma.outlines.push(after);
    }
  }
  return theory;
}

function readShape(text: string): Shape {
  const [op, sorts, weight] = text.split(" ") as [string, string, string];
  const args = [...sorts] as Sort[];
  return { op, args, sort: args[0] as Sort, weight: Number(weight) };
}

// `name(a: S) { body }`; what the letters stand for is a convention here, see notation.ts
function readStatement(text: string): Statement {
  const [, name, body] = /^(\w+)[^{]*\{ (.*) \}$/.exec(text) as unknown as [string, string, string];
  return { name, body };
}
