/** The goal that a command is asked about: a file or standard input, cut before the lines that are wanted. */
import { DataError, UsageError } from "../errors.ts";
import { type Goal, parseGoal } from "../prompt/mod.ts";
import type { CommandContext } from "./command.ts";
import type { OptionName } from "./options/mod.ts";

/** Options of a goal, and of how it is put to the model. */
export const GOAL_OPTIONS = ["goal", "afterLines", "promptForm"] as const satisfies readonly OptionName[];

/**
 * Read the goal, with as many lines of its proof as --after-lines says.
 *
 * @throws {DataError} when it cannot be read, or is none
 * @throws {UsageError} when its proof has fewer lines
 */
export async function goalOf({ settings, readInput }: CommandContext): Promise<Goal> {
  const { goal: path, afterLines } = settings;
  const { before, lines } = parseGoal(
    path === undefined ? await readInput() : await readText(path, "goal"),
  );
  if (afterLines > lines.length) {
    throw new UsageError(`--after-lines ${afterLines}: the given proof has ${lines.length} lines`);
  }
  return { before, lines: lines.slice(0, afterLines) };
}

/** A text file. @param what errors call its content @throws {DataError} when it cannot be read */
export async function readText(path: string, what: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound ? "it does not exist" : (cause as Error).message;
    throw new DataError(`Cannot read the ${what} from "${path}": ${reason}`, { cause });
  }
}
