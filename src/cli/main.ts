// The command line: words in, exit code out. This room owns commands, flags, tactics.json and what is
// printed; it computes nothing, and only the program imports it. Read this file first: it finds the command,
// merges its options, runs it, and turns errors into messages. Then command.ts and options/mod.ts.
import { UsageError } from "../errors.ts";
import type { TrainEvent } from "../metrics/mod.ts";
import { jsonText, printable, printableLine, quoted } from "../text_format.ts";
import { VERSION } from "../version.ts";
import type { Command, CommandCall, CommandContext } from "./command.ts";
import { COMMANDS } from "./commands/mod.ts";
import { withConfigFile } from "./config_file.ts";
import { confine } from "./confine.ts";
import { didYouMean } from "./did_you_mean.ts";
import { commandHelp, groupHelp, type HelpPage, overviewHelp, wrap } from "./help.ts";
import type { StreamName } from "./output.ts";
import { OPTIONS, type OptionValues, withDefaults } from "./options/mod.ts";
import { commandOptions, parseCommandLine } from "./parse.ts";
import { LiveRegion } from "./live_region.ts";
import { nextLines } from "./next_lines.ts";
import { asTyped } from "./program_name.ts";
import { createRenderer } from "./render/mod.ts";
import { describeError, EXIT } from "./report_error.ts";
import { checkTogether } from "./run_setup.ts";
import { inSpan, openTracer, RunSpans } from "./telemetry.ts";
import type { Terminal } from "./terminal.ts";
import { tileFolder } from "./tile_store.ts";
import type { Phase } from "./worker_messages.ts";

export interface RunOptions {
  readonly terminal: Terminal;
  /** Asks the command to stop in order. Default: never. */
  readonly signal?: AbortSignal;
  /** Told when a command begins, and when it begins and ends to have something to save. */
  readonly onPhase?: (phase: Phase) => void;
  readonly commands?: readonly Command[];
  /** Address of the module that runs a command line in a worker, for commands that run others. Default: none. */
  readonly worker?: string;
  /** Give up all permissions of this thread, and of those it starts, that the command does not need. */
  readonly confined?: boolean;
}

/** Run a command line, the words after the program's name. @returns the exit code */
export async function run(args: readonly string[], options: RunOptions): Promise<number> {
  const { commands = COMMANDS } = options;
  const terminal = typedTerminal(options.terminal, commands);
  // Also after "--" or with a misspelt option beside it: whoever asks for JSON lines gets errors as such.
  const json = args.includes("--json");
  try {
    const help = helpOf(args, commands, helpPage(terminal));
    if (help !== null) {
      terminal.writeOut(help);
      return EXIT.ok;
    }
    return await runCommand(args, commands, { ...options, terminal });
  } catch (error) {
    return reportError(error, terminal, json);
  }
}

/** The text that the words ask for when they run no command. */
function helpOf(args: readonly string[], commands: readonly Command[], page: HelpPage): string | null {
  const [first, ...rest] = args;
  if (first === undefined || first === "--help" || first === "-h") return overviewHelp(commands, page);
  if (first === "--version") {
    return `tactics ${VERSION} (Deno ${Deno.version.deno}, V8 ${Deno.version.v8})\n`;
  }
  const topic = first === "help" ? rest : args;
  if (topic.length === 0) return overviewHelp(commands, page);
  const group = commands.filter(({ name }) => name.startsWith(`${topic[0]} `));
  const asksForGroup = topic[1] === undefined ? first === "help" : topic[1] === "--help" || topic[1] === "-h";
  const isCommand = commands.some(({ name }) => name === topic[0]);
  if (group.length > 0 && asksForGroup && !isCommand) return groupHelp(topic[0]!, group, page);
  return first === "help" ? commandHelp(findCommand(topic, commands)[0], "common", page) : null;
}

