// A place in Acorn's source as the command line names it: `FILE.ac:LINE`; `-:FILE.ac:LINE` for the text of
// that file on standard input, as an editor has it before it is saved; `-:LINE` for a text without a file,
// `-` for its last goal. Lines count from 1 here, from 0 behind it.
import { dirname, resolve } from "@std/path";
import {
  type AcornModule,
  goalAtLine,
  GoalReader,
  goalsOf,
  libraryAbove,
  parseModule,
  type SourceGoal,
} from "../acorn/mod.ts";
import { DataError, UsageError } from "../errors.ts";
import { LineScope } from "../infer/mod.ts";
import { readTextBounded } from "../io/mod.ts";
import { type Goal, parseGoal } from "../prompt/mod.ts";
import type { CommandContext } from "./command.ts";

/** What was named. */
export interface SourcePlace {
  /** The file; null for a text that has none. */
  readonly file: string | null;
  /** From 0; Infinity for the last goal. */
  readonly line: number;
  /** Whether the text comes from standard input. */
  readonly isUnsaved: boolean;
}

/** A module's text and the goal there. */
export interface PlacedGoal extends SourcePlace {
  readonly text: string;
  readonly module: AcornModule;
  readonly goal: SourceGoal;
}

/** What help says of it. */
export const PLACE_FORMS =
  "FILE.ac:LINE; -:FILE.ac:LINE where standard input has the file's text, - for a text";

export const MAX_SOURCE_BYTES = 16 * 1024 * 1024;

/** Read `FILE.ac:LINE` and its like. @throws {UsageError} for anything else */
export function parsePlace(word: string): SourcePlace {
  if (word === "-") return { file: null, line: Infinity, isUnsaved: true };
  const isUnsaved = word.startsWith("-:");
  const rest = isUnsaved ? word.slice(2) : word;
  const colon = rest.lastIndexOf(":");
  const [file, number] = [rest.slice(0, Math.max(0, colon)), rest.slice(colon + 1)];
  if (
    !/^[1-9]\d{0,8}$/.test(number) || (file === "" && !isUnsaved) || (file !== "" && !file.endsWith(".ac"))
  ) {
    throw new UsageError(`"${word}" names no line of an Acorn module`, {
      hint: "write FILE.ac:LINE, or -:FILE.ac:LINE to give the file's text on standard input",
    });
  }
  return { file: file === "" ? null : file, line: Number(number) - 1, isUnsaved };
}

/** The goal at a place. @throws {DataError} where there is none */
export async function goalAtPlace(word: string, { readInput }: CommandContext): Promise<PlacedGoal> {
  const place = parsePlace(word);
  const { file, line, isUnsaved } = place;
  const hint = "Name a module's file and a line in it, as FILE.ac:LINE.";
  const text = isUnsaved
    ? await readInput()
    : await readTextBounded(file!, { what: "the module", maxBytes: MAX_SOURCE_BYTES, hint });
  const module = parseModule(text);
  const goal = line === Infinity ? goalsOf(module).at(-1) : goalAtLine(module, line);
  if (goal !== undefined) return { ...place, text, module, goal };
  const near = goalsOf(module).map(({ firstLine }) => firstLine)
    .sort((a, b) => Math.abs(a - line) - Math.abs(b - line)).slice(0, 3).sort((a, b) => a - b);
  const problem = module.problems[0];
  throw new DataError(
    `There is nothing to prove ${line === Infinity ? "in" : `at line ${line + 1} of`} ${file ?? "the text"}`,
    {
      hint: near.length > 0
        ? `goals begin at lines ${near.map((line) => line + 1).join(", ")}`
        : problem !== undefined
        ? `line ${problem.line + 1} cannot be read: ${problem.message}`
        : "name a line with a theorem or with a claim in its proof",
    },
  );
}

/** The library of a file: the folder that was named, or the nearest above the file with an acorn.toml. */
export async function libraryOf(lib: string | undefined, file: string | null): Promise<string> {
  if (lib !== undefined) return lib;
  const found = await libraryAbove(dirname(resolve(file ?? ".")));
  if (found !== undefined) return found;
  throw new UsageError(`No acorn.toml stands above "${file ?? "."}": which library is it of?`, {
    hint: "name the library's folder with --lib PATH",
  });
}

/** The goal as the model is asked about it, and what its lines may name: both need the library. */
export async function questionOf(
  { goal, module, file }: PlacedGoal,
  { settings }: CommandContext,
): Promise<Goal & { readonly scope: LineScope }> {
  const lib = settings.lib ?? await libraryAbove(dirname(resolve(file ?? "."))) ?? null;
  const reader = new GoalReader();
  const question = parseGoal(await reader.document(goal, module, { lib, file }));
  return { ...question, scope: new LineScope(await reader.words(goal, module, { lib, file })) };
}
