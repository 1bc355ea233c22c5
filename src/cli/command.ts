// What a command is, and what it gets when it runs.
import type { TrainEvent } from "../metrics/mod.ts";
import type { OptionName, OptionValues, Settings } from "./options/mod.ts";

/** Calls, and what each does. */
export type NextCalls = readonly (readonly [call: string, does: string])[];

/** Everything about a command but its code: help and parsing need no more. */
export interface CommandInfo {
  /** One or two words. */
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Options that the usage line names. */
  readonly usage?: string;
  /** Paragraphs below the usage line. */
  readonly description?: readonly string[];
  readonly examples: readonly (readonly [call: string, does: string])[];
  /** What to do when it is over; nothing for one that runs until it is stopped. */
  readonly next?: NextCalls | ((call: CommandCall) => NextCalls);
  /** Options beside --json, --quiet, --config and --help, which all commands take. */
  readonly options: readonly OptionName[];
  /** Defaults that differ from the option table's, as help says them. */
  readonly defaults?: Readonly<Partial<Record<OptionName, string>>>;
  /** Arguments without a flag: "NAME" or "[NAME]" (may be left out); "..." where several may follow. */
  readonly positionals?: readonly (readonly [form: string, meaning: string])[];
  /** Of its options those that a tactics.json does not set here. */
  readonly flagsOnly?: readonly OptionName[];
  /** For a command that always works in folders of its own with values of its own. */
  readonly ignoresConfigFile?: true;
}

/** What was asked of a command. */
export interface CommandCall {
  /** What was given by flags or tactics.json and is an option of this command; no defaults. */
  readonly options: OptionValues;
  /** The same over the table's defaults. */
  readonly settings: Settings;
  readonly positionals: readonly string[];
}

export interface Command extends CommandInfo {
  /** Folders in which it writes; without it, none. */
  writesIn?(call: CommandCall): readonly string[];
  /** Whether it runs another program. */
  readonly runsProgram?: true;
  /** Whether it listens, on the loopback interface; of some calls alone where it is a function. */
  readonly listens?: true | ((call: CommandCall) => boolean);
  /** Expected errors are UsageErrors; an aborted run may return or throw the signal's reason. */
  run(context: CommandContext): Promise<void>;
}

/** What a command gets. */
export interface CommandContext extends CommandCall {
  /** Aborted by the first Ctrl-C or termination signal. */
  readonly signal: AbortSignal;
  /** Whether JSON lines are wanted. */
  readonly json: boolean;
  /** Address of the module that runs a command line in a worker. */
  readonly worker: string;
  /** Print a result: the event as a JSON line with --json, else a line or several. */
  emit(event: { readonly kind: string; readonly [name: string]: unknown }, text: string | string[]): void;
  /** Print a piece of text, raw but in a terminal, where what is unsafe is made visible; not with --json. */
  write(text: string): void;
  /** Tell the user something beside the result: a JSON line with --json, else on standard error. */
  notice(level: "info" | "warning", message: string, hint?: string): void;
  /** Print what was done so far: the event as a JSON line with --json, else lines on standard error. */
  tell(event: { readonly kind: string; readonly [name: string]: unknown }, lines: readonly string[]): void;
  /** Say whether there is something to save now, when the command is asked to stop; `render` does so itself. */
  saves(saves: boolean): void;
  /** Show how far the command is, in lines that the next ones replace. @returns whether there is a terminal */
  progress(...lines: string[]): boolean;
  /** Show an event of a training run. @param brief only steps, evaluations, samples and warnings */
  render(event: TrainEvent, brief?: boolean): void;
  /** What to do when it is over, in place of the command's own calls: it depends on what was found. */
  next(calls: NextCalls): void;
  /** This process only helps another one from now on, which says when to stop, and what comes next. */
  follow(): void;
  env(name: string): string | undefined;
  /** All of standard input as text. */
  readInput(): Promise<string>;
  /** Standard input as it comes. */
  inputStream(): ReadableStream<Uint8Array>;
}
