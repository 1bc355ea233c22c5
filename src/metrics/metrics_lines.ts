// The lines of a metrics file, also of one that a kill, a full disk or a power cut has torn, or in which a
// resumed run repeats steps: what is whole is read, and what is left out is counted. Where a part of a run
// begins at a step, the lines of later steps before it belong to a branch that was given up.

/** Of a metrics file that is read: a few million steps. */
export const MAX_METRICS_BYTES = 1 << 28;

/** A line that holds an event. */
type MetricsLine = { readonly text: string; readonly event: Readonly<Record<string, unknown>> };

// What a file holds: `torn` are the numbers, from 1, of lines that are no event, or only end with one;
// `repeated` counts those of steps that a later part of the run makes again.
export function metricsLines(text: string): { lines: MetricsLine[]; torn: number[]; repeated: number } {
  const [lines, torn]: [MetricsLine[], number[]] = [[], []];
  let repeated = 0;
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    let found = parseLine(line);
    if (found === null) {
      torn.push(i + 1);
      found = parseLine(line.slice(Math.max(0, line.lastIndexOf('{"kind":')))); // written behind a torn line
    }
    if (found === null) continue;
    if (found.event.kind === "start") repeated += cutAfter(lines, found.event.step);
    lines.push(found);
  }
  return { lines, torn, repeated };
}

/** A metrics file as a run that goes on from `step` is to find it; `repeated` counts later steps as well. */
export function mendedMetrics(
  text: string,
  step: number,
): { text: string; torn: readonly number[]; repeated: number } {
  const { lines, torn, repeated } = metricsLines(text);
  const later = cutAfter(lines, step);
  return { text: lines.map(({ text }) => `${text}\n`).join(""), torn, repeated: repeated + later };
}

/** Remove the lines from the first event after a step on. @returns how many they are */
function cutAfter(lines: MetricsLine[], step: unknown): number {
  if (typeof step !== "number") return 0;
  const first = lines.findIndex(({ event }) => typeof event.step === "number" && event.step > step);
  return first < 0 ? 0 : lines.splice(first).length;
}

function parseLine(text: string): MetricsLine | null {
  try {
    const event: unknown = JSON.parse(text);
    const isEvent = typeof event === "object" && event !== null && !Array.isArray(event);
    return isEvent ? { text, event: event as Record<string, unknown> } : null;
  } catch {
    return null;
  }
}
