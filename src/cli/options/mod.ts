/**
 * The one table of options: the groups' rows, a file a group or two, put together here. Flags (kebab-case; underscores are accepted), the keys of
 * tactics.json (camelCase), help texts, types, ranges and the values commands get all come from it. Which command takes which option stands in the
 * commands' files.
 *
 * Defaults are not filled in here: a command sees only what was given, so that "resume" can tell what the user wants changed. The
 * ranges repeat those of src/config.ts, where they hold for every caller; a test keeps the two equal.
 */

import { DATA_OPTIONS } from "./data.ts";
import { GENERATION_OPTIONS } from "./generation.ts";
import { MODEL_OPTIONS } from "./model.ts";
import { OPTIMIZER_OPTIONS } from "./optimizer.ts";
import { OUTPUT_OPTIONS } from "./output.ts";
import { RUN_OPTIONS } from "./run.ts";
import type { OptionSpec } from "./spec.ts";

export { OPTION_GROUPS, type OptionSpec } from "./spec.ts";

/** Every option by its camelCase name. */
export const OPTIONS = {
  ...RUN_OPTIONS,
  ...MODEL_OPTIONS,
  ...OPTIMIZER_OPTIONS,
  ...DATA_OPTIONS,
  ...GENERATION_OPTIONS,
  ...OUTPUT_OPTIONS,
} as const;

/** The camelCase name of an option. */
export type OptionName = keyof typeof OPTIONS;

type ValueOf<S extends OptionSpec> = S extends { kind: "integer" | "number" } ? number
  : S extends { kind: "choice"; choices: readonly (infer C)[] } ? C
  : S extends { kind: "flag" } ? boolean
  : string;

/** The options that were given, by flag or by tactics.json. */
export type OptionValues = { [N in OptionName]?: ValueOf<typeof OPTIONS[N]> };

/** Every option's name, in the table's order. */
export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** The row of an option. */
export function optionSpec(name: OptionName): OptionSpec {
  return OPTIONS[name];
}

/** The flag of an option without its dashes: `batchSize` is `batch-size`. */
export function flagOf(name: OptionName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The option of a letter behind one dash; undefined when there is none. */
export function optionOfLetter(letter: string): OptionName | undefined {
  return OPTION_NAMES.find((name) => optionSpec(name).short === letter);
}

/** The option of a flag without its dashes, with dashes or underscores inside; undefined when there is none. */
export function optionOfFlag(flag: string): OptionName | undefined {
  const kebab = flag.replaceAll("_", "-");
  return OPTION_NAMES.find((name) => flagOf(name) === kebab);
}
