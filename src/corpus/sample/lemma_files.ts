/** The files that establish a theory's lemmas, in order, from the proof scripts in theories/*.ts. */

import type { Rng } from "../../rng.ts";
import { isDirect, neededLines } from "./closure.ts";
import type { Library } from "./library.ts";
import { Naming } from "./names.ts";
import { chance, pick } from "./random_term.ts";
import { bindLiteral, equation, type Law, lettersOf, type Literal, negate, type Term, term } from "./term.ts";
import type { Script } from "./theories/theory.ts";
import { TheoremText } from "./theorem_text.ts";
import { equationsOf, stepsOfChain } from "./walk.ts";

type Clause = readonly Literal[];

/** The files of every lemma of `library`, with names and manner of writing chosen at random. */
export function lemmaFiles(rng: Rng, library: Library): string[] {
  return library.source.lemmas.flatMap((lemma, i) => {
    const name = lemma.statement.split(":")[0] as string;
    const known = [...library.laws, ...library.lemmas.slice(0, i)];
    return new LemmaWriter(rng, library, name, known, lemma.statement).write(lemma.proof);
  });
}

class LemmaWriter {
  readonly #rng: Rng;
  readonly #library: Library;
  readonly #laws: readonly Law[];
  readonly #naming: Naming;
  readonly #text: TheoremText;
  readonly #premises: readonly Literal[];
  readonly #goal: Literal;
  readonly #contextual: boolean;

  constructor(rng: Rng, library: Library, name: string, laws: readonly Law[], statement: string) {
    const clause = library.notation.clause(statement.slice(name.length + 2));
    const isNatural = library.source.typeclass === "Nat";
    this.#rng = rng;
    this.#library = library;
    this.#laws = laws;
    this.#naming = new Naming(rng, isNatural);
    this.#contextual = chance(rng, 50);
    this.#premises = clause.slice(0, -1).map(negate);
    this.#goal = clause.at(-1) as Literal;
    this.#text = new TheoremText({
      name,
      typeclass: library.source.typeclass,
      carrier: pick(rng, library.source.carriers),
      naming: this.#naming,
      letters: declarationOrder(clause),
      functions: [],
      premises: this.#premises.map((literal) => ({ kind: "literal", literal })),
      goal: this.#goal,
    });
  }

  write(script: Script): string[] {
    const given = this.#premises.map((literal) => [literal]);
    if ("induct" in script) {
      this.#induct(script);
      const whole = [...this.#premises.map(negate), this.#goal];
      return this.#text.finish(whole.length === 1 ? [] : [this.#text.clause(whole)]);
    }
    if ("witnesses" in script) {
      for (const { letter, satisfies } of script.witnesses) {
        given.push([this.#witness(letter, this.#library.notation.clause(satisfies)[0] as Literal)]);
      }
      return this.#text.finish(this.#proof(script.then, this.#goal, given));
    }
    return this.#text.finish(this.#proof(script, this.#goal, given));
  }

  #proof(script: Script, goal: Literal, given: readonly Clause[]): string[] {
    if (isDirect(goal, this.#laws, given)) return [];
    const lines = neededLines([...given, [negate(goal)]], this.#lines(script, given), (line) => line);
    if (lines === null) {
      throw new Error(`internal: a script does not prove ${goal.left.key} ${goal.right.key}`);
    }
    return this.#text.clauses(lines);
  }

  #lines(script: Script, given: readonly Clause[]): Clause[] {
    if ("lines" in script) return script.lines.map((line) => this.#library.notation.clause(line));
    if (!("chain" in script)) throw new Error("internal: a script inside a script");
    const hypotheses = given.map((literals) => ({ name: "given", literals }));
    return stepsOfChain(
      this.#library.notation.chain(script.chain),
      equationsOf([...hypotheses, ...this.#laws]),
    ).map((step) => [this.#contextual ? equation(step.before, step.after) : step.instance]);
  }

  // base; forall(k: Nat) { if P(k) { P(k.suc) } }
  #induct(script: Extract<Script, { induct: string }>): void {
    const at = (value: Term) => {
      const bindings = new Map([[script.induct, value]]);
      return [...this.#premises.map(negate), this.#goal].map((literal) => bindLiteral(literal, bindings));
    };
    const letter = term(script.induct, [], "N");
    const premises = this.#premises.map((literal) => [literal]);
    this.#case(at(term("0", [], "N")), script.base, premises);
    const outer = this.#naming.letters.get(script.induct) as string;
    const inner = pick(
      this.#rng,
      ["k", "i", "j", "l", "m", "n"].filter((name) => !this.#taken().includes(name)),
    );
    this.#text.open(`forall(${inner}: Nat)`);
    this.#naming.set(script.induct, inner);
    this.#text.open(`if ${this.#implication(at(letter))}`);
    this.#case(at(term("suc", [letter], "N")), script.step, [at(letter)]);
    this.#text.close();
    this.#text.close();
    this.#naming.set(script.induct, outer);
  }

  #case(clause: Clause, script: Script, given: readonly Clause[]): void {
    const goal = clause.at(-1) as Literal;
    const hypotheses = clause.slice(0, -1).map(negate);
    this.#text.prove({
      line: this.#implication(clause),
      ...(hypotheses.length === 0
        ? {}
        : { hypothesis: hypotheses.map((h) => this.#text.literal(h)).join(" and ") }),
      counterfactual: this.#text.literal(negate(goal)),
      proof: this.#proof(script, goal, [...given, ...hypotheses.map((literal) => [literal])]),
    });
  }

  #witness(letter: string, satisfied: Literal): Literal {
    const name = this.#naming.name(letter, "N");
    const line = this.#text.literal(satisfied);
    this.#naming.set(letter, "k0");
    const negated = this.#text.literal(satisfied);
    const refuted = this.#text.literal(negate(satisfied));
    this.#naming.set(letter, "s0");
    const proof = [`let s0: Nat satisfy { ${this.#text.literal(satisfied)} }`];
    this.#naming.set(letter, name);
    this.#text.prove({
      line: `let ${name}: Nat satisfy { ${line} }`,
      counterfactual: `not exists(k0: Nat) { ${negated} }`,
      proof: [...proof, refuted.replaceAll("k0", "s0")],
    });
    return satisfied;
  }

  #implication(clause: Clause): string {
    const premises = clause.slice(0, -1).map((literal) => this.#text.literal(negate(literal))).join(" and ");
    const goal = this.#text.literal(clause.at(-1) as Literal);
    return premises === "" ? goal : `${premises} implies ${goal}`;
  }

  #taken(): string[] {
    return [...this.#naming.letters.values()];
  }
}

// the checker's lemmas list their letters in the alphabet's order: elements first, then naturals
function declarationOrder(clause: Clause): Term[] {
  return lettersOf(...clause.flatMap(({ left, right }) => [left, right])).sort((a, b) =>
    a.op < b.op ? -1 : 1
  );
}
