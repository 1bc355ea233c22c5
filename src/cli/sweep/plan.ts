// What a sweep has to do: its runs with all of their options checked, and how far each of them is, as its
// folder says. A folder of a run's name that was asked for something else is refused: it is another run.
import { join } from "@std/path";
import { checkpointFiles, checkpointName } from "../../checkpoint/mod.ts";
import { UsageError } from "../../errors.ts";
import { type AskedOptions, newestInfo, readRunRecord, type RunRecord } from "../../runs/mod.ts";
import { quoted } from "../../text_format.ts";
import { withConfigFile } from "../config_file.ts";
import { OPTIONS, type OptionValues } from "../options/mod.ts";
import { askedOf, checkTogether } from "../run_setup.ts";
import { gridOf, type GridPoint, type Sweep } from "./sweep_file.ts";

/** How far a run is: not begun, begun without a checkpoint to go on from, cut, or over. */
export type RunState = "new" | "begun" | "cut" | "over";

/** A run of a sweep. */
export interface SweepRun extends GridPoint {
  /** 1 for the first: what SLURM_ARRAY_TASK_ID says. */
  readonly number: number;
  readonly directory: string;
  /** What `train` is given, as flags would. */
  readonly options: OptionValues;
  /** The same with what tactics.json adds. */
  readonly settings: OptionValues;
  readonly state: RunState;
  /** Share of its steps that are done. */
  readonly done: number;
}

/** The runs of a sweep, in their order. @param flags go before what the file says @throws {UsageError} */
export async function planSweep(sweep: Sweep, flags: OptionValues): Promise<SweepRun[]> {
  const runs: SweepRun[] = [];
  for (const point of gridOf(sweep)) {
    const options = { ...sweep.fixed, ...point.varied, ...flags } as OptionValues; // checked one by one
    const settings = await withConfigFile(options, options.dataDir ?? OPTIONS.dataDir.default);
    checkPoint(point, settings);
    const directory = join(settings.checkpointDir ?? OPTIONS.checkpointDir.default, point.name);
    const number = runs.length + 1;
    const run = { ...point, number, directory, options, settings };
    runs.push({ ...run, ...await progressOf(run) });
  }
  return runs;
}

/** How far a run is, by what its folder has now. @throws {UsageError} when another run is there */
export async function progressOf(
  { directory, name, settings }: Omit<SweepRun, "state" | "done">,
): Promise<Pick<SweepRun, "state" | "done">> {
  const record = await readRunRecord(directory);
  const info = await newestInfo(directory);
  if (record !== null) checkSame(name, record, askedOf(settings));
  if (info === null) return { state: record === null ? "new" : "begun", done: 0 };
  const { step, train, evaluationsWithoutGain, evaluationDue } = info;
  const steps = train.steps ?? Infinity;
  const hasEnded = step >= steps || evaluationsWithoutGain >= train.patience;
  const isSaved = (await checkpointFiles(directory)).includes(checkpointName(step));
  const isOver = hasEnded && isSaved && evaluationDue !== true;
  return { state: isOver ? "over" : "cut", done: isOver ? 1 : Math.min(1, step / steps) };
}

function checkSame(name: string, { asked = {} }: RunRecord, wanted: AskedOptions): void {
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(asked)])];
  const other = names.find((name) => wanted[name] !== asked[name]);
  if (other === undefined) return;
  const text = (value: unknown): string => value === undefined ? "not given" : quoted(value);
  const both = `${other} was ${text(asked[other])} there, and is ${text(wanted[other])} now`;
  throw new UsageError(`there is another run "${name}" already: ${both}`, {
    hint: 'give the sweep another "name"; the runs that are there stay as they are',
  });
}

/** Options that are wrong together are refused before any run begins. */
function checkPoint({ name }: GridPoint, settings: OptionValues): void {
  try {
    checkTogether(settings);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { message, hint } = error;
    throw new UsageError(`${name}: ${message}`, { cause: error, ...hint !== undefined && { hint } });
  }
}
