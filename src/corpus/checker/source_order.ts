/**
 * Checks across files, in build order, what a single file cannot show: that each source line which a goal's prefix
 * takes for known was a goal before, in the same surroundings, and that every lemma the checker knows was proved.
 */

import { readSections } from "./sections.ts";
import { theoryOf } from "./theory.ts";

/** Remembers the goals seen so far. */
export class SourceOrder {
  readonly #proved = new Set<string>();
  readonly #theorems = new Set<string>();

  /**
   * The first source line that `text` relies on and that no earlier file had as its goal; null when there
   * is none.
   */
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
    if (theorem !== "") this.#proved.add(`${theorem}\n${goal}`);
    else {
      const head = /^theorem ([A-Za-z_0-9]+)(?:\[[A-Za-z]+: ([A-Za-z]+)\])?/.exec(goal);
      if (head !== null) this.#theorems.add(`${head[2] ?? "Nat"}.${head[1]}`);
    }
  }

  /** The lemmas of a type class (its own, not inherited ones) that no file has proved yet. */
  unprovedLemmas(typeclass: string, ownLemmas: readonly string[]): string[] {
    const known = theoryOf(typeclass).statements.filter((statement) => statement.isLemma).map((s) => s.name);
    return ownLemmas.filter((name) => known.includes(name) && !this.#theorems.has(`${typeclass}.${name}`));
  }
}
