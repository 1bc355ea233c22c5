import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { run } from "../../src/cli/main.ts";
import type { CommandContext } from "../../src/cli/command.ts";
import { goalAtPlace, libraryOf, parsePlace } from "../../src/cli/source_place.ts";
import { DataError, UsageError } from "../../src/errors.ts";
import { saveModels } from "../infer/saved_models.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const MODULE = `theorem same(a: Bool) {
    a = a
} by {
    if a {
        a
    }
}
`;

Deno.test("parsePlace() reads a file and a line, saved or not", () => {
  assertEquals(parsePlace("src/nat/gcd.ac:12"), { file: "src/nat/gcd.ac", line: 11, isUnsaved: false });
  assertEquals(parsePlace("-:src/a:b.ac:1"), { file: "src/a:b.ac", line: 0, isUnsaved: true });
  assertEquals(parsePlace("-:7"), { file: null, line: 6, isUnsaved: true });
  assertEquals(parsePlace("-"), { file: null, line: Infinity, isUnsaved: true });
  for (const word of ["", "a.ac", "a.ac:", "a.ac:0", "a.ac:x", "a.ac:-1", "a.txt:3", ":3", "-:", "-:a.ac"]) {
    assertThrows(() => parsePlace(word), UsageError, "names no line of an Acorn module");
  }
});

Deno.test("goalAtPlace() finds the goal of a file or of standard input, or says where goals are", async () => {
  using folder = new TemporaryFolder();
  const file = join(folder.path, "a.ac");
  await Deno.writeTextFile(file, MODULE);
  const context = { readInput: () => Promise.resolve(`\n${MODULE}`) } as CommandContext;
  const kindAt = async (place: string): Promise<unknown[]> => {
    const { goal: { kind, firstLine } } = await goalAtPlace(place, context);
    return [kind, firstLine];
  };
  assertEquals(await kindAt(`${file}:5`), ["claim", 4]);
  assertEquals(await kindAt(`${file}:7`), ["theorem", 0]);
  assertEquals(await kindAt(`-:${file}:6`), ["claim", 5]);
  assertEquals(await kindAt("-"), ["claim", 5]);
  const error = await assertRejects(
    () => goalAtPlace("-:1", context),
    DataError,
    "nothing to prove at line 1",
  );
  assertEquals(error.hint, "goals begin at lines 2, 6");
  await assertRejects(
    () => goalAtPlace(`${join(folder.path, "b.ac")}:1`, context),
    DataError,
    "does not exist",
  );
});

Deno.test("libraryOf() is the folder that was named, or the one above with an acorn.toml", async () => {
  using folder = new TemporaryFolder();
  const inner = join(folder.path, "src", "a");
  await Deno.mkdir(inner, { recursive: true });
  await Deno.writeTextFile(join(folder.path, "acorn.toml"), "");
  assertEquals(await libraryOf(undefined, join(inner, "b.ac")), folder.path);
  assertEquals(await libraryOf("x", join(inner, "b.ac")), "x");
  await assertRejects(() => libraryOf(undefined, "/no/such/b.ac"), UsageError, "which library");
});

Deno.test("suggest takes the goal at a line of a module, saved or not", async () => {
  using folder = new TemporaryFolder();
  const models = await saveModels(folder.path, "pointer");
  const file = join(folder.path, "a.ac");
  await Deno.writeTextFile(file, MODULE);
  const asked = async (words: readonly string[], input = ""): Promise<string> => {
    let [out, errors] = ["", ""];
    const quick = ["--samples", "2", "--beam", "1", "--max-tokens", "8", "--backend", "reference", "--json"];
    const code = await run(["suggest", ...words, "--checkpoint-dir", models.checkpoints, ...quick], {
      terminal: {
        writeOut: (text) => out += text,
        writeError: (text) => errors += text,
        isTerminal: false,
        columns: () => 80,
        env: () => undefined,
        readInput: () => Promise.resolve(input),
      },
    });
    assertEquals([code, errors], [0, ""], out);
    return JSON.parse(out.trimEnd().split("\n").at(-1)!).prompt;
  };
  const prompt = await asked([`${file}:5`]);
  assert(prompt.startsWith("@T\n    if a {\n@G\n        a\n"), prompt);
  assert(prompt.endsWith("@C\nnot a\n@P\n"), prompt);
  assertEquals(await asked([`-:${file}:6`], `\n${MODULE}`), prompt);
});
