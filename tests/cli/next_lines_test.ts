/** What comes next after a command. */
import { assertEquals } from "@std/assert";
import { nextLines } from "../../src/cli/next_lines.ts";
import { type OptionValues, withDefaults } from "../../src/cli/options/mod.ts";
import { asTyped } from "../../src/cli/program_name.ts";

const CALLS = [
  ["tactics eval", "How good it is"],
  ["tactics verify FOLDER", "Look at it"],
  ["cat curve.svg", "Show it"],
] as const;

function after(options: OptionValues, columns: number): string[] {
  const call = { options, settings: withDefaults(options), positionals: [] };
  const typed = (text: string): string => asTyped(text, "deno task", ["eval", "verify"]);
  return nextLines(CALLS, call, { columns, typed });
}

Deno.test("what comes next stands in two columns, or where there is no room below each other", () => {
  assertEquals(after({}, 80), [
    "next:  deno task eval           How good it is",
    "       deno task verify FOLDER  Look at it",
    "       cat curve.svg            Show it",
  ]);
  assertEquals(after({}, 40), [
    "next:  deno task eval",
    "           How good it is",
    "       deno task verify FOLDER",
    "           Look at it",
    "       cat curve.svg",
    "           Show it",
  ]);
});

Deno.test("what comes next names the folders that the command was told, where its own command takes them", () => {
  const [first, second] = after({ dataDir: "my proofs", outputDir: "it's/here" }, 120);
  assertEquals(
    first,
    "next:  deno task eval --data-dir 'my proofs' --checkpoint-dir 'it'\\''s/here'  How good it is",
  );
  assertEquals(second!.trim().split(/ {2,}/), ["deno task verify FOLDER", "Look at it"]);
  assertEquals(after({ dataDir: "data/proofs", checkpointDir: "checkpoints" }, 80), after({}, 80));
});
