/** Timing of short operations by processor time, so that other programs on the machine disturb little. */
import { cpuUsage } from "node:process";

/** Shortest stretch between two looks at the clock, which counts microseconds. */
const STRETCH_MS = 4;

/** The best time of one call, in milliseconds of this process's processor time. No other thread of it may be at work. */
export function bestCpuMs(run: () => void, budgetMs: number): number {
  run();
  let best = Infinity;
  let runs = 1;
  const end = performance.now() + budgetMs;
  while (performance.now() < end) {
    const started = cpuMs();
    for (let i = 0; i < runs; i++) run();
    const ms = cpuMs() - started;
    best = Math.min(best, ms / runs);
    if (ms < STRETCH_MS) runs = Math.min(1000, 2 * runs);
  }
  return best;
}

/** Processor time of all threads of this process so far. */
export function cpuMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}
