/** Timing of short operations by processor time, so that other programs on the machine disturb little. */
import { cpuUsage } from "node:process";

/** Shortest stretch between two looks at the clock, which counts microseconds. */
const STRETCH_MS = 4;

/**
 * An operation in turns with another one, of this process alone: its best time in milliseconds, and the
 * median of its time by the other's beside it. No other thread of the process may be at work.
 */
export function comparedCpuMs(
  run: () => void,
  other: () => void,
  budgetMs: number,
): { bestMs: number; ratio: number } {
  run();
  other();
  const [mine, theirs] = [new Stretch(run), new Stretch(other)];
  const ratios: number[] = [];
  const end = performance.now() + budgetMs;
  for (let before = theirs.time(); performance.now() < end;) {
    const ms = mine.time();
    const after = theirs.time();
    ratios.push(2 * ms / (before + after));
    before = after;
  }
  return { bestMs: mine.bestMs, ratio: median(ratios) };
}

/** The middle one, or the upper of the two. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Processor time of all threads of this process so far. */
export function cpuMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}

/** Runs an operation as often in a row as the clock needs. */
export class Stretch {
  /** The best time of one call so far. */
  bestMs = Infinity;
  #runs = 1;
  constructor(readonly run: () => void) {}

  /** Milliseconds of one call. */
  time(): number {
    const started = cpuMs();
    for (let i = 0; i < this.#runs; i++) this.run();
    const total = cpuMs() - started;
    const ms = total / this.#runs;
    if (total < STRETCH_MS) this.#runs = Math.min(1000, 2 * this.#runs);
    this.bestMs = Math.min(this.bestMs, ms);
    return ms;
  }
}
