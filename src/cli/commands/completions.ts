// `tactics completions`: what a shell needs to complete commands, options and their values.
import { UsageError } from "../../errors.ts";
import type { Command, CommandInfo } from "../command.ts";
import { flagOf, optionSpec } from "../options/mod.ts";
import { commandOptions } from "../parse.ts";

/** @param commands all of the program, this one among them */
export function completionsOf(commands: () => readonly CommandInfo[]): Command {
  return {
    name: "completions",
    summary: "Print a script that completes commands and options in bash, zsh or fish",
    examples: [
      ["tactics completions bash >> ~/.bashrc", "For the next shells"],
      ["tactics completions zsh > ~/.zfunc/_tactics", "Where fpath has ~/.zfunc"],
      ["tactics completions fish > ~/.config/fish/completions/tactics.fish", "For the next shells"],
    ],
    next: [["exec $SHELL", "Start the shell anew; then TAB completes tactics"]],
    options: [],
    positionals: [["SHELL", "bash, zsh or fish"]],
    ignoresConfigFile: true,
    run: (context) => {
      const [shell = ""] = context.positionals;
      const script = completionScript(shell, commands());
      if (script === null) {
        throw new UsageError(`there are no completions for "${shell}"`, { hint: "give bash, zsh or fish" });
      }
      context.emit({ kind: "completions", shell, script }, script);
      return Promise.resolve();
    },
  };
}

/** The script's lines; null for a shell that is not known. Names have no character that a shell would read. */
export function completionScript(shell: string, commands: readonly CommandInfo[]): string[] | null {
  switch (shell) {
    case "bash":
      return bashScript(commands);
    case "zsh": // its own emulation of bash's completion; the first TAB loads this file, and is answered, too
      return [
        "#compdef tactics",
        "autoload -Uz bashcompinit && bashcompinit",
        ...bashScript(commands),
        "(( ${+compstate} )) && _bash_complete -o default -F _tactics_words",
      ];
    case "fish":
      return fishScript(commands);
    default:
      return null;
  }
}

function flagsOf(command: CommandInfo): string[] {
  return [...commandOptions(command).map((name) => `--${flagOf(name)}`), "--help", "--help-all"];
}

/** The first words, and for each of those that begin two-word commands the second ones. */
function wordsOf(commands: readonly CommandInfo[]): Map<string, string[]> {
  const words = new Map<string, string[]>();
  for (const { name } of commands) {
    const [first = "", second] = name.split(" ");
    words.set(first, [...words.get(first) ?? [], ...second === undefined ? [] : [second]]);
  }
  return words;
}

function choicesOf(commands: readonly CommandInfo[]): [flag: string, choices: readonly string[]][] {
  const names = [...new Set(commands.flatMap((command) => commandOptions(command)))];
  return names.flatMap((name) => {
    const { choices } = optionSpec(name);
    return choices === undefined ? [] : [[`--${flagOf(name)}`, choices] as [string, readonly string[]]];
  });
}

function bashScript(commands: readonly CommandInfo[]): string[] {
  const words = wordsOf(commands);
  const groups = [...words].filter(([, seconds]) => seconds.length > 0);
  return [
    "_tactics_words() {",
    '  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"',
    '  local command="${COMP_WORDS[1]}" list=""',
    '  case "$command" in',
    ...groups.map(([first]) =>
      `    ${first}) [ "$COMP_CWORD" -gt 2 ] && command="${first} \${COMP_WORDS[2]}" ;;`
    ),
    "  esac",
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    list="${[...words.keys(), "--help", "--version"].join(" ")}"`,
    '  else case "$before" in',
    ...choicesOf(commands).map(([flag, choices]) => `    ${flag}) list="${choices.join(" ")}" ;;`),
    '    *) case "$command" in',
    ...groups.map(([first, seconds]) => `      ${first}) list="${seconds.join(" ")}" ;;`),
    ...commands.map((command) => `      "${command.name}") list="${flagsOf(command).join(" ")}" ;;`),
    "    esac ;;",
    "  esac; fi",
    '  COMPREPLY=($(compgen -W "$list" -- "$word"))',
    "}",
    "complete -o default -F _tactics_words tactics",
  ];
}

function fishScript(commands: readonly CommandInfo[]): string[] {
  const quote = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
  const lines = ["complete -c tactics -n __fish_use_subcommand -l help", "complete -c tactics -l help-all"];
  for (const [first, seconds] of wordsOf(commands)) {
    const summary = commands.find(({ name }) => name === first)?.summary ?? seconds.join(", ");
    lines.push(`complete -c tactics -f -n __fish_use_subcommand -a ${first} -d ${quote(summary)}`);
    if (seconds.length > 0) {
      const condition = `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${
        seconds.join(" ")
      }`;
      lines.push(`complete -c tactics -f -n ${quote(condition)} -a ${quote(seconds.join(" "))}`);
    }
  }
  for (const command of commands) {
    const seen = command.name.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
    for (const name of commandOptions(command)) {
      const { choices, kind, help } = optionSpec(name);
      const value = kind === "flag"
        ? ""
        : choices === undefined
        ? " -r"
        : ` -x -a ${quote(choices.join(" "))}`;
      lines.push(`complete -c tactics -n ${quote(seen)} -l ${flagOf(name)}${value} -d ${quote(help)}`);
    }
  }
  return lines;
}
