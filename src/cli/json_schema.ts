/**
 * The JSON schema (draft 2020-12) of tactics.json, made from the option table: what an editor needs to
 * complete and check the file.
 */
import type { OptionSpec } from "../config/option.ts";
import { FILE_NAMES, type OptionName, optionSpec, usualText } from "./options/mod.ts";

/** The schema. It allows what the program allows, but for what several options together may not be. */
export function configSchema(): Record<string, unknown> {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "tactics.json",
    description: "Options of tactics by their camelCase names. Flags override the file.",
    type: "object",
    properties: {
      $schema: { type: "string" },
      ...Object.fromEntries(FILE_NAMES.map((name: OptionName) => [name, propertyOf(optionSpec(name))])),
    },
    additionalProperties: false,
  };
}

const TYPES = {
  integer: "integer",
  number: "number",
  choice: "string",
  path: "string",
  text: "string",
  flag: "boolean",
} as const satisfies Record<OptionSpec["kind"], string>;

/** What is undefined here is left out of the JSON text. */
function propertyOf(spec: OptionSpec): Record<string, unknown> {
  const usual = usualText(spec);
  const isPlain = usual === undefined || usual === String(spec.default);
  return {
    type: TYPES[spec.kind],
    description: (isPlain ? spec.help : `${spec.help} (default: ${usual})`) +
      (spec.kind === "path" ? ". Only in a file that --config names" : ""),
    enum: spec.choices,
    minLength: spec.kind === "path" ? 1 : undefined,
    minimum: spec.min,
    maximum: spec.max,
    exclusiveMinimum: spec.above,
    exclusiveMaximum: spec.below,
    default: spec.default ?? undefined,
  };
}
