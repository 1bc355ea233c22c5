// A sweep's file: a flat JSON object of the options of `train` by their camelCase names, as tactics.json has
// them, where a list stands for a run with each of its values. Several lists make a grid; a list of seeds
// repeats each point of it. What becomes of the runs is no matter of this file.
import { basename } from "@std/path";
import type { OptionValue } from "../../config/option.ts";
import { UsageError } from "../../errors.ts";
import { readTextBounded, sha256Hex } from "../../io/mod.ts";
import { isRunName } from "../../runs/mod.ts";
import { quoted } from "../../text_format.ts";
import { LENGTHS, MAX_CONFIG_BYTES, unknownKey } from "../config_file.ts";
import { parseFlatLists, type Scalar } from "../flat_json.ts";
import { asUsageError, checkOptionValue } from "../option_value.ts";
import { FILE_NAMES, type OptionName, optionSpec } from "../options/mod.ts";

/** What a sweep is asked to do. */
export interface Sweep {
  readonly name: string;
  /** The options that have one value. */
  readonly fixed: Readonly<Partial<Record<OptionName, OptionValue>>>;
  /** The options that have a list, the seed last. */
  readonly lists: readonly (readonly [name: OptionName, values: readonly OptionValue[]])[];
}

/** A run of it: its name, and what each list gives it. */
export interface GridPoint {
  readonly name: string;
  readonly varied: Readonly<Partial<Record<OptionName, OptionValue>>>;
}

/** More than any array of jobs may have. */
const MOST_RUNS = 10_000;
/** A run's name may have no more characters; see isRunName(). */
const LONGEST_NAME = 64;
/** Options of `train` for a run that is watched, and where all runs lie. */
const NOT_SWEPT: readonly OptionName[] = ["showSamples", "checkpointDir"];

/** Read a sweep's file. @param known the options of `train` @throws {UsageError} that names line and column */
export async function readSweep(path: string, known: readonly OptionName[]): Promise<Sweep> {
  const what = "the sweep's file";
  return parseSweep(await readTextBounded(path, { what, maxBytes: MAX_CONFIG_BYTES }), path, known);
}

/** Parse the text of the file at `path`. */
export function parseSweep(text: string, path: string, known: readonly OptionName[]): Sweep {
  const names = FILE_NAMES.filter((name) => known.includes(name) && !NOT_SWEPT.includes(name));
  let sweepName = basename(path).replace(/\.json$/, "");
  const fixed: Partial<Record<OptionName, OptionValue>> = {};
  const lists: [OptionName, OptionValue[]][] = [];
  for (const { key, value, line, column } of asUsageError(() => parseFlatLists(text, path))) {
    const at = `${path}:${line}:${column}`;
    if (key === "name") {
      if (typeof value !== "string") throw new UsageError(`${at}: name must be a text: got ${quoted(value)}`);
      sweepName = value;
      continue;
    }
    if (key === "checkpointDir") {
      throw new UsageError(`${at}: "${key}" can only be given on the command line, for the whole sweep`);
    }
    const name = names.find((name) => name === key);
    if (name === undefined) throw unknownKey(at, key, names);
    const spec = optionSpec(name);
    const label = `${at}: ${key}`;
    if (!Array.isArray(value)) fixed[name] = checkOptionValue(label, spec, value);
    else if (spec.kind === "path") throw new UsageError(`${label} has a list, but all runs share one folder`);
    else lists.push([name, listOf(label, value).map((value) => checkOptionValue(label, spec, value))]);
  }
  checkName(sweepName, path);
  const lengths = LENGTHS.filter((name) => name in fixed || lists.some(([listed]) => listed === name));
  if (lengths.length > 1) {
    const both = lengths.map((name) => `"${name}"`).join(" and ");
    throw new UsageError(`${both} are both given in ${path}: a run has one length`, {
      hint: "leave out all but one",
    });
  }
  const runs = lists.reduce((product, [, values]) => product * values.length, 1);
  if (runs > MOST_RUNS) {
    throw new UsageError(`the lists of ${path} make ${runs} runs, a sweep has at most ${MOST_RUNS}`, {
      hint: "shorten the lists, or make several sweeps",
    });
  }
  const isSeed = ([name]: readonly [OptionName, unknown]): number => name === "seed" ? 1 : 0;
  return { name: sweepName, fixed, lists: lists.toSorted((a, b) => isSeed(a) - isSeed(b)) };
}

/** The runs, the last list varying fastest. */
export function gridOf({ name, lists }: Sweep): GridPoint[] {
  let points: GridPoint["varied"][] = [{}];
  for (const [option, values] of lists) {
    points = points.flatMap((point) => values.map((value) => ({ ...point, [option]: value })));
  }
  return points.map((varied) => ({ name: runName(name, varied), varied }));
}

/** What tells a run from the others; one too long for a folder ends with the digest of all of it. */
function runName(sweep: string, varied: GridPoint["varied"]): string {
  const parts = Object.entries(varied).map(([option, value]) => `-${option}${value}`);
  const name = [sweep, ...parts].join("");
  if (name.length <= LONGEST_NAME) return name;
  const digest = sha256Hex(new TextEncoder().encode(name)).slice(0, 8);
  return `${name.slice(0, LONGEST_NAME - digest.length - 1)}-${digest}`;
}

function listOf(label: string, values: readonly Scalar[]): readonly Scalar[] {
  if (values.length === 0) {
    throw new UsageError(`${label} has an empty list`, { hint: "leave it out for the default" });
  }
  const twice = values.find((value, i) => values.indexOf(value) < i);
  if (twice !== undefined) throw new UsageError(`${label} has ${quoted(twice)} twice`);
  return values;
}

function checkName(name: string, path: string): void {
  if (isRunName(name)) return;
  throw new UsageError(
    `the sweep of ${path} cannot be named ${quoted(name)}: runs are folders named after it`,
    {
      hint: 'set "name" to letters, digits, dots, dashes and underscores; latest, best and runs are taken',
    },
  );
}
