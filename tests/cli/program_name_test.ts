import { assert, assertEquals } from "@std/assert";
import { COMMANDS } from "../../src/cli/commands/mod.ts";
import { run } from "../../src/cli/main.ts";
import { asTyped, WITHOUT_TASK } from "../../src/cli/program_name.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { tasks } from "./permission_set.ts";

const NAMES = COMMANDS.map(({ name }) => name);

Deno.test("calls become what is typed, and other words after the program's name stay", () => {
  const text = '`tactics data sample`, "tactics --help", tactics schema > x; tactics trains, tactics COMMAND';
  assertEquals(asTyped(text, "tactics", NAMES), text);
  assertEquals(
    asTyped(text, "deno task", NAMES),
    '`deno task data sample`, "deno task tactics --help", deno task tactics schema > x; tactics trains, ' +
      "deno task COMMAND",
  );
  assertEquals(asTyped("tactics train", "./dist/tactics-training", NAMES), "./dist/tactics-training train");
  for (const program of ["deno task", "./tactics", ".\\tactics", "./dist/tactics-training"]) {
    const typed = asTyped(`\`tactics train\`, "tactics schema"; tactics --version`, program, NAMES);
    assertEquals(asTyped(typed, program, NAMES), typed);
  }
});

Deno.test("every command is a task of deno.json by its first word, but those that are said to be none", () => {
  const without = [...new Set(NAMES.map((name) => name.split(" ")[0]!))].filter((name) => !(name in tasks));
  assertEquals(without.sort(), [...WITHOUT_TASK].sort());
});

async function said(args: string[], program: string): Promise<string> {
  let text = "";
  const terminal: Terminal = {
    ...{ writeOut: (piece) => text += piece, writeError: (piece) => text += piece },
    ...{ isTerminal: true, showsProgress: true, columns: () => 80, program },
    ...{ env: () => undefined, readInput: () => Promise.resolve("") },
  };
  await run(args, { terminal });
  return text;
}

Deno.test("hints, help and what to do next name the program as it was typed", async () => {
  assert((await said(["tran"], "deno task")).includes('did you mean "deno task train"?'));
  assert((await said(["train", "--help"], "./tactics")).includes("Usage: ./tactics train [options]"));
  const schema = await said(["schema"], "deno task");
  assert(schema.includes("\nnext:  "), schema);
  assert(!(await said(["schema", "--quiet"], "deno task")).includes("next:"));
});

Deno.test("every command that ends says what to do next", () => {
  const without = COMMANDS.filter(({ next = [], listens }) => next.length === 0 && listens === undefined);
  assertEquals(without.map(({ name }) => name), ["lsp"]);
});

Deno.test("a terminal gets messages in lines that break between words, after calls are as typed", async () => {
  let error = "";
  const terminal: Terminal = {
    writeOut: () => {},
    writeError: (text) => error += text,
    isTerminal: true,
    showsProgress: true,
    program: "deno task",
    columns: () => 80,
    env: () => undefined,
    readInput: () => Promise.resolve(""),
  };
  assertEquals(await run(["tokenizer", "--data-dir", "no-such-folder"], { terminal }), 1);
  const lines = error.trimEnd().split("\n");
  assert(lines.length > 2 && lines.every(({ length }) => length <= 80), error);
  const told = lines.join(" ");
  for (const part of ['"deno task data sample"', "deno task data acornlib --lib PATH", "--data-dir"]) {
    assert(told.includes(part), told);
  }
});
