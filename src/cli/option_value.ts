/** Reading one option's value, as text from the command line or as JSON from tactics.json, and checking its type and range. */

import { checkInteger, checkNumber } from "../config.ts";
import { UsageError } from "../errors.ts";
import type { OptionSpec } from "./options/mod.ts";
import { didYouMean } from "./did_you_mean.ts";

/** What an option can be. */
export type OptionValue = string | number | boolean;

/** A decimal number as people and JSON write it; not "", "NaN", "0x10" or "1_000", which Number() or other languages take. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The value of a command line's text.
 *
 * @param label the option, as messages call it
 * @throws {UsageError} when the text is no value of the option's kind and range
 */
export function parseOptionText(label: string, spec: OptionSpec, text: string): OptionValue {
  if (spec.kind !== "integer" && spec.kind !== "number") return checkOptionValue(label, spec, text);
  if (!DECIMAL.test(text)) throw new UsageError(`${label} must be a number${rangeText(spec)}: got "${text}"`);
  return checkOptionValue(label, spec, Number(text));
}

/**
 * Check a value's type and range.
 *
 * @param label the option, as messages call it
 * @throws {UsageError} when it does not fit
 */
export function checkOptionValue(label: string, spec: OptionSpec, value: unknown): OptionValue {
  switch (spec.kind) {
    case "integer":
    case "number":
      if (typeof value !== "number") throw wrongType(label, spec, `a number${rangeText(spec)}`, value);
      return inRange(label, spec, value);
    case "flag":
      if (typeof value !== "boolean") throw wrongType(label, spec, "true or false", value);
      return value;
    case "choice": {
      const choices = spec.choices!;
      if (typeof value === "string" && choices.includes(value)) return value;
      throw wrongType(label, spec, `one of ${choices.map((choice) => `"${choice}"`).join(", ")}`, value);
    }
    case "text":
      if (typeof value !== "string") throw wrongType(label, spec, "a text", value);
      return value;
    case "path":
      if (typeof value !== "string" || value === "") throw wrongType(label, spec, "a path", value);
      if (value.includes("\0")) throw wrongType(label, spec, "a path without NUL", value);
      return value;
    default:
      throw new Error(`internal: option kind ${spec.kind satisfies never}`);
  }
}

/**
 * Turn what a check of src/config.ts throws into a mistake of the user's.
 *
 * @throws {UsageError} when `check` throws a RangeError, TypeError or SyntaxError
 */
export function asUsageError<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (cause instanceof RangeError || cause instanceof TypeError || cause instanceof SyntaxError) {
      throw new UsageError(cause.message, { cause });
    }
    throw cause;
  }
}

function inRange(label: string, spec: OptionSpec, value: number): number {
  return asUsageError(() => {
    if (spec.kind === "integer") checkInteger(label, value, spec.bounds ?? {});
    else checkNumber(label, value, spec.bounds ?? {});
    return value;
  });
}

function rangeText({ bounds = {} }: OptionSpec): string {
  const { min, above, max, below } = bounds;
  const parts = [
    above === undefined ? "" : `above ${above}`,
    min === undefined ? "" : `at least ${min}`,
    below === undefined ? "" : `below ${below}`,
    max === undefined ? "" : `at most ${max}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : ` ${parts.join(" and ")}`;
}

function wrongType(label: string, spec: OptionSpec, wanted: string, value: unknown): UsageError {
  const likely = typeof value === "string" ? didYouMean(value, spec.choices ?? []) : undefined;
  const hint = likely === undefined ? {} : { hint: `did you mean "${likely}"?` };
  return new UsageError(`${label} must be ${wanted}: got ${JSON.stringify(value)}`, hint);
}