function findCommand(args: readonly string[], commands: readonly Command[]): [Command, string[]] {
  const [first = "", second = ""] = args;
  for (const [name, words] of [[`${first} ${second}`, 2], [first, 1]] as const) {
    const command = commands.find((command) => command.name === name);
    if (command !== undefined) return [command, args.slice(words)];
  }
  const refuse = (message: string, likely: string | undefined, otherwise: string): UsageError =>
    new UsageError(message, { hint: likely === undefined ? otherwise : `did you mean "tactics ${likely}"?` });
  const names = commands.map(({ name }) => name);
  const group = names.filter((name) => name.startsWith(`${first} `));
  const list = '"tactics --help" lists the commands';
  if (group.length > 0) {
    const wanted = second === "" || second.startsWith("-")
      ? `"tactics ${first}" needs one of: `
      : `unknown command "${first} ${second}"; there are: `;
    const members = group.map((name) => name.slice(first.length + 1));
    const likely = didYouMean(second, members);
    const meant = likely && `${first} ${likely}`;
    throw refuse(wanted + members.join(", "), meant, `"tactics ${first} --help" describes them`);
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
  { terminal, signal = new AbortController().signal, onPhase = () => {}, worker = "", confined = false }:
    RunOptions,
): Promise<number> {
  checkEncoding(args);
  const [command, rest] = findCommand(args, commands);
  const { options: flags, positionals, help } = parseCommandLine(rest, command, commands);
  if (help !== null) {
    terminal.writeOut(commandHelp(command, help, helpPage(terminal)));
    return EXIT.ok;
  }
  const options = await optionsOf(command, flags);
  const call = { options, settings: withDefaults(options), positionals };
  if (confined) {
    const { runsProgram: program = false, listens = () => false } = command;
    const isListening = listens === true || listens(call);
    const ffi = options.distributed !== undefined;
    confine({ folders: foldersOf(command, call, terminal), program, listens: isListening, ffi });
  }
  const { json = false, quiet = false, showSamples: samples = false } = options;
  onPhase({ saves: false, json });
  const isPlain = terminal.env("NO_COLOR") || terminal.env("TERM") === "dumb";
  const region = new LiveRegion(terminal, terminal.showsProgress === true && !isPlain && !json && !quiet);
  signal.addEventListener("abort", () => region.leave()); // supervise.ts says below it what happens
  const write = (stream: StreamName, text: string): void => {
    if (stream === "out") terminal.writeOut(text, true);
    else terminal.writeError(text);
  };
  const look = { json, quiet, samples, color: region.isShown, columns: terminal.columns };
  const renderer = createRenderer({ ...look, region, write });
  const line = (event: object): void => terminal.writeOut(`${jsonText(event)}\n`);
  const tracer = openTracer();
  let isFollowing = false;
  let { next = [] } = command;
  const spans = tracer === null ? null : new RunSpans(tracer);
  try {
    const context: CommandContext = {
      ...call,
      signal,
      json,
      worker,
      emit: (event, text) => {
        if (json) return line(event);
        region.clear();
        terminal.writeOut([text].flat().map((line) => `${printableLine(line)}\n`).join(""));
      },
      write: (text) => {
        if (terminal.isUnread?.()) throw new Deno.errors.BrokenPipe("nobody reads the text");
        region.clear();
        if (!json) terminal.writeOut(terminal.isTerminal ? printable(text) : text);
      },
      notice: (level, message, hint) => {
        if (json) return line({ kind: "notice", level, message, hint });
        if (quiet && level === "info") return;
        region.clear();
        writeMessage(terminal, `${level === "warning" ? "warning: " : ""}${message}`, hint);
      },
      saves: (saves) => onPhase({ saves, json }),
      tell: (event, lines) => {
        if (json) return line(event);
        if (quiet) return;
        region.clear();
        terminal.writeError(lines.map((line) => `${printableLine(line)}\n`).join(""));
      },
      render: (event, brief = false) => {
        if (event.kind === "start" || event.kind === "done") onPhase({ saves: event.kind === "start", json });
        spans?.render(event);
        if (json || !brief || isBrief(event)) renderer.render(event);
      },
      next: (calls) => next = calls,
      follow: () => {
        isFollowing = true;
        onPhase({ saves: true, json, follows: true });
      },
      progress: (...lines) => region.show(lines),
      env: terminal.env,
      readInput: terminal.readInput,
      inputStream: terminal.inputStream ?? (() => new Blob().stream()),
    };
    await inSpan(tracer, `tactics ${command.name}`, () => command.run(context));
  } catch (error) {
    region.clear();
    if (error instanceof Deno.errors.BrokenPipe && terminal.isUnread?.()) return EXIT.ok;
    // Whatever breaks because it was stopped is no error of its own, unless it says something useful.
    if (!signal.aborted || error instanceof UsageError) return reportError(error, terminal, json);
  }
  region.clear();
  if (signal.aborted) return EXIT.interrupted;
  if (terminal.showsProgress && !json && !quiet && !isFollowing) {
    const calls = typeof next === "function" ? next(call) : next;
    for (const line of nextLines(calls, call, helpPage(terminal))) terminal.writeError(`${line}\n`);
  }
  return EXIT.ok;
}

/** The terminal, with calls in what it says as the user types them. */
function typedTerminal(terminal: Terminal, commands: readonly Command[]): Terminal {
  const { program } = terminal;
  if (program === undefined) return terminal;
  const typed = (text: string): string => asTyped(text, program, commands.map(({ name }) => name));
  return { ...terminal, typed, writeError: (text) => terminal.writeError(typed(text)) };
}

function helpPage({ columns, typed = (text) => text }: Terminal): HelpPage {
  return { columns: columns(), typed };
}

/** Whether an event of a run is shown where the run is a part of something else. */
function isBrief(event: TrainEvent): boolean {
  if (event.kind === "notice") return event.level === "warning";
  return event.kind === "step" || event.kind === "evaluation" || event.kind === "sample";
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
    const notFromFile: readonly string[] = command.flagsOnly ?? [];
    const known = commandOptions(command).filter((name) => name in flags || !notFromFile.includes(name));
    const merged = await withConfigFile(flags, flags.dataDir ?? OPTIONS.dataDir.default);
    options = Object.fromEntries(known.filter((name) => name in merged).map((name) => [name, merged[name]]));
  }
  checkTogether(options);
  return options;
}

function reportError(error: unknown, terminal: Terminal, json: boolean): number {
  const { code, message, hint, stack } = describeError(error);
  if (json) terminal.writeOut(`${jsonText({ kind: "error", message, hint, stack })}\n`);
  else {
    writeMessage(terminal, `error: ${message}`, hint);
    if (stack !== undefined) terminal.writeError(`\n${printable(stack)}\n`);
  }
  return code;
}

function writeMessage(terminal: Terminal, message: string, hint: string | undefined): void {
  const { showsProgress, columns, typed = (text) => text } = terminal;
  const texts = hint === undefined ? [message] : [message, `hint: ${hint}`];
  for (const text of texts.map(printableLine)) {
    // A terminal would break it within a word.
    const lines = showsProgress ? wrap(typed(text), columns()) : [text];
    terminal.writeError(`${lines.join("\n")}\n`);
  }
}
