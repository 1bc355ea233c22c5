// What an entry of an option table says, and what follows from entries alone: the type of a configuration,
// its defaults in each recipe, the check of a value and of a whole configuration. The command line makes its
// flags, help and JSON schema of the same entries.
import { quoted } from "../text_format.ts";

/** The names of the recipes; the first is the default. */
export const RECIPE_NAMES = ["fast", "short", "reference"] as const;

/** A column of defaults: the best found, one for a run of a minute or two, or the original's. */
export type RecipeName = typeof RECIPE_NAMES[number];

/** Bounds of a number; one that is left out does not bind. */
export interface Bounds {
  /** Smallest value allowed. */
  readonly min?: number;
  /** Largest value allowed. */
  readonly max?: number;
  /** Every value must be larger. */
  readonly above?: number;
  /** Every value must be smaller. */
  readonly below?: number;
}

/** What an option can be; null where its default is, which leaves it open. */
export type OptionValue = string | number | boolean | null;

/** One entry. Its name is the key under which it stands: camelCase, kebab-case as a flag. */
export interface OptionSpec extends Bounds {
  /**
   * `path` and `text` are strings, a path not an empty one; a `flag` takes no value on the command line.
   * What is read, written or run is a `path`: a tactics.json found beside the proofs may not set it.
   */
  readonly kind: "integer" | "number" | "choice" | "path" | "text" | "flag";
  /** Values of a choice. */
  readonly choices?: readonly string[];
  /** What it means, as help and the JSON schema say it. */
  readonly help: string;
  /** The value without it. Needed in the library's tables; null leaves it to the run. */
  readonly default?: OptionValue;
  /** The default in recipes that differ. */
  readonly recipes?: Readonly<Partial<Record<RecipeName, OptionValue>>>;
  /** What happens without it, as help says it, where that is not the value in `default`. */
  readonly usual?: string;
  /** Who alone may set it: `library` is a field without a flag, `flag` has no key in tactics.json. */
  readonly only?: "library" | "flag";
  /** Few want it: help lists it with --help-all. */
  readonly rare?: true;
  /** The flag, where it is not the name in kebab-case: another command's option has that. */
  readonly flag?: string;
  /** A letter that stands for the flag, after one dash. */
  readonly short?: string;
  /** What stands for the value in help. */
  readonly placeholder?: string;
}

export const COUNT = { kind: "integer", min: 1, max: 1e9 } as const;
export const PROBABILITY = { kind: "number", min: 0, max: 1 } as const;
/** A share that is never the whole. */
export const SHARE = { kind: "number", min: 0, below: 1 } as const;

/** Options by their names. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** The type of an option's value when it is given. */
export type ValueOf<S extends OptionSpec> = S extends { kind: "integer" | "number" } ? number
  : S extends { kind: "choice"; choices: readonly (infer C)[] } ? C
  : S extends { kind: "flag" } ? boolean
  : string;

/** A configuration: a value for each entry of a table; null may stand where the default is null. */
export type ConfigOf<T extends OptionTable> = {
  -readonly [N in keyof T]: ValueOf<T[N]> | (T[N] extends { default: null } ? null : never);
};

export function defaultsOf<T extends OptionTable>(table: T, recipe: RecipeName): ConfigOf<T> {
  const entries = Object.entries(table).map(([name, spec]) => [name, defaultOf(spec, recipe)]);
  return Object.fromEntries(entries) as ConfigOf<T>;
}

/** An option's default in a recipe; undefined where it has none. */
export function defaultOf(spec: OptionSpec, recipe: RecipeName): OptionValue | undefined {
  const own = spec.recipes?.[recipe];
  return own === undefined ? spec.default : own;
}

/** Check a configuration, entry by entry; {@linkcode checkOption} says what is thrown. */
export function checkConfig<T extends OptionTable>(table: T, config: ConfigOf<T>): ConfigOf<T> {
  for (const [name, spec] of Object.entries(table)) checkOption(name, spec, config[name]);
  return config;
}

/** Take a configuration out of what a file holds, and check it: a missing option is a SyntaxError. */
export function readConfig<T extends OptionTable>(table: T, values: Record<string, unknown>): ConfigOf<T> {
  const entries = Object.keys(table).map((name) => {
    if (!Object.hasOwn(values, name)) throw new SyntaxError(`its configuration has no "${name}"`);
    return [name, values[name]];
  });
  return checkConfig(table, Object.fromEntries(entries) as ConfigOf<T>);
}

/**
 * Check one value, which messages call `label`. @returns the same value
 *
 * @throws {TypeError} when it is of another kind, or none of the choices
 * @throws {RangeError} when it is outside the bounds
 */
export function checkOption(label: string, spec: OptionSpec, value: unknown): OptionValue {
  if (value === null && spec.default === null) return null;
  const refuse = (wanted: string): TypeError =>
    new TypeError(`${label} must be ${wanted}: got ${quoted(value)}`);
  switch (spec.kind) {
    case "integer":
    case "number":
      if (typeof value !== "number") throw refuse(`a number ${boundsText(spec)}`);
      if (spec.kind === "integer") checkInteger(label, value, spec);
      else checkNumber(label, value, spec);
      return value;
    case "choice":
      if (typeof value === "string" && spec.choices!.includes(value)) return value;
      throw refuse(`one of ${spec.choices!.map((choice) => `"${choice}"`).join(", ")}`);
    case "flag":
      if (typeof value !== "boolean") throw refuse("true or false");
      return value;
    case "text":
      if (typeof value !== "string") throw refuse("a text");
      return value;
    case "path":
      if (typeof value !== "string" || value === "") throw refuse("a path");
      if (value.includes("\0")) throw refuse("a path without NUL");
      return value;
    default:
      throw new Error(`internal: option kind ${spec.kind satisfies never}`);
  }
}

/**
 * Check that a value is a number within bounds.
 *
 * @param name what the message calls the value
 * @throws {RangeError} when it is not finite or not within them; the message names value and bounds
 */
export function checkNumber(name: string, value: number, bounds: Bounds): void {
  const { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity } = bounds;
  if (Number.isFinite(value) && value >= min && value <= max && value > above && value < below) return;
  throw new RangeError(`${name} must be ${boundsText(bounds)}: got ${value}`);
}

/**
 * Check that a value is an integer within bounds.
 *
 * @param name what the message calls the value
 * @throws {RangeError} when it is no safe integer or not within them; the message names value and bounds
 */
export function checkInteger(name: string, value: number, bounds: Bounds): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${name} must be an integer: got ${value}`);
  checkNumber(name, value, bounds);
}

function boundsText({ min, max, above, below }: Bounds): string {
  const parts = [["above", above], ["at least", min], ["below", below], ["at most", max]] as const;
  return parts.filter(([, bound]) => bound !== undefined).map((part) => part.join(" ")).join(" and ");
}
