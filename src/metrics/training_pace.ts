// How long a run has taken, and how fast it was, from its events as JSON lines.
import { metricsLines } from "./metrics_lines.ts";

/** Time and speed of a run. */
export interface TrainingPace {
  /** Since the run began, all its parts together, to the last event that says. */
  readonly minutes: number;
  /** Mean of the steps that were logged; null where there is none. */
  readonly tokensPerSecond: number | null;
}

/**
 * The time and speed of a run in JSON lines, damaged ones left out.
 *
 * @returns null where no event says how long the run has taken
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { trainingPace } from "../../mod.ts";
 *
 * const line = '{"kind":"step","step":1,"tokensPerSecond":2000,"elapsedSeconds":30}';
 * assertEquals(trainingPace(line), { minutes: 0.5, tokensPerSecond: 2000 });
 * ```
 */
export function trainingPace(text: string): TrainingPace | null {
  let [earlierSeconds, seconds, tokensPerSecond, steps] = [0, -1, 0, 0];
  for (const { event } of metricsLines(text).lines) {
    const { kind, elapsedSeconds } = event;
    if (kind === "start") {
      [earlierSeconds, seconds] = [earlierSeconds + Math.max(0, seconds), Math.min(seconds, 0)];
    }
    if (isSpan(elapsedSeconds)) seconds = elapsedSeconds;
    if (kind !== "step" || !isSpan(event.tokensPerSecond)) continue;
    tokensPerSecond += event.tokensPerSecond;
    steps++;
  }
  if (seconds < 0) return null;
  const mean = steps === 0 ? null : tokensPerSecond / steps;
  return { minutes: (earlierSeconds + seconds) / 60, tokensPerSecond: mean };
}

function isSpan(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 1e10;
}
