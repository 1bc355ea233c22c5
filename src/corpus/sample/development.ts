/**
 * A module of the corpus: one theory, a dozen theorems or so of one flavour, each with the files of its
 * goals.
 */

import type { Rng } from "../../rng.ts";
import { isDirect } from "./closure.ts";
import { deriveConditional, hasConditionalLaws } from "./conditional.ts";
import { contraposed, type Derivation, refine, statementLetters, type Workshop } from "./discovery.ts";
import { deriveEquation } from "./equational.ts";
import { filesOf, groundPremises, theoremOf } from "./layouts.ts";
import type { Library } from "./library.ts";
import { chance, pick } from "./random_term.ts";
import { bindLiteral, type Law, type Literal, negate, type Term, term } from "./term.ts";
import { TheoremText } from "./theorem_text.ts";

/** The files of one random module. */
export function developmentFiles(rng: Rng, library: Library): string[] {
  const workshop = randomWorkshop(rng, library);
  const carrier = pick(rng, library.source.carriers);
  const taken = new Set<string>();
  const files: string[] = [];
  for (let theorems = 6 + rng.below(12); theorems > 0; theorems--) {
    files.push(...theoremFiles(rng, workshop, carrier, taken));
  }
  return files;
}

function randomWorkshop(rng: Rng, library: Library): Workshop {
  const laws = [...library.laws, ...library.lemmas];
  const favour = new Map<string, number>();
  const own = new Set([...library.source.laws, ...library.source.lemmas.map((lemma) => lemma.statement)]
    .map((text) => text.split(":")[0]));
  for (const law of laws) favour.set(law.name, (own.has(law.name) ? 2 : 1) * pick(rng, [0.5, 1, 1, 2, 5]));
  return {
    library,
    laws,
    favour,
    maxSize: 14 + rng.below(18),
    growth: pick(rng, [10, 20, 35, 60]),
    contextual: pick(rng, [0, 20, 50, 90]),
  };
}

function theoremFiles(rng: Rng, workshop: Workshop, carrier: string, taken: Set<string>): string[] {
  for (;;) {
    const kind = rng.below(100);
    const conditional = hasConditionalLaws(workshop) && kind < 50;
    if (!conditional && kind >= 88) {
      const files = localLawFiles(rng, workshop, carrier, taken);
      if (files !== null) return files;
      continue;
    }
    const derivation = conditional
      ? deriveConditional(rng, workshop, 1 + rng.below(4))
      : randomEquation(rng, workshop);
    let discovery = refine(rng, derivation, workshop.laws);
    if (discovery === null) continue;
    if (conditional && chance(rng, 15)) discovery = contraposed(rng, discovery);
    if (isDirect(discovery.goal, workshop.laws, groundPremises(discovery)) && discovery.lines.length > 0) {
      continue;
    }
    return filesOf(rng, { workshop, carrier, taken }, discovery);
  }
}

function randomEquation(rng: Rng, workshop: Workshop): Derivation {
  const kind = rng.below(100);
  const premises = kind < 50 ? "none" : kind < 72 ? "equations" : "laws";
  return deriveEquation(rng, workshop, { steps: 2 + rng.below(7) + rng.below(10), premises });
}

// a law proved for all elements inside the body, then used
function localLawFiles(rng: Rng, workshop: Workshop, carrier: string, taken: Set<string>): string[] | null {
  const small = refine(
    rng,
    deriveEquation(rng, workshop, { steps: 2 + rng.below(4), premises: "none" }),
    workshop.laws,
  );
  if (small === null || small.lines.length < 2) return null;
  const variables = statementLetters(small);
  const local = asLaw(small.goal, variables);
  const favour = new Map(workshop.favour).set(local.name, 40);
  const extended: Workshop = { ...workshop, laws: [...workshop.laws, local], favour };
  const main = refine(
    rng,
    deriveEquation(rng, extended, { steps: 3 + rng.below(4), premises: "none" }),
    extended.laws,
  );
  if (main === null || main.lines.length < 2 || !main.lines.some((line) => line.law === local.name)) {
    return null;
  }
  const theorem = theoremOf(rng, { workshop, carrier, taken }, main);
  const text = new TheoremText(theorem);
  const fresh = variables.map((letter, i) => term(`?${"xyzuvw"[i]}`, [], letter.sort));
  text.open(`forall(${text.declare(fresh)})`);
  const renaming = new Map(
    variables.map((letter, i) => [letter.op, theorem.naming.letters.get(fresh[i]?.op ?? "") ?? ""]),
  );
  const outer = new Map(variables.map((letter) => [letter.op, theorem.naming.letters.get(letter.op)]));
  for (const [letter, name] of renaming) theorem.naming.set(letter, name);
  text.prove({
    line: text.literal(small.goal),
    counterfactual: text.literal(negate(small.goal)),
    proof: text.clauses(small.lines.map((line) => line.clause)),
  });
  for (const [letter, name] of outer) if (name !== undefined) theorem.naming.set(letter, name);
  text.close();
  return text.finish(text.clauses(main.lines.map((line) => line.clause)));
}

function asLaw(goal: Literal, letters: readonly Term[]): Law {
  const variable = new Map(letters.map((letter) => [letter.op, term(`?${letter.op}`, [], letter.sort)]));
  return { name: "local", literals: [bindLiteral(goal, variable)] };
}
