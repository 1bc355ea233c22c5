// Help texts, made from the commands and the option table.
import type { CommandInfo } from "./command.ts";
import { flagOf, OPTION_GROUPS, type OptionName, optionSpec, usualText } from "./options/mod.ts";
import { commandOptions, type Help, usageOf } from "./parse.ts";

/** Lines get no longer than this, however wide the terminal. */
const WIDEST = 100;
/** Columns of an option and its value; longer ones have a line of their own. */
const LABELS = 20;

/** Where help is shown. */
export interface HelpPage {
  readonly columns: number;
  /** A text with its calls as the user types them, before it is broken into lines. Default: as it is */
  readonly typed?: (text: string) => string;
}

/** What `tactics --help` prints. */
export function overviewHelp(commands: readonly CommandInfo[], page: HelpPage): string {
  const layout = new Layout(page);
  const about =
    "tactics trains a small language model that suggests proof steps to the Acorn prover: proof " +
    "files in, a folder that the prover loads out.";
  const options =
    'Options of a command: "tactics COMMAND --help". A file data/tactics.json, or --config FILE, ' +
    'sets any option by its camelCase name. "tactics --version" prints the version.';
  return lines(
    layout.text(about),
    ["", layout.typed("Usage: tactics COMMAND [options]")],
    layout.section("Commands", commands.map(({ name, summary }) => [name, summary])),
    ["", ...layout.text(options)],
    layout.section("Examples", [
      ["tactics quickstart", "all of it on built-in proofs, in about two minutes"],
      ["tactics train --minutes 10", "train a model for ten minutes"],
    ]),
  );
}

/** What `tactics COMMAND --help` prints, or with every option `--help-all`. */
export function commandHelp(command: CommandInfo, help: Help, page: HelpPage): string {
  const layout = new Layout(page);
  const known = commandOptions(command);
  const shown = help === "all" ? known : known.filter((name) => !optionSpec(name).rare);
  const positionals = command.positionals ?? [];
  const last: Row[] = [["-h, --help", "Print this"]];
  if (known.some((name) => optionSpec(name).rare)) last.push(["--help-all", `All ${known.length} options`]);
  return lines(
    layout.text(`tactics ${command.name}: ${command.summary}`),
    ["", layout.typed(`Usage: ${usageOf(command)}`)],
    ...(command.description ?? []).map((text) => ["", ...layout.text(text)]),
    layout.section("Arguments", positionals.map(([form, means]) => [form.replace(/[^A-Z]/g, ""), means])),
    ...OPTION_GROUPS.map(({ heading, names }) => {
      const rows = names.filter((name) => shown.includes(name)).map((name): Row => [
        optionLabel(name),
        optionText(name, command),
      ]);
      return layout.section(heading, heading === "Files and output" ? [...rows, ...last] : rows, LABELS);
    }),
    ["", "Examples:"],
    command.examples.flatMap(([call, does]) =>
      [layout.typed(call), ...layout.text(does, 6).map((line) => `    ${line}`)].map((line) => `  ${line}`)
    ),
  );
}

/** What `tactics data --help` prints for the first word of two-word commands. */
export function groupHelp(group: string, commands: readonly CommandInfo[], page: HelpPage): string {
  const layout = new Layout(page);
  return lines(
    [layout.typed(`Usage: tactics ${group} COMMAND [options]`)],
    layout.section("Commands", commands.map(({ name, summary }) => [name, summary])),
    ["", "Examples:", ...commands.map(({ examples }) => `  ${layout.typed(examples[0]![0])}`)],
  );
}

function lines(...parts: readonly (readonly string[])[]): string {
  return `${parts.flat().join("\n")}\n`;
}

type Row = readonly [label: string, text: string];

/** Texts in the lines of a page. */
class Layout {
  readonly #width: number;
  readonly typed: (text: string) => string;

  constructor({ columns, typed = (text) => text }: HelpPage) {
    this.#width = Math.max(60, Math.min(WIDEST, columns));
    this.typed = typed;
  }

  text(text: string, indent = 0): string[] {
    return wrap(this.typed(text), this.#width - indent);
  }

  /** A heading and rows; nothing where there are no rows. */
  section(heading: string, rows: readonly Row[], labelWidth?: number): string[] {
    if (rows.length === 0) return [];
    const labels = rows.map(([label]) => this.typed(label));
    const column = labelWidth ?? Math.max(...labels.map(({ length }) => length));
    const row = ([, text]: Row, i: number): string[] => {
      const label = labels[i]!;
      const texts = this.text(text, column + 4).map((line) => " ".repeat(column + 4) + line);
      if (label.length > column) return [`  ${label}`, ...texts];
      return [`  ${label.padEnd(column)}  ${texts[0]!.trimStart()}`, ...texts.slice(1)];
    };
    return ["", `${heading}:`, ...rows.flatMap(row)];
  }
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
