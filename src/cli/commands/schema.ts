/** `tactics schema`: the JSON schema of tactics.json. */
import type { Command } from "../command.ts";
import { configSchema } from "../json_schema.ts";

/** See the top of this file. */
export const schema: Command = {
  name: "schema",
  summary: "Print the JSON schema of tactics.json",
  description: [
    "Draft 2020-12, with each option's description, bounds and default. In an editor a tactics.json with " +
    'a key "$schema" that names the printed file then completes and checks itself.',
  ],
  examples: [["tactics schema > data/tactics.schema.json", "Beside data/tactics.json"]],
  options: [],
  ignoresConfigFile: true,
  run: (context) => {
    const schema = configSchema();
    context.emit({ kind: "schema", schema }, JSON.stringify(schema, null, 2).split("\n"));
    return Promise.resolve();
  },
};
