// A sweep in figures: the runs of each point of the grid together, over their seeds. A seed also draws the
// proofs that are held out, so points are held against the best one seed by seed: what a split makes harder
// or easier is the same in both, and cancels.
import { tableLines } from "../../text_format.ts";
import type { OptionName } from "../options/mod.ts";
import type { GridPoint } from "./sweep_file.ts";

/** How a run ended; null for what is not known. */
export interface RunResult extends GridPoint {
  /** Of its best evaluation, where the run is over. */
  readonly bitsPerByte: number | null;
  readonly step: number;
  readonly minutes: number | null;
  readonly splitHash: string | null;
}

/** A mean, and the standard deviation of what it is of (n - 1); null of less than two. */
export interface Spread {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number | null;
}

/** A point of the grid, with its repeats. */
export interface SweepGroup {
  /** What its lists give it, but for the seed. */
  readonly varied: GridPoint["varied"];
  readonly runs: readonly RunResult[];
  /** Bits a byte of those that are over; null: none is. */
  readonly bitsPerByte: Spread | null;
  /** How much more these are than the best group's, seed by seed; null without a common seed, and of the best. */
  readonly behind: Spread | null;
}

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { count, mean, deviation: count < 2 ? null : Math.sqrt(squares / (count - 1)) };
}

/** The groups, best first; those without a result last. */
export function sweepGroups(results: readonly RunResult[]): SweepGroup[] {
  const groups = [...Map.groupBy(results, pointKey).values()].map((runs) => {
    const { seed: _, ...varied } = runs[0]!.varied;
    const values = runs.flatMap(({ bitsPerByte }) => bitsPerByte === null ? [] : [bitsPerByte]);
    return { varied, runs, bitsPerByte: values.length === 0 ? null : spreadOf(values) };
  });
  const mean = ({ bitsPerByte }: typeof groups[number]): number => bitsPerByte?.mean ?? Infinity;
  const sorted = groups.toSorted((a, b) => mean(a) === mean(b) ? 0 : mean(a) - mean(b));
  return sorted.map((group, i) => ({
    ...group,
    behind: i === 0 ? null : behind(group.runs, sorted[0]!.runs),
  }));
}

/** Whether runs of the same seed hold out the same proofs, in all points. */
export function areComparable(results: readonly RunResult[]): boolean {
  const bySeed = Map.groupBy(results.filter(({ splitHash }) => splitHash !== null), seedOf);
  return bySeed.values().every((runs) => runs.every(({ splitHash }) => splitHash === runs[0]!.splitHash));
}

/** The best of all runs; null when none is over. */
export function bestResult(results: readonly RunResult[]): RunResult | null {
  const over = results.filter(({ bitsPerByte }) => bitsPerByte !== null);
  return over.length === 0 ? null : over.reduce((a, b) => b.bitsPerByte! < a.bitsPerByte! ? b : a);
}

/** The table for people. */
export function sweepTable(groups: readonly SweepGroup[]): string[] {
  const names = Object.keys(groups[0]?.varied ?? {}) as OptionName[];
  const rows = groups.map(({ varied, runs, bitsPerByte, behind }) => [
    ...names.map((name) => String(varied[name])),
    bitsPerByte?.count === runs.length ? String(runs.length) : `${bitsPerByte?.count ?? 0} of ${runs.length}`,
    spreadText(bitsPerByte),
    spreadText(behind),
  ]);
  return tableLines([[...names, "runs", "bits/byte", groups.length < 2 ? "" : "behind the best"], ...rows]);
}

function spreadText(spread: Spread | null): string {
  if (spread === null) return "-";
  const { mean, deviation } = spread;
  return mean.toFixed(4) + (deviation === null ? "" : ` ± ${deviation.toFixed(4)}`);
}

function pointKey({ varied: { seed: _, ...point } }: GridPoint): string {
  return JSON.stringify(point);
}

function seedOf({ varied }: GridPoint): unknown {
  return varied.seed;
}

function behind(runs: readonly RunResult[], best: readonly RunResult[]): Spread | null {
  const differences = runs.flatMap((run) => {
    const other = best.find((other) => seedOf(other) === seedOf(run));
    const isPair = run.bitsPerByte !== null && other !== undefined && other.bitsPerByte !== null;
    return isPair ? [run.bitsPerByte! - other.bitsPerByte!] : [];
  });
  return differences.length === 0 ? null : spreadOf(differences);
}
