/**
 * Values as they are given: text from the command line, JSON from tactics.json. What they may be is the
 * option's entry's to say.
 */
import { checkOption, type OptionSpec, type OptionValue } from "../config/option.ts";
import { UsageError } from "../errors.ts";
import { didYouMean } from "./did_you_mean.ts";

/**
 * A decimal number as people and JSON write it; not "", "NaN", "0x10" or "1_000", which Number() or other
 * languages take.
 */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The value of a command line's text.
 *
 * @param label the option, as messages call it
 * @throws {UsageError} when the text is no value of the option's kind and range
 */
export function parseOptionText(label: string, spec: OptionSpec, text: string): OptionValue {
  const isNumber = (spec.kind === "integer" || spec.kind === "number") && DECIMAL.test(text);
  return checkOptionValue(label, spec, isNumber ? Number(text) : text);
}

/**
 * Check a value's type and range.
 *
 * @param label the option, as messages call it
 * @throws {UsageError} when it does not fit
 */
export function checkOptionValue(label: string, spec: OptionSpec, value: unknown): OptionValue {
  const likely = typeof value === "string" ? didYouMean(value, spec.choices ?? []) : undefined;
  return asUsageError(
    () => checkOption(label, spec, value),
    likely === undefined ? {} : { hint: `did you mean "${likely}"?` },
  );
}

/**
 * Turn what a check of the library throws into a mistake of the user's.
 *
 * @throws {UsageError} when `check` throws a RangeError, TypeError or SyntaxError
 */
export function asUsageError<T>(check: () => T, options: { hint?: string } = {}): T {
  try {
    return check();
  } catch (cause) {
    if (cause instanceof RangeError || cause instanceof TypeError || cause instanceof SyntaxError) {
      throw new UsageError(cause.message, { cause, ...options });
    }
    throw cause;
  }
}
