/**
 * The command line: words in, exit code out. This room owns commands, flags, tactics.json and what is
 * printed; it computes nothing and nothing imports it but the program. Read this file first: it finds the
 * command, merges its options, runs it, and turns errors into messages. command.ts says what a command is,
 * options/mod.ts what an option is.
 */

import { DEFAULT_MODEL_CONFIG } from "../config.ts";
import { UsageError } from "../errors.ts";
import { VERSION } from "../version.ts";
import type { Command, CommandCall } from "./command.ts";
import { COMMANDS } from "./commands/mod.ts";
import { withConfigFile } from "./config_file.ts";
import { confine } from "./confine.ts";
import { commandHelp, groupHelp, overviewHelp } from "./help.ts";
import { type OptionName, OPTIONS, type OptionValues, withDefaults } from "./options/mod.ts";
import { commandOptions, parseCommandLine } from "./parse.ts";
import { createRenderer } from "./render/mod.ts";
import { printable, quoted } from "../text_format.ts";
import { describeError, EXIT } from "./report_error.ts";
import { asUsageError } from "./option_value.ts";
import { modelConfigOf, trainConfigOf } from "./run_setup.ts";
import { didYouMean } from "./did_you_mean.ts";
import { processTerminal, type Terminal } from "./terminal.ts";
import { tileFolder } from "./tile_store.ts";

/** What {@linkcode run} works with when it is not the process's own. */
export interface RunOptions {
  terminal?: Terminal;
  commands?: readonly Command[];
  /** Give up all permissions of the process that the command does not need. */
  confined?: boolean;
}

/**
 * Run a command line.
 *
 * @param args the words after the program's name
 * @returns the exit code: 0 fine, 1 the run or its data failed, 2 wrong call, 70 a fault of the program, 130
 * interrupted
 */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<number> {
  const { terminal = processTerminal(), commands = COMMANDS, confined = false } = options;
  // Also after "--" or with a misspelt option beside it: whoever asks for JSON lines gets errors as such.
  const json = args.includes("--json");
  try {
    const help = helpOf(args, commands, terminal.columns());
    if (help !== null) {
      terminal.writeOut(help);
      return EXIT.ok;
    }
    return await runCommand(args, commands, { terminal, confined });
  } catch (error) {
    return reportError(error, terminal, json);
  }
}

/** The text that the words ask for when they run no command. */
function helpOf(args: readonly string[], commands: readonly Command[], columns: number): string | null {
  const [first, ...rest] = args;
  if (first === undefined || first === "--help" || first === "-h") return overviewHelp(commands, columns);
  if (first === "--version") {
    return `tactics ${VERSION} (Deno ${Deno.version.deno}, V8 ${Deno.version.v8})\n`;
  }
  const topic = first === "help" ? rest : args;
  if (topic.length === 0) return overviewHelp(commands, columns);
  const group = commands.filter(({ name }) => name.startsWith(`${topic[0]} `));
  const asksForGroup = topic[1] === undefined ? first === "help" : topic[1] === "--help" || topic[1] === "-h";
  if (group.length > 0 && asksForGroup) return groupHelp(topic[0]!, group, columns);
  return first === "help" ? commandHelp(findCommand(topic, commands).command, columns) : null;
}

function findCommand(
  args: readonly string[],
  commands: readonly Command[],
): { command: Command; rest: string[] } {
  const [first = "", second = ""] = args;
  for (const [name, words] of [[`${first} ${second}`, 2], [first, 1]] as const) {
    const command = commands.find((command) => command.name === name);
    if (command !== undefined) return { command, rest: args.slice(words) };
  }
  const refuse = (message: string, likely: string | undefined, otherwise: string): UsageError =>
    new UsageError(message, { hint: likely === undefined ? otherwise : `did you mean "tactics ${likely}"?` });
  const names = commands.map(({ name }) => name);
  const inGroup = names.filter((name) => name.startsWith(`${first} `));
  const list = '"tactics --help" lists the commands';
  if (inGroup.length > 0) {
    const wanted = second === "" || second.startsWith("-")
      ? `"tactics ${first}" needs one of: `
      : `unknown command "${first} ${second}"; there are: `;
    const members = inGroup.map((name) => name.slice(first.length + 1));
    const likely = didYouMean(second, members);
    throw refuse(
      wanted + members.join(", "),
      likely === undefined ? undefined : `${first} ${likely}`,
      `"tactics ${first} --help" describes them`,
    );
  }
  if (first.startsWith("-")) throw refuse(`expected a command before ${first}`, undefined, list);
  const words = [...new Set(names.flatMap((name) => [name, name.split(" ")[0]!]))];
  throw refuse(`unknown command "${first}"`, didYouMean(first, words), list);
}

