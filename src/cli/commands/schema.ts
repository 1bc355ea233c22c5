// `tactics schema`: the JSON schema of tactics.json, made from the option table, for editors.
import type { OptionSpec } from "../../config/option.ts";
import type { Command } from "../command.ts";
import { FILE_NAMES, optionSpec, usualText } from "../options/mod.ts";

export const schema: Command = {
  name: "schema",
  summary: "Print the JSON schema of tactics.json",
  description: [
    'An editor completes and checks a tactics.json that names the printed file under the key "$schema".',
  ],
  examples: [["tactics schema > data/tactics.schema.json", "Beside data/tactics.json"]],
  next: [['"$schema": "./tactics.schema.json"', "First key of data/tactics.json"]],
  options: [],
  ignoresConfigFile: true,
  run: (context) => {
    const schema = configSchema();
    context.emit({ kind: "schema", schema }, JSON.stringify(schema, null, 2).split("\n"));
    return Promise.resolve();
  },
};

/** It allows what the program allows, but for what several options together may not be. */
export function configSchema(): Record<string, unknown> {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "tactics.json",
    description: "Options of tactics by their camelCase names. Flags override the file.",
    type: "object",
    properties: {
      $schema: { type: "string" },
      ...Object.fromEntries(FILE_NAMES.map((name) => [name, propertyOf(optionSpec(name))])),
    },
    additionalProperties: false,
  };
}

/** What is undefined here is left out of the JSON text. */
function propertyOf(spec: OptionSpec): Record<string, unknown> {
  const usual = usualText(spec);
  const isPlain = usual === undefined || usual === String(spec.default);
  const types: Partial<Record<string, string>> = { integer: "integer", number: "number", flag: "boolean" };
  return {
    type: types[spec.kind] ?? "string",
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
