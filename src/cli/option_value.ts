// Values as they are given, text from the command line or JSON from tactics.json, checked by their entries.
import { checkOption, type OptionSpec, type OptionValue } from "../config/option.ts";
import { UsageError } from "../errors.ts";
import { didYouMean } from "./did_you_mean.ts";

/** As people and JSON write numbers; not "", "NaN", "0x10" or "1_000", which Number() or others take. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The value of a command line's text; messages call the option `label`. */
export function parseOptionText(label: string, spec: OptionSpec, text: string): OptionValue {
  const isNumber = (spec.kind === "integer" || spec.kind === "number") && DECIMAL.test(text);
  return checkOptionValue(label, spec, isNumber ? Number(text) : text);
}

/** Check a value's type and range; messages call the option `label`. */
export function checkOptionValue(label: string, spec: OptionSpec, value: unknown): OptionValue {
  const likely = typeof value === "string" ? didYouMean(value, spec.choices ?? []) : undefined;
  const hint = likely === undefined ? {} : { hint: `did you mean "${likely}"?` };
  return asUsageError(() => checkOption(label, spec, value), hint);
}

/** Turn a RangeError, TypeError or SyntaxError of a library's check into a mistake of the user's. */
export function asUsageError<T>(check: () => T, options: { hint?: string } = {}): T {
  try {
    return check();
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof TypeError || cause instanceof SyntaxError)) {
      throw cause;
    }
    throw new UsageError(cause.message, { cause, ...options });
  }
}
