// The files that establish a theory's lemmas, in order, from the outlines in ../theories/.
import type { Rng } from "../../rng.ts";
import { isDirect, neededLines } from "./closure.ts";
import { units } from "./discovery.ts";
import { linesOf } from "./derivations.ts";
import type { Lemma, Library } from "./library.ts";
import { Naming } from "./names.ts";
import { chance, pick } from "./random_term.ts";
import { bindLiteral, lettersOf, negate, sidesOf, term } from "./term.ts";
import type { Clause, Law, Literal, Term } from "./term.ts";
import { TheoremText } from "./theorem_text.ts";
import { stepsOfChain } from "./walk.ts";

export function lemmaFiles(rng: Rng, library: Library): string[] {
  return library.source.lemmas.flatMap((lemma, i) =>
    filesOfLemma(rng, library, lemma, [...library.laws, ...library.lemmas.slice(0, i)])
  );
}

function filesOfLemma(rng: Rng, library: Library, lemma: Lemma, laws: readonly Law[]): string[] {
  const { notation, source, elements } = library;
  const whole = notation.clause(lemma.body);
  const { premises, goal } = parts(whole);
  const naming = new Naming(rng, elements === "N");
  const contextual = chance(rng, 50);
  // the text lists a lemma's letters in the alphabet's order: elements first, then naturals
  const letters = lettersOf(sidesOf(whole)).sort((a, b) => a.op < b.op ? -1 : 1);
  const claim = { functions: [], lawPremises: [], premises, goal };
  const [{ name }, { typeclass }, carrier] = [lemma, source, pick(rng, source.carriers)];
  const text = new TheoremText({ ...claim, name, typeclass, carrier, naming, letters });
  const [first, step] = lemma.outlines as [string, string];
  if (lemma.induct !== null) {
    induct(lemma.induct);
    return text.finish(premises.length === 0 ? [] : text.clauses([whole]));
  }
  const satisfied = lemma.witnesses.map(({ letter, satisfies }) => witness(letter, satisfies));
  return text.finish(proof(first, goal, units([...premises, ...satisfied])));

  function proof(outline: string, goal: Literal, given: readonly Clause[]): string[] {
    if (isDirect(goal, laws, given)) return [];
    const lines = neededLines([...given, [negate(goal)]], linesFrom(outline, given));
    if (lines !== null) return text.lines(lines);
    throw new Error(`internal: an outline does not prove ${goal.left.key} ${goal.right.key}`);
  }

  function linesFrom(outline: string, given: readonly Clause[]): { clause: Clause }[] {
    if (!outline.includes(" | ")) {
      return outline.split("; ").map((line) => ({ clause: notation.clause(line) }));
    }
    const hypotheses = given.map((literals) => ({ name: "given", literals }));
    const chain = outline.split(" | ").map((part) => notation.term(part));
    return linesOf(stepsOfChain(chain, [...hypotheses, ...laws]), contextual);
  }

  // base; forall(k: Nat) { if P(k) { P(k.suc) } }
  function induct(letter: string): void {
    const at = (value: Term) => whole.map((literal) => bindLiteral(literal, new Map([[letter, value]])));
    proveCase(at(term("0", [], "N")), first, units(premises));
    const outer = naming.letters.get(letter) as string;
    const taken = [...naming.letters.values()];
    const inner = pick(rng, ["k", "i", "j", "l", "m", "n"].filter((name) => !taken.includes(name)));
    text.open(`forall(${inner}: Nat)`);
    naming.set(letter, inner);
    text.open(`if ${text.implication(premises, goal)}`);
    proveCase(at(term("suc", [term(letter, [], "N")], "N")), step, [whole]);
    text.close();
    text.close();
    naming.set(letter, outer);
  }

  function proveCase(clause: Clause, outline: string, given: readonly Clause[]): void {
    const { premises, goal } = parts(clause);
    text.prove(goal, proof(outline, goal, [...given, ...units(premises)]), premises);
  }

  function witness(letter: string, satisfies: string): Literal {
    const [satisfied] = notation.clause(satisfies) as [Literal];
    const name = naming.name(letter, "N");
    const named = (name: string, literal = satisfied) => {
      naming.set(letter, name);
      return text.literal(literal);
    };
    text.proveText({
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
