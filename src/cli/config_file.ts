// tactics.json: a flat JSON object that sets options, those of other commands, too. Without --config it is
// looked for beside the proofs' folder (data/tactics.json for data/proofs), then in it; the first that exists
// counts. A file that is found so may have come with somebody's proofs: it sets no paths, so that it names no
// program to run and no folder to read or write.
import { dirname, join } from "@std/path";
import { type DataError, UsageError } from "../errors.ts";
import { readTextBounded } from "../io/mod.ts";
import { didYouMean } from "./did_you_mean.ts";
import { parseFlatJson } from "./flat_json.ts";
import { FILE_NAMES, flagOf, optionOfFlag, optionSpec } from "./options/mod.ts";
import type { OptionName, OptionValues } from "./options/mod.ts";
import { asUsageError, checkOptionValue } from "./option_value.ts";

/** Far more than all options take. */
export const MAX_CONFIG_BYTES = 1 << 16;

/** Find and read the file for a folder of proofs, and let the flags override it. */
export async function withConfigFile(flags: OptionValues, dataDir: string): Promise<OptionValues> {
  const { config } = flags;
  const paths = config === undefined
    ? [dirname(dataDir), dataDir].map((folder) => join(folder, "tactics.json"))
    : [config];
  for (const path of paths) {
    const text = await readText(path, config === undefined);
    if (text !== null) return mergeOptions(flags, parseConfig(text, path, config === undefined), path);
  }
  return mergeOptions(flags, {}, "");
}

/** Read the text of the file at `path`. @param wasFound without being named by the user: it sets no paths */
export function parseConfig(text: string, path: string, wasFound = false): OptionValues {
  const options: Record<string, unknown> = {};
  for (const { key, value, line, column } of asUsageError(() => parseFlatJson(text, path))) {
    if (key === "$schema") continue; // which editors look for
    const at = `${path}:${line}:${column}`;
    const name = FILE_NAMES.find((name) => name === key);
    if (name === undefined) throw unknownKey(at, key, FILE_NAMES);
    if (wasFound && optionSpec(name).kind === "path") throw untrusted(at, path, name);
    options[name] = checkOptionValue(`${at}: ${key}`, optionSpec(name), value);
  }
  return options as OptionValues;
}

function untrusted(at: string, path: string, name: OptionName): UsageError {
  const flag = `--${flagOf(name)}`;
  const reason = "a file that lies beside the proofs sets none: it may have come with them";
  return new UsageError(
    `${at}: "${name}" is a path, and ${reason}`,
    { hint: `give ${flag} on the command line, or name the file there if it is yours: --config ${path}` },
  );
}

/** The error for a key that is none of the names `known`, with the name that was meant. */
export function unknownKey(at: string, key: string, known: readonly OptionName[]): UsageError {
  const asFlag = optionOfFlag(key, known);
  if (asFlag !== undefined && !FILE_NAMES.includes(asFlag)) {
    return new UsageError(`${at}: "${key}" can only be given on the command line`);
  }
  const likely = asFlag !== undefined && known.includes(asFlag) ? asFlag : didYouMean(key, known);
  const named = 'options are named as in "tactics train --help", in camelCase';
  const hint = likely === undefined ? named : `did you mean "${likely}"?`;
  return new UsageError(`${at}: unknown option "${key}"`, { hint });
}

async function readText(path: string, mayBeMissing: boolean): Promise<string | null> {
  try {
    return await readTextBounded(path, { what: "the options' file", maxBytes: MAX_CONFIG_BYTES });
  } catch (error) {
    const { message, cause } = error as DataError;
    const missing = cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory;
    if (missing && mayBeMissing) return null;
    throw new UsageError(message, { cause });
  }
}

/** A run has one length: one that is given as a flag replaces the file's, of whichever kind that is. */
export const LENGTHS = ["steps", "minutes", "epochs"] as const satisfies OptionName[];

/** Flags over the options of the file at `path`. @throws {UsageError} when one source gives two lengths */
export function mergeOptions(flags: OptionValues, file: OptionValues, path: string): OptionValues {
  checkOneLength(file, path);
  checkOneLength(flags, null);
  const merged = { ...file, ...flags };
  if (LENGTHS.some((name) => name in flags)) {
    for (const name of LENGTHS) if (!(name in flags)) delete merged[name];
  }
  return merged;
}

/** @param file null: the options are flags */
function checkOneLength(options: OptionValues, file: string | null): void {
  const [first, second] = LENGTHS.filter((name) => name in options);
  if (second === undefined) return;
  const both = file === null
    ? `--${first} and --${second} are both given`
    : `"${first}" and "${second}" are both given in ${file}`;
  throw new UsageError(`${both}: a run has one length`, { hint: "leave out one of the two" });
}
