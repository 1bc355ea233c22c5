/** Metrics files as kills, full disks, power cuts and resumed runs leave them. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DamagedError, DataError } from "../../src/errors.ts";
import { curveSvg } from "../../src/metrics/curve_svg.ts";
import { learningCurve } from "../../src/metrics/learning_curve.ts";
import { mendedMetrics, metricsLines } from "../../src/metrics/metrics_lines.ts";

const start = (step: number): string => JSON.stringify({ kind: "start", step }) + "\n";
const evaluation = (step: number, elapsedSeconds: number): string =>
  JSON.stringify({ kind: "evaluation", step, bitsPerByte: 2, elapsedSeconds }) + "\n";
const done = (step: number): string => JSON.stringify({ kind: "done", step }) + "\n";
const RUN = start(0) + evaluation(10, 60) + evaluation(20, 120) + done(20);

Deno.test("wherever a metrics file is cut, all whole lines before it are read", () => {
  const whole = metricsLines(RUN).lines.map(({ text }) => text);
  for (let end = 0; end <= RUN.length; end++) {
    const { lines, torn } = metricsLines(RUN.slice(0, end));
    assertEquals(lines.map(({ text }) => text), whole.slice(0, lines.length));
    const ends = [...RUN.slice(0, end)].filter((sign) => sign === "\n").length;
    assert(lines.length >= ends && torn.length <= 1, `cut at ${end}`);
    // What a resumed run wrote behind half a line is not lost with it.
    const glued = metricsLines(RUN.slice(0, end) + start(10) + evaluation(20, 30));
    assertEquals(glued.lines.slice(-2).map(({ event }) => event.kind), ["start", "evaluation"]);
  }
});

Deno.test("steps that a resumed run makes again are read once, their time too", () => {
  const text = RUN.slice(0, -done(20).length) + evaluation(30, 180) + start(10) + evaluation(20, 90) +
    evaluation(30, 150);
  const said: string[] = [];
  const curve = learningCurve(text, "run", (what) => void said.push(what));
  assertEquals(curve.map(({ step }) => step), [10, 20, 30]);
  assertEquals(curve.map(({ minutes }) => minutes), [1, 2.5, 3.5]);
  assertEquals(said, ["2 lines of steps that a later part of the run makes again"]);
});

Deno.test("mendedMetrics() ends a file at the step from which a run goes on", () => {
  assertEquals(mendedMetrics(RUN, 20), { text: RUN, torn: [], repeated: 0 });
  assertEquals(mendedMetrics(RUN, 10), { text: start(0) + evaluation(10, 60), torn: [], repeated: 2 });
  const { text, torn } = mendedMetrics(`${RUN}\0\0\0\n{"kind":"st`, 20);
  assertEquals([text, torn], [RUN, [5, 6]]);
});

Deno.test("no number of a metrics file reaches a picture that is not finite there", () => {
  const bad = ["1e999", "-1", "1e308", "null", '"2"', "-1e999", "1e13"];
  const lines = bad.flatMap((value) => [
    `{"kind":"evaluation","step":1,"bitsPerByte":${value},"elapsedSeconds":1}`,
    `{"kind":"evaluation","step":${value === "1e13" ? "0.5e309" : value},"bitsPerByte":1,"elapsedSeconds":1}`,
    `{"kind":"evaluation","step":1,"bitsPerByte":1,"elapsedSeconds":${value}}`,
    `{"kind":"done","elapsedSeconds":${value}}`,
  ]);
  const text = [...lines, '{"kind":"evaluation","bitsPerByte":NaN}', evaluation(5, 60)].join("\n");
  assertThrows(() => learningCurve(text, "run"), DamagedError, "Cannot read run, line ");
  const said: string[] = [];
  const points = learningCurve(text, "run", (what) => void said.push(what));
  assertEquals(points, [{ minutes: 1, bitsPerByte: 2, step: 5 }]);
  assertEquals(said, [
    `line ${lines.length + 1}: no JSON object, or one behind half a line`,
    `${3 * bad.length} evaluations: their numbers are missing or out of range`,
  ]);
  assertThrows(() => learningCurve(lines.join("\n"), "run", () => {}), DataError, "No learning curve");
});

Deno.test("curveSvg() draws the smallest and the largest numbers, and refuses what is not finite", () => {
  const point = (minutes: number, bitsPerByte: number) => ({ minutes, bitsPerByte, step: 1 });
  for (
    const points of [[point(0, 0)], [point(1e-300, 1e-300)], [point(0, 0), point(1e8, 1e6)], [
      point(1e12, 1e12),
    ]]
  ) {
    const svg = curveSvg([{ name: "x", points }]);
    assert(!/NaN|Infinity|undefined/.test(svg), svg);
  }
  for (const value of [NaN, Infinity, -Infinity, 1e13]) {
    for (const points of [[point(1, value)], [point(value, 1)]]) {
      assertThrows(() => curveSvg([{ name: "x", points }]), RangeError, "not finite");
    }
  }
});
