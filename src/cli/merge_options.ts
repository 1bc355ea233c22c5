/**
 * Flags over the options of tactics.json, and the checks that concern several options at once. A run has one length: a length given as a flag
 * (steps, minutes or epochs) replaces the file's, of whichever kind that is.
 */

import { DEFAULT_MODEL_CONFIG } from "../config.ts";
import { UsageError } from "../errors.ts";
import type { OptionName, OptionValues } from "./options/mod.ts";
import { asUsageError } from "./option_value.ts";
import { modelConfigOf, trainConfigOf } from "./run_setup.ts";

const LENGTH_OPTIONS = ["steps", "minutes", "epochs"] as const satisfies OptionName[];

/**
 * Merge two sources of options.
 *
 * @param filePath what messages call the file
 * @throws {UsageError} when one source gives two lengths
 */
export function mergeOptions(flags: OptionValues, file: OptionValues, filePath: string | null): OptionValues {
  checkOneLength(file, filePath ?? "");
  const merged: OptionValues = { ...file, ...flags };
  if (checkOneLength(flags, "the command line") === 1) {
    for (const name of LENGTH_OPTIONS) if (flags[name] === undefined) delete merged[name];
  }
  return merged;
}

/**
 * Check a command's options against each other, over the defaults, so that mistakes are told before anything is read.
 *
 * @throws {UsageError} when they do not go together: heads that do not divide the width, a least learning rate above the peak …
 */
export function checkTogether(options: OptionValues): void {
  asUsageError(() => {
    trainConfigOf(options);
    modelConfigOf(options, DEFAULT_MODEL_CONFIG.vocabSize);
  });
}

function checkOneLength(options: OptionValues, source: string): number {
  const given = LENGTH_OPTIONS.filter((name) => options[name] !== undefined);
  if (given.length <= 1) return given.length;
  throw new UsageError(`${given.join(" and ")} are both given in ${source}: a run has one length`, {
    hint: "keep one of steps, minutes and epochs",
  });
}
