/** The goal that a command is asked about: a file or standard input, cut before the lines that are wanted. */
import { MAX_PROOF_BYTES } from "../corpus/proof_file.ts";
import { UsageError } from "../errors.ts";
import { readTextBounded } from "../io/mod.ts";
import { type Goal, parseGoal } from "../prompt/mod.ts";
import type { CommandContext } from "./command.ts";
import type { OptionName } from "./options/mod.ts";

/** Options of a goal, and of how it is put to the model. */
export const GOAL_OPTIONS = ["goal", "afterLines", "promptForm"] as const satisfies readonly OptionName[];

const STANDARD_INPUT = "Name a text file in UTF-8, or leave --goal out and give the goal on standard input.";

/**
 * Read the goal, with as many lines of its proof as --after-lines says.
 *
 * @throws {DataError} when it cannot be read, or is none
 * @throws {UsageError} when its proof has fewer lines
 */
export async function goalOf({ settings, readInput }: CommandContext): Promise<Goal> {
  const { goal: path, afterLines } = settings;
  const text = path === undefined || path === "/dev/stdin"
    ? await readInput()
    : await readTextBounded(path, { what: "the goal from", maxBytes: MAX_PROOF_BYTES, hint: STANDARD_INPUT });
  const { before, lines } = parseGoal(text);
  if (afterLines > lines.length) {
    throw new UsageError(`--after-lines ${afterLines}: the given proof has ${lines.length} lines`);
  }
  return { before, lines: lines.slice(0, afterLines) };
}
