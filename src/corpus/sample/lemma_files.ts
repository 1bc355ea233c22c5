/** The files that establish a theory's lemmas, in order, from the proofs in outline of ../theories/. */

import type { Rng } from "../../rng.ts";
import { isDirect, neededLines } from "./closure.ts";
import { units } from "./discovery.ts";
import { linesOf } from "./equational.ts";
import type { Library } from "./library.ts";
import { Naming } from "./names.ts";
import { chance, pick } from "./random_term.ts";
import {
  bindLiteral,
  type Clause,
  type Law,
  lettersOf,
  type Literal,
  negate,
  sidesOf,
  type Term,
  term,
} from "./term.ts";
import type { Lemma, Outline } from "./theory_source.ts";
import { TheoremText } from "./theorem_text.ts";
import { equationsOf, stepsOfChain } from "./walk.ts";

/** The files of every lemma of `library`, with names and manner of writing chosen at random. */
export function lemmaFiles(rng: Rng, library: Library): string[] {
  return library.source.lemmas.flatMap((lemma, i) =>
    new LemmaWriter(rng, library, lemma, [...library.laws, ...library.lemmas.slice(0, i)]).write(lemma)
  );
}

class LemmaWriter {
  readonly #rng: Rng;
  readonly #library: Library;
  readonly #laws: readonly Law[];
  readonly #naming: Naming;
  readonly #text: TheoremText;
  readonly #clause: Clause;
  readonly #contextual: boolean;

  constructor(rng: Rng, library: Library, { name, body }: Lemma, laws: readonly Law[]) {
    this.#rng = rng;
    this.#library = library;
    this.#laws = laws;
    this.#clause = library.notation.clause(body);
    this.#naming = new Naming(rng, library.elements === "N");
    this.#contextual = chance(rng, 50);
    this.#text = new TheoremText({
      name,
      typeclass: library.source.typeclass,
      carrier: pick(rng, library.source.carriers),
      naming: this.#naming,
      // the checker's lemmas list their letters in the alphabet's order: elements first, then naturals
      letters: lettersOf(sidesOf(this.#clause)).sort((a, b) => a.op < b.op ? -1 : 1),
      functions: [],
      lawPremises: [],
      ...parts(this.#clause),
    });
  }

  write({ induct, outlines, witnesses }: Lemma): string[] {
    const { premises, goal } = parts(this.#clause);
    const [first, step] = outlines as [Outline, Outline];
    if (induct !== null) {
      this.#induct(induct, first, step);
      return this.#text.finish(premises.length === 0 ? [] : this.#text.clauses([this.#clause]));
    }
    const satisfied = witnesses.map(({ letter, satisfies }) => this.#witness(letter, satisfies));
    return this.#text.finish(this.#proof(first, goal, units([...premises, ...satisfied])));
  }

  #proof(outline: Outline, goal: Literal, given: readonly Clause[]): string[] {
    if (isDirect(goal, this.#laws, given)) return [];
    const lines = neededLines([...given, [negate(goal)]], this.#lines(outline, given));
    if (lines === null) {
      throw new Error(`internal: an outline does not prove ${goal.left.key} ${goal.right.key}`);
    }
    return this.#text.lines(lines);
  }

  #lines(outline: Outline, given: readonly Clause[]): { clause: Clause }[] {
    const { notation } = this.#library;
    if ("clauses" in outline) return outline.clauses.map((source) => ({ clause: notation.clause(source) }));
    const hypotheses = given.map((literals) => ({ name: "given", literals }));
    const chain = outline.chain.map((source) => notation.term(source));
    return linesOf(stepsOfChain(chain, equationsOf([...hypotheses, ...this.#laws])), this.#contextual);
  }

  // base; forall(k: Nat) { if P(k) { P(k.suc) } }
  #induct(induct: string, base: Outline, step: Outline): void {
    const letter = term(induct, [], "N");
    const at = (value: Term) =>
      this.#clause.map((literal) => bindLiteral(literal, new Map([[induct, value]])));
    const known = units(parts(this.#clause).premises);
    this.#case(at(term("0", [], "N")), base, known);
    const outer = this.#naming.letters.get(induct) as string;
    const taken = [...this.#naming.letters.values()];
    const inner = pick(this.#rng, ["k", "i", "j", "l", "m", "n"].filter((name) => !taken.includes(name)));
    this.#text.open(`forall(${inner}: Nat)`);
    this.#naming.set(induct, inner);
    const { premises, goal } = parts(this.#clause);
    this.#text.open(`if ${this.#text.implication(premises, goal)}`);
    this.#case(at(term("suc", [letter], "N")), step, [this.#clause]);
    this.#text.close();
    this.#text.close();
    this.#naming.set(induct, outer);
  }

  #case(clause: Clause, outline: Outline, given: readonly Clause[]): void {
    const { premises, goal } = parts(clause);
    this.#text.prove(goal, this.#proof(outline, goal, [...given, ...units(premises)]), premises);
  }

  #witness(letter: string, satisfies: string): Literal {
    const [satisfied] = this.#library.notation.clause(satisfies) as [Literal];
    const name = this.#naming.name(letter, "N");
    const named = (name: string, literal = satisfied) => {
      this.#naming.set(letter, name);
      return this.#text.literal(literal);
    };
    this.#text.proveText({
      counterfactual: `not exists(k0: Nat) { ${named("k0")} }`,
      proof: [`let s0: Nat satisfy { ${named("s0")} }`, named("s0", negate(satisfied))],
      source: `let ${name}: Nat satisfy { ${named(name)} }`,
    });
    return satisfied;
  }
}

function parts(clause: Clause): { premises: Literal[]; goal: Literal } {
  return { premises: clause.slice(0, -1).map(negate), goal: clause.at(-1) as Literal };
}
