import { assert, assertEquals } from "@std/assert";
import { goalAtLine, goalsOf, parseModule } from "../../src/acorn/mod.ts";
import { editedLines, editedText, proofEdit, unifiedDiff } from "../../src/prove/edit.ts";

const MODULE = `theorem bare(a: Bool) { a = a } // why
theorem proved(a: Bool) {
    a or not a
} by {
    if a {
        a or not a
    }
}
theorem short(a: Bool) { a = a } by { a = a }
`;

/** The module's lines with a line for the goal at a line, from 1. */
function edited(line: number, ...given: string[]): string[] {
  const module = parseModule(MODULE);
  const edit = proofEdit(module, goalAtLine(module, line - 1)!, given);
  return editedLines(module.lines, edit).slice(edit.line, edit.line + edit.lines.length);
}

Deno.test("proofEdit() puts lines before a claim, at a proof's end, or in a proof of their own", () => {
  assertEquals(edited(6, "x", "y"), ["        x", "        y"]);
  assertEquals(edited(3, "x"), ["    x"]);
  assertEquals(edited(1, "x"), ["theorem bare(a: Bool) { a = a } by { // why", "    x", "}"]);
});

Deno.test("proofEdit() divides a line where it must", () => {
  const [head, x, tail] = edited(9, "x");
  assertEquals([head!.trimEnd(), x!.trim(), tail!.trim()], [
    "theorem short(a: Bool) { a = a } by { a = a",
    "x",
    "}",
  ]);
});

Deno.test("edited modules can be read again, and have the goals that they had and what was put in", () => {
  const module = parseModule(MODULE);
  for (const goal of goalsOf(module)) {
    const again = parseModule(editedLines(module.lines, proofEdit(module, goal, ["a"])).join("\n"));
    assertEquals(again.problems, [], goal.text);
    assertEquals(goalsOf(again).length, goalsOf(module).length + 1, goal.text);
  }
});

Deno.test("unifiedDiff() is a diff that `patch` applies", async () => {
  const module = parseModule(MODULE);
  for (const line of [1, 3, 6]) {
    const edit = proofEdit(module, goalAtLine(module, line - 1)!, ["x", "y"]);
    const diff = unifiedDiff("m.ac", module.lines, edit);
    const counted = diff.slice(3);
    const [, before, after] = /^@@ -\d+,(\d+) \+\d+,(\d+) @@$/.exec(diff[2]!)!;
    assertEquals(counted.filter((text) => text[0] !== "+").length, Number(before));
    assertEquals(counted.filter((text) => text[0] !== "-").length, Number(after));
    const folder = await Deno.makeTempDir({ prefix: "tactics_test_" });
    try {
      await Deno.writeTextFile(`${folder}/m.ac`, MODULE);
      await Deno.writeTextFile(`${folder}/d`, `${diff.join("\n")}\n`);
      const args = ["-s", "-p1", "-i", "d"];
      const patched = await run("patch", args, folder);
      if (patched === null) continue; // no such program here
      assert(patched.success);
      assertEquals(await Deno.readTextFile(`${folder}/m.ac`), editedText(MODULE, edit));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
});

/** @returns null where there is no such program */
async function run(program: string, args: string[], cwd: string): Promise<Deno.CommandOutput | null> {
  try {
    return await new Deno.Command(program, { args, cwd }).output();
  } catch {
    return null;
  }
}

Deno.test("editedText() keeps line ends", () => {
  const edit = { line: 1, removed: 0, lines: ["x"] };
  assertEquals(editedText("a\r\nb\r\n", edit), "a\r\nx\r\nb\r\n");
  assertEquals(editedText("a\nb", edit), "a\nx\nb");
});
