// The table of options as the command line has it: the library's entries (src/config/) but for those that
// only the library sets, and its own. Flags (kebab-case; underscores are accepted), the keys of tactics.json,
// their JSON schema, help, types, bounds and defaults all come from the entries. Which command takes which
// option stands in the commands' files.
import { MODEL_OPTIONS } from "../../config/model_options.ts";
import type { OptionSpec, OptionTable, ValueOf } from "../../config/option.ts";
import { MACHINE_OPTIONS, OPTIMIZER_OPTIONS, RUN_OPTIONS } from "../../config/train_options.ts";
import { TRAIN_OPTIONS, TRAINING_DATA_OPTIONS } from "../../config/train_options.ts";
import { CORPUS_OPTIONS, EXPORT_OPTIONS, FILE_OPTIONS, RUNS_OPTIONS, SERVER_OPTIONS } from "./files.ts";
import { EVALUATION_OPTIONS, GENERATION_OPTIONS, PROVE_OPTIONS } from "./generation.ts";

/** Every entry, those that only the library sets among them, under help's headings. */
const GROUPS = {
  "Run": { ...RUN_OPTIONS, ...RUNS_OPTIONS, ...MACHINE_OPTIONS },
  "Model": MODEL_OPTIONS,
  "Optimizer": OPTIMIZER_OPTIONS,
  "Corpus": { ...TRAINING_DATA_OPTIONS, ...CORPUS_OPTIONS },
  "Generation": GENERATION_OPTIONS,
  "Proving": PROVE_OPTIONS,
  "Evaluation": EVALUATION_OPTIONS,
  "Export": EXPORT_OPTIONS,
  "Server": SERVER_OPTIONS,
  "Files and output": FILE_OPTIONS,
} as const;

type Union<T> = (T extends unknown ? (table: T) => void : never) extends (table: infer I) => void ? I : never;
type Entries = Union<typeof GROUPS[keyof typeof GROUPS]>;

type Settable<T extends OptionTable> = {
  [N in keyof T as T[N] extends { only: "library" } ? never : N]: T[N];
};
const entries = Object.values<OptionTable>(GROUPS).flatMap((table) => Object.entries(table));

/** The options that can be given, by their camelCase names. */
export const OPTIONS = Object.fromEntries(
  entries.filter(([, { only }]) => only !== "library"),
) as unknown as Settable<Entries>;

export type OptionName = keyof typeof OPTIONS;

/** The options that were given, by flag or by tactics.json. */
export type OptionValues = { [N in OptionName]?: ValueOf<typeof OPTIONS[N]> };

/** The options that were given, over the table's defaults (those of the default recipe). */
export type Settings = {
  readonly [N in OptionName]:
    | ValueOf<typeof OPTIONS[N]>
    | (typeof OPTIONS[N] extends { default: infer D } ? (D extends null ? null : never) : undefined);
};

export function withDefaults(given: OptionValues): Settings {
  const entries = OPTION_NAMES.map((name) => [name, given[name] ?? optionSpec(name).default]);
  return Object.fromEntries(entries) as Settings;
}

/** Every option's name, in the table's order. */
export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** The names under each of help's headings, in order. */
export const OPTION_GROUPS = Object.entries<OptionTable>(GROUPS).map(([heading, table]) => ({
  heading,
  names: OPTION_NAMES.filter((name) => name in table),
}));

/** The options that tactics.json may set. */
export const FILE_NAMES = OPTION_NAMES.filter((name) => optionSpec(name).only !== "flag");

/** The options that set the run's configuration. */
export const TRAIN_NAMES = OPTION_NAMES.filter((name) => name in TRAIN_OPTIONS);

/** The options that set the model's configuration, but for the vocabulary's size: that is the tokenizer's. */
export const MODEL_NAMES = OPTION_NAMES.filter((name) => name in MODEL_OPTIONS && name !== "vocabSize");

export function optionSpec(name: OptionName): OptionSpec {
  return OPTIONS[name];
}

/** What happens without an option, as help says it; undefined when there is nothing to say. */
export function usualText(spec: OptionSpec): string | undefined {
  if (spec.usual !== undefined || spec.default === undefined) return spec.usual;
  const others = Object.entries(spec.recipes ?? {}).map(([recipe, value]) => `recipe ${recipe}: ${value}`);
  return [spec.default, ...others].join("; ");
}

/** The flag of an option without its dashes: `batchSize` is `batch-size`. */
export function flagOf(name: OptionName): string {
  return optionSpec(name).flag ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The option of a flag without its dashes, with dashes or underscores inside; rather one of `known`. */
export function optionOfFlag(flag: string, known: readonly OptionName[] = []): OptionName | undefined {
  const kebab = flag.replaceAll("_", "-");
  return [...known, ...OPTION_NAMES].find((name) => flagOf(name) === kebab);
}
