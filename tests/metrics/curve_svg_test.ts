/** The picture of curves: places by hand, hostile names, runs of one point. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { curveSvg } from "../../src/metrics/curve_svg.ts";
import type { CurvePoint } from "../../src/metrics/learning_curve.ts";

function points(...values: [minutes: number, bitsPerByte: number][]): CurvePoint[] {
  return values.map(([minutes, bitsPerByte], step) => ({ minutes, bitsPerByte, step }));
}

/** The corners of each line in the picture. */
function polylines(svg: string): number[][][] {
  return [...svg.matchAll(/<polyline points="([^"]*)"/g)].map((match) =>
    match[1]!.split(" ").map((pair) => pair.split(",").map(Number))
  );
}

/** Where a number stands beside its axis. */
function placeOf(svg: string, label: string): { x: number; y: number } {
  const match = new RegExp(`<text x="([\\d.]+)" y="([\\d.]+)"[^>]*>${label}</text>`).exec(svg)!;
  return { x: Number(match[1]), y: Number(match[2]) };
}

Deno.test("curveSvg() puts values where the axes say they are", () => {
  const svg = curveSvg([{ name: "run", points: points([0, 2], [5, 1.5], [10, 1]) }]);
  const [[first, middle, last]] = polylines(svg) as [[number[], number[], number[]]];
  assertAlmostEquals(last[0]!, placeOf(svg, "10").x, 0.01);
  assertAlmostEquals(first[0]!, placeOf(svg, "0").x, 0.01);
  assertAlmostEquals(last[1]!, placeOf(svg, "1.0").y, 0.01);
  assertAlmostEquals(middle[1]!, placeOf(svg, "1.5").y, 0.01);
});

Deno.test("curveSvg() lets the first fall leave the picture, so that the rest can be told apart", () => {
  const svg = curveSvg([{ name: "run", points: points([0, 5], [1, 1.3], [10, 1]) }]);
  assert(!svg.includes(">5.0</text>") && svg.includes(">1.3") && svg.includes('clip-path="url(#field0)"'));
  assert(polylines(svg)[0]![0]![1]! < 0);
});

Deno.test("curveSvg() draws several runs on the same axes, each with its best value in the legend", () => {
  const svg = curveSvg([
    { name: "a", points: points([1, 2], [2, 1.75]) },
    { name: "b", points: points([2, 1.5], [4, 1.625]) },
  ]);
  const [a, b] = polylines(svg);
  assertEquals(a![1]![0], b![0]![0]);
  assert(svg.includes(">a: 1.750 at best<") && svg.includes(">b: 1.500 at best<"));
});

Deno.test("curveSvg() writes a hostile name as text", () => {
  const svg = curveSvg([{ name: `<script>&"'\x1b`, points: points([1, 1]) }]);
  assert(!svg.includes("<script>") && svg.includes("&#60;script&#62;&#38;&#34;&#39;\ufffd"));
});

Deno.test("curveSvg() draws a run of one point, one without time and one that stays where it is", () => {
  for (const values of [points([3, 2]), points([0, 4]), points([0, 1], [5, 1], [9, 1])]) {
    const svg = curveSvg([{ name: "run", points: values }]);
    assert(!/NaN|Infinity|undefined/.test(svg), svg);
  }
});

Deno.test("curveSvg() draws loss, learning rate and speed below, averaged where there are many steps", () => {
  const step = (i: number) => ({
    minutes: i / 100,
    step: i,
    loss: i % 2,
    learningRate: 3e-3,
    tokensPerSecond: 900,
  });
  const run = { name: "run", points: points([0, 2], [10, 1]) };
  const few = curveSvg([{ ...run, steps: [step(0), step(1000)] }]);
  const [, loss, rate, speed] = polylines(few) as [number[][], number[][], number[][], number[][]];
  for (const curve of [loss, rate, speed]) assertEquals(curve.length, 2);
  assertEquals(rate[0]![1], rate[1]![1]);
  assert(few.includes(">0.003</text>") && few.includes(">1000</text>"), few);
  const many = polylines(curveSvg([{ ...run, steps: Array.from({ length: 1001 }, (_, i) => step(i)) }]));
  assert(many[1]!.length <= 200 && many[1]!.length > 100);
  assertEquals(polylines(curveSvg([run])).length, 1);
});
