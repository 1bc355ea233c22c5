// The command line's words into a command's options and positional arguments. `--flag value`, `--flag=value`;
// a value may begin with one dash (`--prompt "-a + a = 0"`), one that begins with two needs the second form.
// After `--` everything is positional, and so are `-` and `-:…`, texts on standard input.
import { UsageError } from "../errors.ts";
import type { CommandInfo } from "./command.ts";
import { didYouMean } from "./did_you_mean.ts";
import { flagOf, OPTION_NAMES, optionOfFlag, optionSpec } from "./options/mod.ts";
import type { OptionName, OptionValues } from "./options/mod.ts";
import { parseOptionText } from "./option_value.ts";

/** What of a command's help is asked for: with its rare options, or without. */
export type Help = "common" | "all";

/** Parse the words after the command's name. @param commands all, to say where an option belongs */
export function parseCommandLine(
  args: readonly string[],
  command: CommandInfo,
  commands: readonly CommandInfo[],
): { options: OptionValues; positionals: string[]; help: Help | null } {
  const options: Record<string, unknown> = {};
  const positionals: string[] = [];
  let help: Help | null = null;
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "--") {
      for (const word of args.slice(i + 1)) positionals.push(word);
      break;
    } else if (word === "-h" || word === "--help") {
      help ??= "common";
    } else if (word === "--help-all") {
      help = "all";
    } else if (!word.startsWith("-") || word === "-" || word.startsWith("-:")) {
      positionals.push(word);
    } else {
      const [, flag, given] = /^([^=]*)(?:=(.*))?$/s.exec(word)!;
      const name = takeOption(flag!, command, commands);
      if (name in options) throw new UsageError(`--${flagOf(name)} is given twice`);
      const spec = optionSpec(name);
      if (spec.kind !== "flag") {
        options[name] = parseOptionText(`--${flagOf(name)}`, spec, given ?? takeValue(args[++i], flag!));
      } else if (given === undefined) options[name] = true;
      else throw new UsageError(`${flag} takes no value: got "${given}"`);
    }
  }
  if (help === null) checkPositionals(positionals, command);
  return { options, positionals, help };
}

function takeValue(next: string | undefined, flag: string): string {
  if (next !== undefined && !next.startsWith("--")) return next;
  const hint = `for a value that begins with two dashes write ${flag}=VALUE`;
  throw new UsageError(`${flag} needs a value`, next === undefined ? {} : { hint });
}

function takeOption(flag: string, command: CommandInfo, commands: readonly CommandInfo[]): OptionName {
  const known = commandOptions(command);
  const name = flag.startsWith("--")
    ? optionOfFlag(flag.slice(2), known)
    : OPTION_NAMES.find((name) => optionSpec(name).short === flag.slice(1));
  if (name !== undefined && known.includes(name)) return name;
  const helpHint = `"tactics ${command.name} --help" lists the options`;
  if (name !== undefined) {
    const owners = commands.filter((other) => other.options.includes(name)).map((other) => `"${other.name}"`);
    const where = owners.length === 0 ? "" : `; it belongs to ${owners.join(", ")}`;
    throw new UsageError(`"tactics ${command.name}" has no option ${flag}${where}`, { hint: helpHint });
  }
  const likely = didYouMean(flag.replace(/^-+/, ""), known.map(flagOf));
  const hint = likely === undefined ? helpHint : `did you mean --${likely}?`;
  throw new UsageError(`unknown option ${flag}`, { hint });
}

/** The options a command takes: its own and those that all take. */
export function commandOptions(command: CommandInfo): OptionName[] {
  const common: OptionName[] = [
    "json",
    "quiet",
    ...command.ignoresConfigFile === true ? [] : ["config"] as const,
  ];
  return OPTION_NAMES.filter((name) => command.options.includes(name) || common.includes(name));
}

/** `tactics NAME …`. */
export function usageOf({ name, usage, positionals = [] }: CommandInfo): string {
  const words = ["tactics", name, usage, ...positionals.map(([form]) => form), "[options]"];
  return words.filter((word) => word !== undefined).join(" ");
}

function checkPositionals(given: readonly string[], command: CommandInfo): void {
  const hint = `usage: ${usageOf(command)}`;
  const refuse = (message: string): UsageError => new UsageError(message, { hint });
  const wanted = command.positionals ?? [];
  const missing = wanted[given.length];
  if (missing !== undefined && !missing[0].startsWith("[")) {
    const means = missing[1].replace(/^(A|The)\b/, (article) => article.toLowerCase());
    throw refuse(`"tactics ${command.name}" needs ${missing[0].replace("...", "")}: ${means}`);
  }
  if (given.length > wanted.length && wanted.at(-1)?.[0].endsWith("...") !== true) {
    throw refuse(`unexpected argument "${given[wanted.length]}" after "tactics ${command.name}"`);
  }
  if (given.includes("")) throw refuse("an argument is empty");
}
