/** Other names for the same proof. */
import { assert, assertEquals } from "@std/assert";
import { Rng } from "../../src/rng.ts";
import { rename, Renaming } from "../../src/train/renaming.ts";

/** Every text has `theorem`; each has a function and a type of its own. */
const TEXTS = Array.from({ length: 40 }, (_, i) => `theorem func${i}(a: Type${i}) { func${i}(a) = a }`);

Deno.test("renaming gives a document's names others of their kind, the same one everywhere, and keeps common names and variables", () => {
  const renaming = new Renaming(TEXTS);
  let replaced = 0;
  for (const [i, text] of TEXTS.entries()) {
    const other = rename(text, renaming.namesFor(text, new Rng(1, "names", i)));
    const [, declared, type, used] = /^theorem (\w+)\(a: (\w+)\) \{ (\w+)\(a\) = a \}$/.exec(other)!;
    assertEquals(declared, used);
    assert(/^func\d+$/.test(declared!) && /^Type\d+$/.test(type!));
    if (declared !== `func${i}`) replaced++;
  }
  assert(replaced > 10 && replaced < 30, `${replaced} of 40 functions have other names: about half should`);
});

Deno.test("two names of a document never become one, and no name becomes one that the document has", () => {
  const renaming = new Renaming(TEXTS);
  const text = TEXTS.slice(0, 30).join("\n");
  for (let seed = 0; seed < 20; seed++) {
    const names = renaming.namesFor(text, new Rng(seed, "names"));
    assert(names.size > 0);
    assertEquals(new Set(names.values()).size, names.size);
    for (const other of names.values()) assert(!text.includes(`${other}(`) && !text.includes(`${other})`));
  }
});

Deno.test("renaming follows its random numbers", () => {
  const renaming = new Renaming(TEXTS);
  const names = (seed: number): string =>
    JSON.stringify([...renaming.namesFor(TEXTS.slice(0, 20).join("\n"), new Rng(seed, "names"))]);
  assertEquals(names(1), names(1));
  assert(names(1) !== names(2));
});
