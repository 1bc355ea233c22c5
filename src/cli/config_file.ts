/**
 * tactics.json: a flat JSON object that sets options by their camelCase names. Without --config it is looked for beside the proofs' folder
 * (data/tactics.json for data/proofs), then in it; the first that exists counts, none is fine. Paths inside mean what they mean on the
 * command line: they start at the working folder. A file serves all commands: options a command does not take are checked and then ignored.
 */

import { dirname, join } from "@std/path";
import { UsageError } from "../errors.ts";
import { parseFlatJson } from "./flat_json.ts";
import { OPTION_NAMES, type OptionName, optionOfFlag, optionSpec, type OptionValues } from "./options/mod.ts";
import { asUsageError, checkOptionValue } from "./option_value.ts";
import { didYouMean } from "./did_you_mean.ts";

/** The file's name where none is given. */
export const CONFIG_FILE_NAME = "tactics.json";

/** Where to look for the file. */
export interface ConfigFileOptions {
  /** Given with --config: must exist. */
  config?: string | undefined;
  /** The proofs' folder. */
  dataDir: string;
}

/** A file's options, and its path; null when there is none. */
export interface ConfigFile {
  path: string | null;
  options: OptionValues;
}

/** Far more than all options take. */
const MAX_CONFIG_BYTES = 1 << 16;

/**
 * Find and read the file.
 *
 * @throws {UsageError} when --config names no readable file, or the file has an error; the message names file, line and column
 */
export async function readConfigFile({ config, dataDir }: ConfigFileOptions): Promise<ConfigFile> {
  const paths = config !== undefined
    ? [config]
    : [join(dirname(dataDir), CONFIG_FILE_NAME), join(dataDir, CONFIG_FILE_NAME)];
  for (const path of paths) {
    const text = await readText(path, config === undefined);
    if (text !== null) return { path, options: parseConfig(text, path) };
  }
  return { path: null, options: {} };
}

/**
 * Read a file's text.
 *
 * @param path what messages call it
 * @throws {UsageError} for what is not a flat object of known options with values that fit
 */
export function parseConfig(text: string, path: string): OptionValues {
  const options: Partial<Record<OptionName, string | number | boolean>> = {};
  const settable = OPTION_NAMES.filter((name) => optionSpec(name).flagOnly !== true);
  for (const { key, value, line, column } of asUsageError(() => parseFlatJson(text, path))) {
    const at = `${path}:${line}:${column}`;
    const name = settable.find((name) => name === key);
    if (name === undefined) throw unknownKey(at, key, settable);
    options[name] = checkOptionValue(`${at}: ${key}`, optionSpec(name), value);
  }
  return options as OptionValues;
}

function unknownKey(at: string, key: string, settable: OptionName[]): UsageError {
  const asFlag = optionOfFlag(key);
  if (asFlag !== undefined && !settable.includes(asFlag)) {
    return new UsageError(`${at}: "${key}" can only be given on the command line`);
  }
  const likely = asFlag ?? didYouMean(key, settable);
  const hint = likely === undefined
    ? 'options are named as in "tactics train --help", in camelCase'
    : `did you mean "${likely}"?`;
  return new UsageError(`${at}: unknown option "${key}"`, { hint });
}

async function readText(path: string, mayBeMissing: boolean): Promise<string | null> {
  let bytes: Uint8Array;
  try {
    const { size } = await Deno.stat(path);
    if (size > MAX_CONFIG_BYTES) {
      throw new UsageError(
        `Cannot read "${path}": it has ${size} bytes, at most ${MAX_CONFIG_BYTES} are allowed`,
      );
    }
    bytes = await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const missing = cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory;
    if (missing && mayBeMissing) return null;
    throw new UsageError(`Cannot read the options' file "${path}": ${(cause as Error).message}`, { cause });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`Cannot read the options' file "${path}": it is not UTF-8`, { cause });
  }
}
