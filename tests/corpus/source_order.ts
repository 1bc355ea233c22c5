/**
 * Checks across files, in build order, what a single file cannot show: that each source line which a goal's
 * prefix takes for known was a goal before, in the same surroundings, and that every lemma the checker knows
 * was proved.
 */

import { readSections } from "../../src/corpus/checker/sections.ts";
import { theoryOf } from "../../src/corpus/checker/theory.ts";
import { THEORIES } from "../../src/corpus/theories/mod.ts";

/** Remembers the goals seen so far. */
export class SourceOrder {
  readonly #proved = new Set<string>();
  readonly #theorems = new Set<string>();

  /** The first source line that `text` relies on and that no earlier file had as its goal, or null. */
  missing(text: string): string | null {
    const { theorem, goal } = readSections(text);
    const lines = (theorem === "" ? goal : theorem).split("\n");
    const begin = lines.indexOf("} by {");
    if (begin < 0) return null;
    const end = theorem === "" ? lines.length - 1 : lines.length;
    for (let i = begin + 1; i < end; i++) {
      const line = lines[i] as string;
      if (/^\s*(if .*\{|forall\(.*\) \{|\}( else \{)?)$/.test(line)) continue;
      if (!this.#proved.has(lines.slice(0, i + 1).join("\n"))) return line.trim();
    }
    return null;
  }

  /** Records the goal of `text` as proved. */
  add(text: string): void {
    const { theorem, goal } = readSections(text);
    const head = /^theorem ([A-Za-z_0-9]+)(?:\[[A-Za-z]+: ([A-Za-z]+)\])?/.exec(goal);
    if (theorem !== "") this.#proved.add(`${theorem}\n${goal}`);
    else if (head !== null) this.#theorems.add(`${head[2] ?? "Nat"}.${head[1]}`);
  }

  /** The lemmas, as `Group.inverse_mul`, that no file has proved yet. */
  unprovedLemmas(): string[] {
    const typeclasses = THEORIES.map((text) => /theory (\w+)/.exec(text)![1]!);
    const lemmas = typeclasses.flatMap((own) =>
      theoryOf(own).statements.filter(({ isLemma, typeclass }) => isLemma && typeclass === own)
    );
    return lemmas.map((lemma) => `${lemma.typeclass}.${lemma.name}`).filter((name) =>
      !this.#theorems.has(name)
    );
  }
}
