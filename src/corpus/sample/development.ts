// A module of the corpus: a dozen theorems or so of one theory and flavour, with their files.
import type { Rng } from "../../rng.ts";
import { isDirect } from "./closure.ts";
import { claimLetters, contraposed, type Discovery, refine, units, type Workshop } from "./discovery.ts";
import { deriveConditional, deriveEquation } from "./derivations.ts";
import { filesOf, theoremOf } from "./layouts.ts";
import type { Library } from "./library.ts";
import { chance, pick } from "./random_term.ts";
import { type Law, lawOf, term } from "./term.ts";
import { TheoremText } from "./theorem_text.ts";

/** Characters of a file of the short corpus, at most. */
const SHORT = 300;

export function developmentFiles(rng: Rng, library: Library, short: boolean): string[] {
  const workshop = randomWorkshop(rng, library, short);
  const files: string[] = [];
  for (let theorems = 6 + rng.below(12); theorems > 0; theorems--) {
    const own = theoremFiles(rng, workshop);
    // A theorem goes or stays as a whole: a file may rely on what another has proved.
    if (!short || own.every((text) => text.length <= SHORT)) { for (const text of own) files.push(text); }
  }
  return files;
}

function randomWorkshop(rng: Rng, library: Library, short: boolean): Workshop {
  const { source } = library;
  const laws = [...library.laws, ...library.lemmas];
  const own = new Set([...source.laws, ...source.lemmas].map(({ name }) => name));
  const weight = ({ name }: Law) => (own.has(name) ? 2 : 1) * pick(rng, [0.5, 1, 1, 2, 5]);
  return {
    library,
    laws,
    favour: new Map(laws.map((law) => [law.name, weight(law)])),
    maxSize: short ? 8 + rng.below(10) : 14 + rng.below(18),
    growth: pick(rng, [10, 20, 35, 60]),
    contextual: pick(rng, [0, 20, 50, 90]),
    carrier: pick(rng, source.carriers),
    taken: new Set(library.reserved),
    short,
  };
}

function theoremFiles(rng: Rng, workshop: Workshop): string[] {
  for (;;) {
    const kind = rng.below(100);
    const conditional = kind < 50;
    if (kind >= 88) {
      const files = localLawFiles(rng, workshop);
      if (files !== null) return files;
      continue;
    }
    const derivation = conditional ? deriveConditional(rng, workshop) : randomEquation(rng, workshop);
    let discovery = refine(rng, derivation, workshop.laws);
    if (discovery === null) continue;
    if (conditional && chance(rng, 15)) discovery = contraposed(rng, discovery);
    const { goal, premises, lines } = discovery;
    if (lines.length > 0 && isDirect(goal, workshop.laws, units(premises))) continue;
    return filesOf(rng, workshop, discovery);
  }
}

function randomEquation(rng: Rng, workshop: Workshop): Discovery {
  const kind = rng.below(100);
  const premises = kind < 50 ? "none" : kind < 72 ? "equations" : "laws";
  const steps = workshop.short ? 2 + rng.below(5) : 2 + rng.below(7) + rng.below(10);
  return deriveEquation(rng, workshop, { steps, premises });
}

// a law proved for all elements inside the body, then used
function localLawFiles(rng: Rng, workshop: Workshop): string[] | null {
  const discover = (shop: Workshop, least: number): Discovery | null => {
    const steps = least + rng.below(4);
    const found = refine(rng, deriveEquation(rng, shop, { steps, premises: "none" }), shop.laws);
    return found === null || found.lines.length < 2 ? null : found;
  };
  const small = discover(workshop, 2);
  if (small === null) return null;
  const letters = claimLetters(small);
  const local = lawOf("local", [small.goal]);
  const favour = new Map(workshop.favour).set(local.name, 40);
  const main = discover({ ...workshop, laws: [...workshop.laws, local], favour }, 3);
  if (main === null || !main.lines.some((line) => line.law === local.name)) return null;
  const theorem = theoremOf(rng, workshop, main);
  const { naming } = theorem;
  const text = new TheoremText(theorem);
  const fresh = letters.map(({ sort }, i) => term(`?${"xyzuvw"[i]}`, [], sort));
  text.open(`forall(${text.declare(fresh)})`);
  const outer = letters.map(({ op }) => naming.letters.get(op));
  for (const [i, { op }] of letters.entries()) naming.set(op, naming.letters.get(fresh[i]?.op ?? "") ?? "");
  text.prove(small.goal, text.lines(small.lines));
  for (const [i, { op }] of letters.entries()) if (outer[i] !== undefined) naming.set(op, outer[i]);
  text.close();
  return text.finish(text.lines(main.lines));
}
