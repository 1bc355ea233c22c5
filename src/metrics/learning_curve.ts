/**
 * A run's learning curve from its events as JSON lines (beside its checkpoints, or of --json): bits per byte
 * at each evaluation. Where a run was resumed into the same file, its times go on from where they were.
 */
import { DamagedError, DataError } from "../errors.ts";

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
 * The evaluations in JSON lines, in their order; other events are passed over. Errors call it `source`.
 *
 * @throws {DataError} when a line is no JSON object, or there is no evaluation with a time
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
export function learningCurve(text: string, source = "from text"): CurvePoint[] {
  const points: CurvePoint[] = [];
  let [earlierSeconds, seconds] = [0, 0];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const event = parseEvent(line, `${source}, line ${i + 1}`);
    if (event.kind === "start") [earlierSeconds, seconds] = [earlierSeconds + seconds, 0];
    if (typeof event.elapsedSeconds === "number") seconds = event.elapsedSeconds;
    if (event.kind !== "evaluation") continue;
    const { step, bitsPerByte } = event;
    if (typeof step !== "number" || typeof bitsPerByte !== "number" || event.elapsedSeconds === undefined) {
      continue; // of `tactics eval`
    }
    points.push({ minutes: (earlierSeconds + seconds) / 60, bitsPerByte, step });
  }
  if (points.length === 0) {
    throw new DataError(`No learning curve in "${source}": it has no evaluation of a training run`, {
      hint: `A run leaves it as ${METRICS_NAME} beside its checkpoints.`,
    });
  }
  return points;
}

function parseEvent(line: string, place: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new DamagedError(`Cannot read ${place}: ${(cause as Error).message}`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DamagedError(`Cannot read ${place}: expected a JSON object`);
  }
  return value as Record<string, unknown>;
}
