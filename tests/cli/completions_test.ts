/**
 * What shells complete: the bash script is asked by bash itself, where there is one; zsh's is the same.
 */
import { assert, assertEquals } from "@std/assert";
import { completionScript } from "../../src/cli/commands/completions.ts";
import { COMMANDS } from "../../src/cli/commands/mod.ts";
import { flagOf } from "../../src/cli/options/mod.ts";
import { commandOptions } from "../../src/cli/parse.ts";

/** What bash offers for the last of some words; null without bash. */
async function offered(words: readonly string[]): Promise<string[] | null> {
  const script = completionScript("bash", COMMANDS)!.join("\n");
  const ask = `\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tactics; echo "\${COMPREPLY[*]}"`;
  try {
    const { code, stdout } = await new Deno.Command("bash", {
      args: ["--norc", "-c", script + ask, "bash", ...words],
    }).output();
    assertEquals(code, 0);
    return new TextDecoder().decode(stdout).trim().split(" ");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

const CASES: [words: string[], wanted: string[]][] = [
  [["tactics", "ver"], ["verify"]],
  [["tactics", "data", "sa"], ["sample"]],
  [["tactics", "train", "--mi"], ["--minutes"]],
  [["tactics", "data", "sample", "--fi"], ["--files"]],
  [["tactics", "train", "--optimizer", ""], ["muon", "adamw"]],
];
const hasBash = await offered(["tactics", ""]) !== null;

Deno.test({ name: "bash offers commands, options and values", ignore: !hasBash }, async () => {
  for (const [words, wanted] of CASES) assertEquals(await offered(words), wanted, words.join(" "));
});

Deno.test("every command and option is in every shell's script", () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = completionScript(shell, COMMANDS)!.join("\n");
    for (const command of COMMANDS) {
      for (const word of command.name.split(" ")) assert(script.includes(word), `${shell}: ${word}`);
      const prefix = shell === "fish" ? "-l " : "--";
      for (const name of commandOptions(command)) {
        assert(script.includes(`${prefix}${flagOf(name)}`), `${shell}: ${name}`);
      }
    }
  }
  assertEquals(completionScript("tcsh", COMMANDS), null);
});
