// A run's learning curves from its events as JSON lines (beside its checkpoints, or of --json): bits per byte
// at each evaluation; loss, learning rate and speed at each step that was logged. Where a run was resumed into
// the same file, its times go on from where they were.
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

/** A step that was logged. */
export interface StepPoint {
  /** Since the run began, all its parts together. */
  readonly minutes: number;
  /** Of training, nats a token. */
  readonly loss: number;
  /** AdamW's. */
  readonly learningRate: number;
  /** Predicted in a second. */
  readonly tokensPerSecond: number;
  /** Its number, from 1. */
  readonly step: number;
}

/** What a run's events say over time. */
export interface RunCurves {
  /** At least one, in the order of time. */
  readonly evaluations: CurvePoint[];
  /** Those that were logged, with all numbers; there may be none. */
  readonly steps: StepPoint[];
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
  return runCurves(text, source, leftOut).evaluations;
}

/**
 * The evaluations, as {@linkcode learningCurve} has them, and beside them the steps that were logged.
 *
 * @param source what errors call it
 * @param leftOut as for {@linkcode learningCurve}
 * @throws {DamagedError} when a line is no JSON object, or an evaluation's number is out of range
 * @throws {DataError} when there is no evaluation with a time
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { runCurves } from "../../mod.ts";
 *
 * const lines = [
 *   '{"kind":"step","step":1,"loss":6,"learningRate":1e-3,"tokensPerSecond":900,"elapsedSeconds":30}',
 *   '{"kind":"evaluation","step":1,"bitsPerByte":2.5,"elapsedSeconds":60}',
 * ];
 * const { steps, evaluations } = runCurves(lines.join("\n"));
 * assertEquals(steps, [{ minutes: 0.5, step: 1, loss: 6, learningRate: 1e-3, tokensPerSecond: 900 }]);
 * assertEquals(evaluations, [{ minutes: 1, step: 1, bitsPerByte: 2.5 }]);
 * ```
 */
export function runCurves(
  text: string,
  source = "from text",
  leftOut?: (what: string) => void,
): RunCurves {
  const leaveOut = (what: string): void => {
    if (leftOut === undefined) throw new DamagedError(`Cannot read ${source}, ${what}`);
    leftOut(what);
  };
  const { lines, torn, repeated } = metricsLines(text);
  if (repeated > 0) leftOut?.(`${repeated} lines of steps that a later part of the run makes again`);
  const first = torn.slice(0, 5).join(", ") + (torn.length > 5 ? ` and ${torn.length - 5} more` : "");
  if (torn.length > 0) leaveOut(`line ${first}: no JSON object, or one behind half a line`);
  const curves: RunCurves = { evaluations: [], steps: [] };
  let [earlierSeconds, seconds, unusable] = [0, 0, 0];
  for (const { event } of lines) {
    const { kind, step, bitsPerByte, elapsedSeconds } = event;
    if (kind === "start") [earlierSeconds, seconds] = [earlierSeconds + seconds, 0];
    if (isWithin(elapsedSeconds, MAX_SECONDS)) seconds = elapsedSeconds;
    const minutes = (earlierSeconds + seconds) / 60;
    const isTimed = isWithin(elapsedSeconds, MAX_SECONDS) && isWithin(step, Number.MAX_SAFE_INTEGER) &&
      isWithin(minutes, MAX_SECONDS);
    if (kind === "step" && isTimed) {
      const { loss, learningRate, tokensPerSecond } = event;
      const isUsable = isWithin(loss, MAX_BITS) && isWithin(learningRate, MAX_BITS) &&
        isWithin(tokensPerSecond, MAX_SECONDS);
      if (isUsable) curves.steps.push({ minutes, step, loss, learningRate, tokensPerSecond });
    }
    if (kind !== "evaluation" || elapsedSeconds === undefined) continue; // the latter of `tactics eval`
    if (isTimed && isWithin(bitsPerByte, MAX_BITS)) curves.evaluations.push({ minutes, bitsPerByte, step });
    else unusable++;
  }
  if (unusable > 0) leaveOut(`${unusable} evaluations: their numbers are missing or out of range`);
  if (curves.evaluations.length === 0) {
    throw new DataError(`No learning curve in "${source}": it has no evaluation of a training run`, {
      hint: `A run leaves it as ${METRICS_NAME} beside its checkpoints.`,
    });
  }
  return curves;
}

/** Far more than any run has: a picture of larger numbers would have none of its own. */
const [MAX_SECONDS, MAX_BITS] = [1e10, 1e6];

function isWithin(value: unknown, max: number): value is number {
  return typeof value === "number" && value >= 0 && value <= max;
}
