/** Metrics files as runs leave them, for tests of who reads them. */
import { join } from "@std/path";

/** Lines of a run of so many steps, an evaluation every tenth; the first line begins it. */
export function metricsOf(steps: number, { from = 0, isDone = true } = {}): string {
  const events: object[] = [{
    kind: "start",
    step: from,
    steps,
    parameters: 1000,
    flopsPerToken: 6000,
    peakGigaflops: 0.05,
    options: { dModel: 64, seed: 42 },
  }];
  for (let step = from + 1; step <= steps; step++) {
    events.push({
      kind: "step",
      step,
      loss: 6 / Math.sqrt(step),
      learningRate: 1e-3,
      tokensPerSecond: 5000,
      gradientNorm: 1,
      elapsedSeconds: (step - from) / 10,
    });
    if (step % 10 === 0) events.push(evaluationOf(step, (step - from) / 10), sampleOf(step));
  }
  if (isDone) events.push({ kind: "done", step: steps, steps, reason: "finished" });
  return lines(...events);
}

/** An evaluation as training tells of it. */
export function evaluationOf(step: number, elapsedSeconds: number): object {
  const sections = { G: 2 / Math.sqrt(step), P: 1 / Math.sqrt(step) };
  const bitsPerByte = 1.5 / Math.sqrt(step);
  return { kind: "evaluation", step, loss: 4, bitsPerByte, sections, documents: 7, elapsedSeconds };
}

/** A sample of two tokens. */
export function sampleOf(step: number): object {
  return {
    kind: "sample",
    step,
    prompt: "@G\n    a = a\n@P\n",
    text: "a = a",
    tokens: ["a =", " a"],
    probabilities: [0.9, 0.028],
  };
}

/** JSON lines. */
export function lines(...events: readonly object[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

/** Write a run's metrics file. @returns its path */
export async function writeRun(folder: string, text: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  const path = join(folder, "metrics.jsonl");
  await Deno.writeTextFile(path, text);
  return path;
}
