/** Curves from JSON lines, also of a resumed run; what is no metrics file is refused. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DataError } from "../../src/errors.ts";
import { learningCurve } from "../../src/metrics/learning_curve.ts";

function lines(...events: object[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

function evaluation(step: number, bitsPerByte: number, elapsedSeconds: number): object {
  return { kind: "evaluation", step, bitsPerByte, elapsedSeconds, loss: 1, best: true, documents: 3 };
}

Deno.test("learningCurve() gives a run's evaluations in minutes", () => {
  const text = lines(
    { kind: "start", step: 0 },
    evaluation(0, 4.5, 6),
    { kind: "step", step: 1, elapsedSeconds: 30 },
    { kind: "notice", level: "info", message: "x" },
    evaluation(10, 2.25, 60),
    { kind: "done", step: 10, elapsedSeconds: 61 },
  );
  assertEquals(learningCurve(text), [
    { minutes: 0.1, bitsPerByte: 4.5, step: 0 },
    { minutes: 1, bitsPerByte: 2.25, step: 10 },
  ]);
});

Deno.test("learningCurve() adds up the times of a run that was resumed into the same file", () => {
  const text = lines(
    { kind: "start", step: 0 },
    evaluation(10, 2, 60),
    { kind: "done", step: 12, elapsedSeconds: 90 },
    { kind: "start", step: 12 },
    evaluation(20, 1.5, 30),
    { kind: "start", step: 20 },
    evaluation(30, 1.25, 60),
  );
  assertEquals(learningCurve(text).map(({ minutes }) => minutes), [1, 2, 3]);
});

Deno.test("learningCurve() passes over the evaluations of tactics eval, which have no time", () => {
  const text = lines({ kind: "evaluation", step: 7, bitsPerByte: 1 }, evaluation(8, 2, 60));
  assertEquals(learningCurve(text).map(({ step }) => step), [8]);
});

Deno.test("learningCurve() refuses what holds no curve, and names file and line", () => {
  const message = (text: string): string =>
    assertThrows(() => learningCurve(text, "run.jsonl"), DataError).message;
  assert(message("").includes("No learning curve in"));
  assert(message(lines({ kind: "start" })).includes("No learning curve in"));
  for (const bad of ["{", "[1]", "7", "null", "step 3/4  loss 2"]) {
    assert(message(`${lines(evaluation(1, 1, 1))}${bad}\n`).includes("run.jsonl, line 2"), bad);
  }
});
