/** Help texts, made from the commands and the option table. */

import { commandOptions } from "./parse.ts";
import type { CommandInfo } from "./command.ts";
import { flagOf, OPTION_GROUPS, type OptionName, optionSpec, usualText } from "./options/mod.ts";

/** Lines get no longer than this, however wide the terminal. */
const WIDEST = 100;

/** What `tactics --help` prints. */
export function overviewHelp(commands: readonly CommandInfo[], columns: number): string {
  const width = textWidth(columns);
  const nameWidth = Math.max(...commands.map(({ name }) => name.length));
  const rows = commands.flatMap(({ name, summary }) => row(name, summary, { labelWidth: nameWidth, width }));
  return [
    ...wrap(
      "tactics trains a small language model that suggests proof steps to the Acorn prover: proof files " +
        "in, a folder that the prover loads out.",
      width,
    ),
    "",
    "Usage: tactics COMMAND [options]",
    "",
    "Commands:",
    ...rows,
    "",
    ...wrap(
      'Options of a command: "tactics COMMAND --help". A file tactics.json beside the proofs\' folder (data/tactics.json), or --config FILE, sets ' +
        'any option by its camelCase name. Flags override the file. "tactics --version" prints the version. In the project\'s folder write "deno task" for ' +
        '"tactics": deno task train --minutes 10.',
      width,
    ),
    "",
    "Examples:",
    "  tactics quickstart          all of it on built-in proofs, in about two minutes",
    "  tactics data sample         write the built-in proofs into data/proofs",
    "  tactics tokenizer           train a tokenizer on data/proofs",
    "  tactics train --minutes 10  train a model for ten minutes",
    "  tactics export              make a folder for the prover",
    "",
  ].join("\n");
}

/** What `tactics COMMAND --help` prints. */
export function commandHelp(command: CommandInfo, columns: number): string {
  const width = textWidth(columns);
  const lines = [
    ...wrap(`tactics ${command.name}: ${command.summary}`, width),
    "",
    `Usage: ${command.usage}`,
  ];
  for (const paragraph of command.description ?? []) lines.push("", ...wrap(paragraph, width));
  if (command.positionals.length > 0) {
    const labelWidth = Math.max(...command.positionals.map(({ name }) => name.length));
    lines.push("", "Arguments:");
    for (const { name, description } of command.positionals) {
      lines.push(...row(name, description, { labelWidth, width }));
    }
  }

  const names = commandOptions(command);
  const labelWidth = Math.max("-h, --help".length, ...names.map((name) => optionLabel(name).length));
  for (const { heading, names: all } of OPTION_GROUPS) {
    const members = names.filter((name) => all.includes(name));
    if (members.length === 0) continue;
    lines.push("", `${heading}:`);
    for (const name of members) {
      lines.push(...row(optionLabel(name), optionText(name, command), { labelWidth, width }));
    }
    if (heading === "Files and output") lines.push(...row("-h, --help", "Print this", { labelWidth, width }));
  }

  lines.push("", "Examples:");
  for (const { command: call, description } of command.examples) {
    lines.push(`  ${call}`, ...wrap(description, width - 6).map((line) => `      ${line}`));
  }
  return [...lines, ""].join("\n");
}

/** What `tactics data --help` prints for the first word of two-word commands. */
export function groupHelp(group: string, commands: readonly CommandInfo[], columns: number): string {
  const labelWidth = Math.max(...commands.map(({ name }) => name.length));
  const width = textWidth(columns);
  return [
    `Usage: tactics ${group} COMMAND [options]`,
    "",
    "Commands:",
    ...commands.flatMap(({ name, summary }) => row(name, summary, { labelWidth, width })),
    "",
    "Examples:",
    ...commands.map(({ examples }) => `  ${examples[0]!.command}`),
    "",
  ].join("\n");
}

/** Break a text into lines of at most `width` characters, at spaces; longer words get lines of their own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function textWidth(columns: number): number {
  return Math.max(60, Math.min(WIDEST, columns));
}

/** A label and its text beside it, the text's further lines below its first. */
function row(
  label: string,
  text: string,
  { labelWidth, width }: { labelWidth: number; width: number },
): string[] {
  const indent = labelWidth + 4;
  return wrap(text, width - indent).map((line, i) =>
    (i === 0 ? `  ${label.padEnd(labelWidth)}  ` : " ".repeat(indent)) + line
  );
}

function optionLabel(name: OptionName): string {
  const { kind, placeholder, choices, short } = optionSpec(name);
  const value = placeholder ??
    (kind === "choice" ? choices!.join("|") : kind === "integer" || kind === "number" ? "N" : "");
  const flag = `${short === undefined ? "" : `-${short}, `}--${flagOf(name)}`;
  return kind === "flag" ? flag : `${flag} ${value}`;
}

function optionText(name: OptionName, command: CommandInfo): string {
  const spec = optionSpec(name);
  const usual = command.defaults?.[name] ?? usualText(spec);
  return usual === undefined ? spec.help : `${spec.help} (default: ${usual})`;
}
