// Help texts, made from the commands and the option table.
import type { CommandInfo } from "./command.ts";
import { flagOf, OPTION_GROUPS, type OptionName, optionSpec, usualText } from "./options/mod.ts";
import { commandOptions, type Help, usageOf } from "./parse.ts";

/** Lines get no longer than this, however wide the terminal. */
const WIDEST = 100;
/** Columns of an option and its value; longer ones have a line of their own. */
const LABELS = 20;

/** What `tactics --help` prints. */
export function overviewHelp(commands: readonly CommandInfo[], columns: number): string {
  const width = textWidth(columns);
  const about =
    "tactics trains a small language model that suggests proof steps to the Acorn prover: proof " +
    "files in, a folder that the prover loads out.";
  const options =
    'Options of a command: "tactics COMMAND --help". A file data/tactics.json, or --config FILE, ' +
    'sets any option by its camelCase name. "tactics --version" prints the version.';
  return lines(
    wrap(about, width),
    ["", "Usage: tactics COMMAND [options]"],
    section("Commands", commands.map(({ name, summary }) => [name, summary]), width),
    ["", ...wrap(options, width)],
    section("Examples", [
      ["tactics quickstart", "all of it on built-in proofs, in about two minutes"],
      ["tactics train --minutes 10", "train a model for ten minutes"],
    ], width),
  );
}

/** What `tactics COMMAND --help` prints, or with every option `--help-all`. */
export function commandHelp(command: CommandInfo, columns: number, help: Help): string {
  const width = textWidth(columns);
  const known = commandOptions(command);
  const shown = help === "all" ? known : known.filter((name) => !optionSpec(name).rare);
  const positionals = command.positionals ?? [];
  const last: Row[] = [["-h, --help", "Print this"]];
  if (known.some((name) => optionSpec(name).rare)) last.push(["--help-all", `All ${known.length} options`]);
  return lines(
    wrap(`tactics ${command.name}: ${command.summary}`, width),
    ["", `Usage: ${usageOf(command)}`],
    ...(command.description ?? []).map((text) => ["", ...wrap(text, width)]),
    section("Arguments", positionals.map(([form, means]) => [form.replace(/[^A-Z]/g, ""), means]), width),
    ...OPTION_GROUPS.map(({ heading, names }) => {
      const rows = names.filter((name) => shown.includes(name)).map((name): Row => [
        optionLabel(name),
        optionText(name, command),
      ]);
      return section(heading, heading === "Files and output" ? [...rows, ...last] : rows, width, LABELS);
    }),
    ["", "Examples:"],
    command.examples.flatMap(([call, does]) =>
      [call, ...wrap(does, width - 6).map((line) => `    ${line}`)].map((line) => `  ${line}`)
    ),
  );
}

/** What `tactics data --help` prints for the first word of two-word commands. */
export function groupHelp(group: string, commands: readonly CommandInfo[], columns: number): string {
  return lines(
    [`Usage: tactics ${group} COMMAND [options]`],
    section("Commands", commands.map(({ name, summary }) => [name, summary]), textWidth(columns)),
    ["", "Examples:", ...commands.map(({ examples }) => `  ${examples[0]![0]}`)],
  );
}

function lines(...parts: readonly (readonly string[])[]): string {
  return `${parts.flat().join("\n")}\n`;
}

type Row = readonly [label: string, text: string];

/** A heading and rows; nothing where there are no rows. */
function section(
  heading: string,
  rows: readonly Row[],
  width: number,
  labelWidth = Math.max(...rows.map(([label]) => label.length)),
): string[] {
  if (rows.length === 0) return [];
  const indent = labelWidth + 4;
  const row = ([label, text]: Row): string[] => {
    const texts = wrap(text, width - indent).map((line) => " ".repeat(indent) + line);
    if (label.length > labelWidth) return [`  ${label}`, ...texts];
    return [`  ${label.padEnd(labelWidth)}  ${texts[0]!.trimStart()}`, ...texts.slice(1)];
  };
  return ["", `${heading}:`, ...rows.flatMap(row)];
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
