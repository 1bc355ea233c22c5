// A run's learning curve from its events as JSON lines (beside its checkpoints, or of --json): bits per byte
// at each evaluation. Where a run was resumed into the same file, its times go on from where they were.
import { DamagedError, DataError } from "../errors.ts";
import { metricsLines } from "./metrics_lines.ts";

/** Name of the file in a checkpoint folder that holds the run's events. */
export const METRICS_NAME = "metrics.jsonl";

/** One evaluation. */
export interface CurvePoint {
  /** Since the run began, all its parts together. */
  readonly minutes: number;
  /** Of the held-out proofs. */
  readonly bitsPerByte: number;
  /** Optimizer steps before it. */
  readonly step: number;
}

/**
 * The evaluations in JSON lines, in their order, but for steps that a later part of the run makes again.
 *
 * @param source what errors call it
 * @param leftOut told, in words, what is left out. Default: lines that are no events, and numbers out of
 * range, are errors
 * @throws {DamagedError} when a line is no JSON object, or a number is out of range
 * @throws {DataError} when there is no evaluation with a time
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { learningCurve } from "../../mod.ts";
 *
 * const lines = ['{"kind":"evaluation","step":50,"bitsPerByte":2.5,"elapsedSeconds":90}'];
 * assertEquals(learningCurve(lines.join("\n")), [{ minutes: 1.5, bitsPerByte: 2.5, step: 50 }]);
 * ```
 */
export function learningCurve(
  text: string,
  source = "from text",
  leftOut?: (what: string) => void,
): CurvePoint[] {
  const leaveOut = (what: string): void => {
    if (leftOut === undefined) throw new DamagedError(`Cannot read ${source}, ${what}`);
    leftOut(what);
  };
  const { lines, torn, repeated } = metricsLines(text);
  if (repeated > 0) leftOut?.(`${repeated} lines of steps that a later part of the run makes again`);
  const first = torn.slice(0, 5).join(", ") + (torn.length > 5 ? ` and ${torn.length - 5} more` : "");
  if (torn.length > 0) leaveOut(`line ${first}: no JSON object, or one behind half a line`);
  const points: CurvePoint[] = [];
  let [earlierSeconds, seconds, unusable] = [0, 0, 0];
  for (const { event } of lines) {
    const { kind, step, bitsPerByte, elapsedSeconds } = event;
    if (kind === "start") [earlierSeconds, seconds] = [earlierSeconds + seconds, 0];
    if (isWithin(elapsedSeconds, MAX_SECONDS)) seconds = elapsedSeconds;
    if (kind !== "evaluation" || elapsedSeconds === undefined) continue; // the latter of `tactics eval`
    const minutes = (earlierSeconds + seconds) / 60;
    const isUsable = isWithin(elapsedSeconds, MAX_SECONDS) && isWithin(step, Number.MAX_SAFE_INTEGER) &&
      isWithin(bitsPerByte, MAX_BITS) && isWithin(minutes, MAX_SECONDS);
    if (isUsable) points.push({ minutes, bitsPerByte, step });
    else unusable++;
  }
  if (unusable > 0) leaveOut(`${unusable} evaluations: their numbers are missing or out of range`);
  if (points.length === 0) {
    throw new DataError(`No learning curve in "${source}": it has no evaluation of a training run`, {
      hint: `A run leaves it as ${METRICS_NAME} beside its checkpoints.`,
    });
  }
  return points;
}

/** Far more than any run has: a picture of larger numbers would have none of its own. */
const [MAX_SECONDS, MAX_BITS] = [1e10, 1e6];

function isWithin(value: unknown, max: number): value is number {
  return typeof value === "number" && value >= 0 && value <= max;
}