/** Bytes that are not UTF-8 come as U+FFFD: what was meant is lost, so nothing is made of it. */
function checkEncoding(args: readonly string[]): void {
  const word = args.find((arg) => arg.includes("\ufffd") || !arg.isWellFormed());
  if (word === undefined) return;
  throw new UsageError(`the argument ${quoted(word)} is not UTF-8, or has the replacement character U+FFFD`, {
    hint: "set the terminal to UTF-8; a prompt or a goal may also come from standard input",
  });
}

async function runCommand(
  args: readonly string[],
  commands: readonly Command[],
  { terminal, confined }: { terminal: Terminal; confined: boolean },
): Promise<number> {
  checkEncoding(args);
  const { command, rest } = findCommand(args, commands);
  const { options: flags, positionals, help } = parseCommandLine(rest, command, commands);
  if (help) {
    terminal.writeOut(commandHelp(command, terminal.columns()));
    return EXIT.ok;
  }
  const options = await optionsOf(command, flags);
  const call = { options, settings: withDefaults(options), positionals };
  if (confined) {
    confine({ folders: foldersOf(command, call, terminal), program: command.runsProgram === true });
  }
  const json = options.json === true;
  const renderer = createRenderer({
    json,
    color: terminal.isTerminal && !terminal.env("NO_COLOR") && terminal.env("TERM") !== "dumb",
    isTerminal: terminal.isTerminal,
    write: terminal.writeOut,
    columns: terminal.columns,
  });
  using interrupt = listenForInterrupt();
  const { signal } = interrupt;
  const line = (event: object): void => terminal.writeOut(`${JSON.stringify(event)}\n`);
  try {
    await command.run({
      ...call,
      signal,
      json,
      columns: terminal.columns(),
      emit: (event, text) => json ? line(event) : terminal.writeOut(text.endsWith("\n") ? text : `${text}\n`),
      write: (text) => json ? undefined : terminal.writeOut(text),
      notice: (level, message, hint) => {
        if (json) return line({ kind: "notice", level, message, hint });
        terminal.writeError(`${level === "warning" ? "warning: " : ""}${printable(message)}\n`);
        if (hint !== undefined) terminal.writeError(`hint: ${printable(hint)}\n`);
      },
      render: (event) => renderer.render(event),
      env: terminal.env,
      readInput: terminal.readInput,
    });
  } catch (error) {
    renderer.close();
    // Whatever breaks because it was stopped is no error of its own, unless it says something useful.
    if (!signal.aborted || error instanceof UsageError) return reportError(error, terminal, json);
  }
  renderer.close();
  return signal.aborted ? EXIT.interrupted : EXIT.ok;
}

/** Where a command writes: what its options name, and the cache of what was measured of a GPU. */
function foldersOf(command: Command, call: CommandCall, terminal: Terminal): string[] {
  const cache = command.options.includes("backend") ? tileFolder(terminal.env) : undefined;
  return [...command.writesIn?.(call) ?? [], ...cache === undefined ? [] : [cache]];
}

/** Flags over tactics.json, without the file's options that belong to other commands. */
async function optionsOf(command: Command, flags: OptionValues): Promise<OptionValues> {
  let options = flags;
  if (command.ignoresConfigFile !== true) {
    const known = commandOptions(command);
    const merged = await withConfigFile(flags, flags.dataDir ?? OPTIONS.dataDir.default);
    options = Object.fromEntries(
      Object.entries(merged).filter(([name]) => known.includes(name as OptionName)),
    );
  }
  checkTogether(options);
  return options;
}

/**
 * Check a command's options against each other, over the defaults, so that mistakes are told before anything
 * is read.
 *
 * @throws {UsageError} when they do not go together: heads that do not divide the width …
 */
export function checkTogether(options: OptionValues): void {
  asUsageError(() => {
    trainConfigOf(options);
    modelConfigOf(options, DEFAULT_MODEL_CONFIG.vocabSize);
  });
}

/** The first signal asks the command to stop in order, the second ends the process. */
function listenForInterrupt(): { signal: AbortSignal } & Disposable {
  const abort = new AbortController();
  const listener = (): void => {
    if (abort.signal.aborted) Deno.exit(EXIT.interrupted);
    abort.abort(new DOMException("interrupted", "AbortError"));
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, listener);
  return {
    signal: abort.signal,
    [Symbol.dispose](): void {
      for (const signal of signals) Deno.removeSignalListener(signal, listener);
    },
  };
}

function reportError(error: unknown, terminal: Terminal, json: boolean): number {
  const { code, message, hint, stack } = describeError(error);
  if (json) {
    terminal.writeOut(`${JSON.stringify({ kind: "error", message, hint, stack })}\n`);
  } else {
    terminal.writeError(`error: ${printable(message)}\n`);
    if (hint !== undefined) terminal.writeError(`hint: ${printable(hint)}\n`);
    if (stack !== undefined) terminal.writeError(`\n${stack}\n`);
  }
  return code;
}
