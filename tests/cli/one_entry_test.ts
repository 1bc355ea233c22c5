/**
 * An option is one entry of the table: whatever is made of the table has every entry, with the same bounds
 * and messages.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseConfig } from "../../src/cli/config_file.ts";
import { COMMANDS } from "../../src/cli/commands/mod.ts";
import { commandHelp } from "../../src/cli/help.ts";
import { configSchema } from "../../src/cli/commands/schema.ts";
import { FILE_NAMES, flagOf, OPTION_NAMES, type OptionName, optionSpec } from "../../src/cli/options/mod.ts";
import { commandOptions, parseCommandLine } from "../../src/cli/parse.ts";
import { modelConfigOf, trainConfigOf } from "../../src/cli/run_setup.ts";
import {
  checkConfig,
  type ConfigOf,
  defaultsOf,
  type OptionSpec,
  readConfig,
} from "../../src/config/option.ts";
import {
  checkModelConfig,
  checkTrainConfig,
  MODEL_OPTIONS,
  readRecordedConfig,
  RECIPES,
} from "../../src/config.ts";
import { TRAIN_OPTIONS } from "../../src/config/train_options.ts";

/** Values at and around an entry's bounds, and of other kinds. */
function probes({ kind, choices, ...bounds }: OptionSpec): (string | number | boolean)[] {
  const by = kind === "integer" ? 1 : 1e-6;
  const ends = [bounds.min, bounds.max, bounds.above, bounds.below].filter((end) => end !== undefined);
  return [...ends.flatMap((end) => [end - by, end, end + by]), 0.5, "", "x", true, ...choices ?? []];
}

/** What a check says, or null when it is content. */
function complaint(check: () => unknown): string | null {
  try {
    check();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A model and a run whose values do not get in each other's way. */
const MODEL = { ...RECIPES.reference.model, nHeads: 1 };
const TRAIN = { ...RECIPES.fast.train, steps: 1, learningRate: 100 };

Deno.test("library, checkpoint, tactics.json and flags refuse the same values with the same message", () => {
  const [train, file] = [COMMANDS.find(({ name }) => name === "train")!, new Set<string>(FILE_NAMES)];
  const inTrain = new Set<string>(commandOptions(train));
  let refused = 0;
  for (const [name, spec] of Object.entries<OptionSpec>({ ...MODEL_OPTIONS, ...TRAIN_OPTIONS })) {
    for (const value of probes(spec)) {
      const isModel = name in MODEL_OPTIONS;
      // These two are bound to each other by a rule of their own.
      if (isModel && typeof value === "number" && name === "nHeads" && MODEL.dModel % value !== 0) continue;
      if (name === "learningRate" && value === 0.5) continue;
      const library = complaint(() =>
        isModel ? checkModelConfig({ ...MODEL, [name]: value }) : checkTrainConfig({
          ...TRAIN,
          ...(name === "learningRate" ? { minLearningRate: 0 } : {}),
          [name]: value,
        })
      );
      if (library !== null) refused++;
      const recorded = {
        ...MODEL,
        ...TRAIN,
        ...(name === "learningRate" ? { minLearningRate: 0 } : {}),
        [name]: value,
      };
      assertEquals(complaint(() => readRecordedConfig(recorded)), library, `checkpoint: ${name} ${value}`);
      if (file.has(name)) {
        const text = JSON.stringify({ [name]: value });
        const found = complaint(() => parseConfig(text, "f"))?.replace("f:1:2: ", "") ?? null;
        assertEquals(found, library, `tactics.json: ${text}`);
      }
      if (inTrain.has(name) && typeof value === "number" && spec.kind !== "choice") {
        const flag = `--${flagOf(name as OptionName)}`;
        const found = complaint(() => parseCommandLine([`${flag}=${value}`], train, COMMANDS)) ?? null;
        assertEquals(found?.replace(flag, name) ?? null, library, `${flag} ${value}`);
      }
    }
  }
  assert(refused > 100, `${refused} refused`);
});

Deno.test("every entry that may be set is a flag, stands in help, in the schema and in the defaults", () => {
  const properties = configSchema().properties as Record<string, Record<string, unknown>>;
  const names = new Set<string>(OPTION_NAMES);
  for (const [name, spec] of Object.entries<OptionSpec>({ ...MODEL_OPTIONS, ...TRAIN_OPTIONS })) {
    assertEquals(names.has(name), spec.only !== "library", name);
    assert(name in RECIPES.fast.model || name in RECIPES.fast.train, name);
  }
  for (const name of OPTION_NAMES) {
    const spec = optionSpec(name);
    const commands = COMMANDS.filter((command) => commandOptions(command).includes(name));
    assert(commands.length > 0, name);
    for (const command of commands) {
      const help = commandHelp(command, "all", { columns: 100 }).replaceAll(/\s+/g, " ");
      assert(
        help.includes(`--${flagOf(name)}`) && help.includes(spec.help),
        `${command.name} ${name}`,
      );
    }
    const { description = "", minimum, maximum, exclusiveMinimum, exclusiveMaximum, ...rest } =
      properties[name] ?? {};
    assertEquals(name in properties, spec.only !== "flag", name);
    if (spec.only === "flag") continue;
    assert((description as string).startsWith(spec.help), name);
    assertEquals([minimum, maximum, exclusiveMinimum, exclusiveMaximum], [
      spec.min,
      spec.max,
      spec.above,
      spec.below,
    ]);
    assertEquals([rest.enum, rest.default], [spec.choices, spec.default ?? undefined]);
  }
  assertEquals(configSchema().additionalProperties, false);
});

Deno.test("one more entry is a field, has its defaults, is checked and is read", () => {
  const table = {
    ...MODEL_OPTIONS,
    width: {
      kind: "integer",
      min: 1,
      max: 8,
      default: 4,
      recipes: { short: 2 },
      help: "One more",
    },
  } as const;
  const config: ConfigOf<typeof table> = { ...RECIPES.fast.model, width: 3 };
  assertEquals(checkConfig(table, config), config);
  assertEquals([defaultsOf(table, "fast").width, defaultsOf(table, "short").width], [4, 2]);
  assertThrows(
    () => checkConfig(table, { ...config, width: 9 }),
    RangeError,
    "width must be at least 1 and at most 8",
  );
  assertEquals(readConfig(table, { ...config, other: 1 }), config);
  assertThrows(() => readConfig(table, RECIPES.fast.model), SyntaxError, 'has no "width"');
});

Deno.test("what is given reaches the configuration", () => {
  const given = { proofWeight: 7, dMlp: 12, recipe: "short" } as const;
  assertEquals(trainConfigOf(given), { ...RECIPES.short.train, proofWeight: 7 });
  assertEquals(modelConfigOf(given, 300), { ...RECIPES.short.model, dMlp: 12, vocabSize: 300 });
});
