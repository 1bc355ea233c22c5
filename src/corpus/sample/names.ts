// Names: of theorems, from what they state, and of their letters, from the schemes that people use.
import type { Rng } from "../../rng.ts";
import { pick } from "./random_term.ts";
import type { Literal, Term } from "./term.ts";

const ELEMENTS = ["a b c d e", "x y z w u", "p q r s t", "u v w x y", "g h x y z", "b c d a e", "r s t u v"];
const NATURALS = ["m n k i j", "n m k j i", "i j k m n", "j k l m n", "k m n i j", "n k m l i"];
const FUNCTIONS = ["f", "phi", "h", "map", "psi", "step", "seq"];
const SYMBOLS: Record<string, string> = { "*": "mul", "+": "add", "-": "sub", "0": "zero", "1": "one" };
const RELATIONS = { "=": "eq", "<=": "lte", divides: "divides" };

/** Gives letters their names; every name is given once. */
export class Naming {
  readonly letters = new Map<string, string>();
  readonly #free: Record<"S" | "N" | "function", string[]>;
  readonly #used = new Set<string>();

  /** @param naturalsOnly in their theory, letters of elements serve for naturals too */
  constructor(rng: Rng, naturalsOnly: boolean) {
    const elements = pick(rng, ELEMENTS).split(" ");
    const naturals = pick(rng, NATURALS).split(" ");
    this.#free = {
      S: elements,
      N: naturalsOnly && rng.below(3) > 0 ? elements : naturals,
      function: rng.shuffle([...FUNCTIONS]),
    };
  }

  /** Chosen when it is first asked for. */
  name(letter: string, kind: "S" | "N" | "function"): string {
    const known = this.letters.get(letter);
    if (known !== undefined) return known;
    let free = this.#free[kind].find((name) => !this.#used.has(name));
    for (let i = 0; free === undefined; i++) {
      const numbered = `${kind === "N" ? "n" : "v"}${i}`;
      if (!this.#used.has(numbered)) free = numbered;
    }
    this.set(letter, free);
    return free;
  }

  set(letter: string, name: string): void {
    this.#used.add(name);
    this.letters.set(letter, name);
  }
}

/** A theorem's name from its goal, unlike any in `taken`, where it is entered. */
export function theoremName(goal: Literal, taken: Set<string>): string {
  const left = words(goal.left, 3);
  const right = words(goal.right, 2);
  const relation = goal.relation === "=" && !goal.positive ? "ne" : RELATIONS[goal.relation];
  const said = [...left, ...(right.length > 0 ? [relation, ...right] : [])].join("_");
  const stem = said || `${relation}_of_premises`;
  let name = stem;
  for (let i = 2; taken.has(name) || !/_/.test(name); i++) name = `${stem}_${i}`;
  taken.add(name);
  return name;
}

function words(term: Term, depth: number): string[] {
  const own = SYMBOLS[term.op] ?? term.op;
  // letters, and functions by a letter, have no word
  if (/^\??[a-z]$/.test(own) || depth === 0) return [];
  const inner = term.args.flatMap((arg) => words(arg, depth - 1));
  return [own, ...inner].filter((word, i, all) => all.indexOf(word) === i).slice(0, depth);
}
