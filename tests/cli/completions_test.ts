/** What shells complete: each script is asked by its own shell, where there is one. */
import { assert, assertEquals } from "@std/assert";
import { completionScript } from "../../src/cli/commands/completions.ts";
import { COMMANDS } from "../../src/cli/commands/mod.ts";
import { flagOf } from "../../src/cli/options/mod.ts";
import { commandOptions } from "../../src/cli/parse.ts";
import { withFolder } from "../temporary_folder.ts";

/** What a program prints; null without it. */
async function printed(program: string, args: readonly string[]): Promise<string | null> {
  try {
    const { code, stdout } = await new Deno.Command(program, { args: [...args] }).output();
    assertEquals(code, 0);
    return new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function scriptFor(shell: string): string {
  return completionScript(shell, COMMANDS)!.join("\n");
}

/** What bash offers for the last of some words; null without bash. */
async function offered(words: readonly string[]): Promise<string[] | null> {
  const ask = `\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tactics_words; echo "\${COMPREPLY[*]}"`;
  const text = await printed("bash", ["--norc", "-c", scriptFor("bash") + ask, "bash", ...words]);
  return text === null ? null : text.trim().split(" ");
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

Deno.test({
  name: "fish offers commands, options and values",
  ignore: await printed("fish", ["-c", "true"]) === null,
}, async () => {
  for (const [words, wanted] of CASES) {
    const ask = `\ncomplete -C '${words.join(" ")}'`;
    const lines = (await printed("fish", ["--no-config", "-c", scriptFor("fish") + ask]))!.trim().split("\n");
    assertEquals(lines.map((line) => line.split("\t")[0]).sort(), [...wanted].sort(), words.join(" "));
  }
});

/** Loads the script as an installed one is, types words and TAB, and tells what zsh shows then. */
const ZSH = String.raw`
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; echo rea''dy"
while zpty -r z line; do [[ $line == *ready* && $line != *echo* ]] && break; done
zpty -w -n z "$2"$'\t\nexit\n'
while zpty -r z line; do print -r -- $line; done
`;

Deno.test({
  name: "zsh completes at the first TAB, which loads the script",
  ignore: await printed("zsh", ["-f", "-c", "zmodload zsh/zpty"]) === null,
}, () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/_tactics`, scriptFor("zsh"));
    for (const [words, wanted] of CASES.filter(([, wanted]) => wanted.length === 1)) {
      const line = (await printed("zsh", ["-f", "-c", ZSH, "zsh", folder, words.join(" ")]))!;
      assert(line.includes([...words.slice(0, -1), wanted[0]].join(" ")), line);
    }
  }));

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
