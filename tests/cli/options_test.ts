import { assert, assertEquals, assertThrows } from "@std/assert";
import { COMMANDS } from "../../src/cli/commands/mod.ts";
import { commandHelp, groupHelp, overviewHelp, wrap } from "../../src/cli/help.ts";
import {
  flagOf,
  OPTION_NAMES,
  type OptionName,
  optionOfFlag,
  optionSpec,
  usualText,
} from "../../src/cli/options/mod.ts";
import { asTyped } from "../../src/cli/program_name.ts";
import { checkOptionValue } from "../../src/cli/option_value.ts";
import { commandOptions } from "../../src/cli/parse.ts";
import { checkOption } from "../../src/config/option.ts";
import { UsageError } from "../../src/errors.ts";

/** The flags that are promised to users; a flag that is renamed or lost breaks their scripts. */
const PROMISED = (
  "steps epochs minutes recipe batch-size seed log-interval eval-interval save-interval workers backend " +
  "gpu-storage architecture context-length d-model n-layers n-heads d-mlp dropout optimizer learning-rate " +
  "schedule proof-weight split prover-form renaming lib acorn rules skip-empty keep-copies files substitution " +
  "vocab-size alphabet model prompt goal after-lines prefix prompt-form syntax samples beam knn temperature top-p " +
  "min-p max-tokens lines " +
  "all train-dir flavor quantize bake data-dir output-dir checkpoint-dir output config json port " +
  "seconds processes write name dashboard dry-run whole-runs yes from tokenizer quiet limit zip goals parallel distributed " +
  "shards sync-every"
).split(" ");

Deno.test("every promised flag is an option, in kebab-case and with underscores", () => {
  for (const flag of PROMISED) {
    const name = optionOfFlag(flag);
    assert(name !== undefined, flag);
    assertEquals(flagOf(name), flag);
    assertEquals(optionOfFlag(flag.replaceAll("-", "_")), name);
  }
  assertEquals([...new Set(OPTION_NAMES.map(flagOf))].sort(), [...PROMISED].sort());
  // The same word, with a number where lines are drawn, without one where a run is watched.
  assertEquals([optionOfFlag("samples"), optionOfFlag("samples", ["showSamples"])], [
    "samples",
    "showSamples",
  ]);
});

Deno.test("a command takes every option, and its help lists each with its default", () => {
  const taken = new Set<OptionName>();
  for (const command of COMMANDS) {
    const help = commandHelp(command, "all", { columns: 100 }).replaceAll(/\s+/g, " ");
    for (const name of commandOptions(command)) {
      taken.add(name);
      assert(help.includes(` --${flagOf(name)} `), `${command.name} --help lacks --${flagOf(name)}`);
      assert(
        help.includes(optionSpec(name).help),
        `${command.name} --help does not explain --${flagOf(name)}`,
      );
      const usual = command.defaults?.[name] ?? usualText(optionSpec(name));
      if (usual !== undefined) {
        assert(help.includes(`(default: ${usual})`), `${command.name} --help lacks ${name}'s default`);
      }
    }
    assert(command.examples.length > 0, `${command.name} has no example`);
    for (const [call] of command.examples) {
      assert(commandHelp(command, "all", { columns: 100 }).includes(`\n  ${call}\n      `), call);
    }
  }
  assertEquals(OPTION_NAMES.filter((name) => !taken.has(name)), []);
});

/** Help as a checkout prints it: calls are longer there. */
function typed(text: string): string {
  return asTyped(text, "deno task", COMMANDS.map(({ name }) => name));
}

Deno.test("help keeps to the terminal's width, and to 100 columns in wider ones", () => {
  for (const [columns, widest] of [[80, 80], [100, 100], [300, 100], [10, 60]] as const) {
    const texts = [
      overviewHelp(COMMANDS, { columns, typed }),
      groupHelp("data", COMMANDS.filter(({ name }) => name.startsWith("data ")), { columns, typed }),
      ...COMMANDS.map((command) => commandHelp(command, "all", { columns, typed })),
    ];
    for (const line of texts.flatMap((text) => text.split("\n"))) {
      // Calls to copy, and labels that leave no room, are never broken; 80 columns are enough for all of them.
      const isCall = /^( {2}|Usage: )deno task /.test(line) && !line.includes("  ", 2) && columns < 80;
      assert(isCall || line.length <= widest, `${line.length} columns: ${line}`);
    }
  }
});

Deno.test("help without rare options fits 60 lines of 80 columns, and says where the rest is", () => {
  for (const command of COMMANDS) {
    const page = { columns: 80, typed };
    const [common, all] = [commandHelp(command, "common", page), commandHelp(command, "all", page)];
    const count = common.trimEnd().split("\n").length;
    assert(count <= 60, `${command.name}: ${count} lines`);
    assertEquals(common.includes("--help-all"), common.length < all.length, command.name);
  }
});

Deno.test("wrap() breaks at spaces and keeps long words whole", () => {
  assertEquals(wrap("a bb ccc dddddddd e", 6), ["a bb", "ccc", "dddddddd", "e"]);
});

Deno.test("checkOptionValue() refuses values of another type", () => {
  for (
    const [name, value] of [["steps", "8"], ["dataDir", 8], ["split", 1], ["json", "true"], [
      "prompt",
      [],
    ]] as const
  ) {
    assertThrows(() => checkOptionValue(name, optionSpec(name), value), UsageError, `${name} must be`);
  }
  const long = assertThrows(() => checkOption("steps", optionSpec("steps"), "8".repeat(5000)), TypeError);
  assert(long.message.length < 200, "a value is shown short");
});
