/** Other names for the same proof. */
import { assert, assertEquals } from "@std/assert";
import { Rng } from "../../src/rng.ts";
import { NameCounts, rename, Renaming } from "../../src/train/renaming.ts";

/** Every text has `theorem`; each has a function and a type of its own. */
const TEXTS = Array.from({ length: 40 }, (_, i) => `theorem func${i}(a: Type${i}) { func${i}(a) = a }`);

function renamingOf(texts: readonly string[]): Renaming {
  const names = new NameCounts();
  for (const text of texts) names.add(text);
  return new Renaming(names);
}

Deno.test("names become others of their kind, the same one everywhere; common names stay", () => {
  const renaming = renamingOf(TEXTS);
  const replaced = { fromCorpus: 0, made: 0, variables: 0 };
  for (const [i, text] of TEXTS.entries()) {
    const other = rename(text, renaming.namesFor(text, new Rng(1, "names", i)));
    const match = /^theorem (\w+)\((\w+): (\w+)\) \{ (\w+)\((\w+)\) = (\w+) \}$/.exec(other)!;
    const [, declared, variable, type, used, argument, result] = match as unknown as string[];
    assertEquals([used, argument, result], [declared, variable, variable]);
    assert(/^[a-z]/.test(declared!) && /^[A-Z]/.test(type!) && /^[a-z][0-9]?$/.test(variable!));
    if (/^func\d+$/.test(declared!)) replaced.fromCorpus += declared === `func${i}` ? 0 : 1;
    else replaced.made++;
    if (variable !== "a") replaced.variables++;
  }
  for (const [what, count] of Object.entries(replaced)) {
    assert(count > 3 && count < 20, `${what}: ${count} of 40, expected about a quarter`);
  }
});

Deno.test("names are made of parts of the corpus' names", () => {
  const texts = TEXTS.map((text, i) => `${text} // gt_rat${"abcdefghij"[i % 10]} of RatMap`);
  const parts = new Set(
    ["theorem", "gt", "rat", "map", "of", ..."abcdefghij"].flatMap((part) => [part, `rat${part}`]),
  );
  const renaming = renamingOf(texts);
  let made = 0;
  for (const [i, text] of texts.entries()) {
    for (const other of renaming.namesFor(text, new Rng(2, "names", i)).values()) {
      if (!other.includes("_") || /^gt_rat[a-j]$/.test(other)) continue;
      made++;
      for (const part of other.split("_")) {
        assert(parts.has(part), `${part} of ${other} is no part of a name`);
      }
    }
  }
  assert(made > 0);
});

Deno.test("no two names or variables of a document become the same", () => {
  const renaming = renamingOf(TEXTS);
  const text = `${TEXTS.slice(0, 30).join("\n")} a b c x y0`;
  const words = [...new Set(text.match(/\w+/g))];
  for (let seed = 0; seed < 50; seed++) {
    const names = renaming.namesFor(text, new Rng(seed, "names"));
    assert(names.size > 0);
    assertEquals(new Set(words.map((word) => names.get(word) ?? word)).size, words.length);
  }
});

Deno.test("the mark of a section is no name", () => {
  assertEquals(rename("@T\nT = P\n@P\n", new Map([["T", "K"], ["P", "Q"]])), "@T\nK = Q\n@P\n");
});

Deno.test("renaming follows its random numbers", () => {
  const renaming = renamingOf(TEXTS);
  const names = (seed: number): string =>
    JSON.stringify([...renaming.namesFor(TEXTS.slice(0, 20).join("\n"), new Rng(seed, "names"))]);
  assertEquals(names(1), names(1));
  assert(names(1) !== names(2));
});
