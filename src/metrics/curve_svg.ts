// Learning curves as an SVG picture: bits per byte against minutes, a line a run, a dot an evaluation. Below
// it, where a run has logged its steps, three small fields: loss, learning rate, tokens a second. The first
// tenth of the time, where losses fall from far above, may leave a field: so the rest can be told apart.
import type { CurvePoint, StepPoint } from "./learning_curve.ts";
import { type Curve, extremes, type Field, legend, panel } from "./svg_panel.ts";

/** A run in the picture. */
export interface CurveSeries {
  /** Its name in the legend. */
  readonly name: string;
  /** At least one, in the order of time. */
  readonly points: readonly CurvePoint[];
  /** Steps, in the order of time. Default: none. */
  readonly steps?: readonly StepPoint[];
}

const WIDTH = 860;
/** The fields that the axes enclose: bits per byte, and those of the steps. */
const LARGE: Field = { left: 64, right: 836, top: 46, bottom: 446 };
const SMALL: readonly Field[] = [0, 1, 2].map((i) => {
  const left = 64 + i * 278;
  return { left, right: left + 216, top: 542, bottom: 682 };
});
/** Share of the time that does not decide where a loss's axis ends. */
const FALL = 0.1;
/** Points of a small field's curve, at most; of more, neighbours are averaged. */
const MOST_POINTS = 200;
/** Points beyond are refused: a picture's numbers have to stay finite. */
const LARGEST = 1e12;

/** The text of an .svg file with at least one curve; the same curves give the same text. */
export function curveSvg(series: readonly CurveSeries[]): string {
  const curves = series.map(({ points }) => points.map((p) => [p.minutes, p.bitsPerByte] as const));
  const steps = series.map((run) => run.steps ?? []);
  const hasSteps = steps.some((points) => points.length > 0);
  const small = ([
    ["Loss of training, nats a token", "loss", FALL],
    ["Learning rate", "learningRate", null],
    ["Tokens a second", "tokensPerSecond", null],
  ] as const).map(([title, name, fall]) => ({
    title,
    fall,
    curves: steps.map((points) => thinned(points.map((point) => [point.minutes, point[name]]))),
  }));
  const isDrawable = (value: number): boolean => Math.abs(value) <= LARGEST;
  for (const drawn of [curves, ...small.map(({ curves }) => curves)].flat()) {
    if (drawn.every(([x, y]) => isDrawable(x) && isDrawable(y))) continue;
    throw new RangeError(`A curve has a point that is not finite, or above ${LARGEST}`);
  }
  const names = series.map(({ name, points }) =>
    `${name}: ${extremes(points.map(({ bitsPerByte }) => bitsPerByte))[0].toFixed(3)} at best`
  );
  const title = "Held-out proofs: bits per byte against minutes of training";
  const size = `width="${WIDTH}" height="${hasSteps ? 736 : 500}"`;
  const large = { field: LARGE, id: 0, title, spacing: [96, 50], fall: FALL, dots: true } as const;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${WIDTH} ${hasSteps ? 736 : 500}">`,
    `<rect ${size} fill="#ffffff"/>`,
    ...panel(curves, large),
    ...legend(names, LARGE),
    ...(hasSteps ? small : []).flatMap(({ curves, ...rest }, i) =>
      panel(curves, { ...rest, field: SMALL[i]!, id: i + 1, spacing: [54, 28], dots: false })
    ),
    "</svg>",
    "",
  ].join("\n");
}

/** At most so many points: means of neighbours. */
function thinned(points: Curve): Curve {
  const count = Math.ceil(points.length / MOST_POINTS);
  if (count <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / count) }, (_, i) => {
    const part = points.slice(i * count, (i + 1) * count);
    const mean = (place: 0 | 1): number => part.reduce((sum, point) => sum + point[place], 0) / part.length;
    return [mean(0), mean(1)];
  });
}
