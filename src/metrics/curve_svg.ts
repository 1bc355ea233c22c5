// Learning curves as an SVG picture: bits per byte against minutes, a line a run, a dot an evaluation. The
// first tenth of the time, where the loss falls from far above, may leave it: so the rest can be told apart.
import type { CurvePoint } from "./learning_curve.ts";

/** A run in the picture. */
export interface CurveSeries {
  /** Its name in the legend. */
  readonly name: string;
  /** At least one, in the order of time. */
  readonly points: readonly CurvePoint[];
}

const [WIDTH, HEIGHT] = [860, 500];
/** The field that the axes enclose. */
const FIELD = { left: 64, right: 836, top: 46, bottom: 446 };
/** Share of the time that does not decide where the vertical axis ends. */
const FALL = 0.1;
/** Colours that most people can tell apart (Okabe and Ito), dark enough for a white ground. */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#a07800", "#000000"];
/** Points beyond are refused: a picture's numbers have to stay finite. */
const LARGEST = 1e12;
const [BLACK, GREY] = ['fill="#111"', 'fill="#444"'];

/** The text of an .svg file with at least one curve; the same curves give the same text. */
export function curveSvg(series: readonly CurveSeries[]): string {
  const isDrawable = (value: number): boolean => Math.abs(value) <= LARGEST;
  const all = series.flatMap(({ points }) => points);
  if (!all.every((point) => isDrawable(point.minutes) && isDrawable(point.bitsPerByte))) {
    throw new RangeError(`A curve has a point that is not finite, or above ${LARGEST}`);
  }
  const { left, right, top, bottom } = FIELD;
  const [width, height] = [right - left, bottom - top];
  const x = axis(0, Math.max(1e-9, extremes(all.map(({ minutes }) => minutes))[1]));
  // The values after the first fall, or the last one of a short run.
  const late = series.flatMap(({ points }) => {
    const found = points.filter(({ minutes }) => minutes >= FALL * x.max);
    return (found.length > 0 ? found : points.slice(-1)).map(({ bitsPerByte }) => bitsPerByte);
  });
  const y = roundEnds(axis(...extremes(late)));
  const xOf = (minutes: number): string => fixed(left + width * (minutes - x.min) / (x.max - x.min));
  const yOf = (bits: number): string => fixed(bottom - height * (bits - y.min) / (y.max - y.min));

  const vertical = x.ticks.map((tick) => [xOf(tick), x.label(tick)] as const).flatMap(([at, label]) => [
    line([at, top], [at, bottom], 'stroke="#e4e4e4"'),
    text([at, bottom + 20], label, `text-anchor="middle" ${GREY}`),
  ]);
  const horizontal = y.ticks.map((tick) => [yOf(tick), y.label(tick)] as const).flatMap(([at, label]) => [
    line([left, at], [right, at], 'stroke="#e4e4e4"'),
    text([left - 8, at], label, `dy="4" text-anchor="end" ${GREY}`),
  ]);
  const curves = series.flatMap(({ points }, i) => {
    const color = COLORS[i % COLORS.length]!;
    const places = points.map(({ minutes, bitsPerByte }) => [xOf(minutes), yOf(bitsPerByte)]);
    const style = `fill="none" stroke="${color}" stroke-width="2" stroke-linejoin="round"`;
    const dots = places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${color}"/>`);
    return [`<polyline points="${places.join(" ")}" ${style}/>`, ...dots];
  });
  const size = `width="${WIDTH}" height="${HEIGHT}"`;
  const clipped = `x="${left}" y="${top - 4}" width="${width + 4}" height="${height + 8}"`;
  const title = "Held-out proofs: bits per byte against minutes of training";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${WIDTH} ${HEIGHT}">`,
    `<rect ${size} fill="#ffffff"/>`,
    `<clipPath id="field"><rect ${clipped}/></clipPath>`,
    text([left, 26], title, BLACK, ' font-weight="600"'),
    ...vertical.concat(horizontal),
    `<path d="M ${left} ${top} V ${bottom} H ${right}" fill="none" stroke="#888"/>`,
    text([(left + right) / 2, bottom + 42], "minutes", `text-anchor="middle" ${GREY}`),
    `<g clip-path="url(#field)">`,
    ...curves,
    "</g>",
    ...legend(series),
    "</svg>",
    "",
  ].join("\n");
}

/** Names with each run's best value, in the upper right corner, where falling curves leave room. */
function legend(series: readonly CurveSeries[]): string[] {
  const names = series.map(({ name, points }) =>
    `${name}: ${extremes(points.map(({ bitsPerByte }) => bitsPerByte))[0].toFixed(3)} at best`
  );
  const width = 40 + 7.2 * extremes(names.map((name) => name.length))[1]; // about a letter's width
  const [left, top, height] = [FIELD.right - width, FIELD.top + 6, 20 * series.length + 12];
  const box = `x="${fixed(left)}" y="${top}" width="${fixed(width)}" height="${height}"`;
  return [
    `<rect ${box} fill="#ffffff" fill-opacity="0.9" stroke="#ddd"/>`,
    ...names.flatMap((name, i) => {
      const y = top + 20 + 20 * i;
      const style = `stroke="${COLORS[i % COLORS.length]!}" stroke-width="3"`;
      const dash = line([fixed(left + 10), y - 4], [fixed(left + 30), y - 4], style);
      return [dash, text([fixed(left + 36), y], escapeXml(name), BLACK)];
    }),
  ];
}

/** The least and the largest of values, however many. */
function extremes(values: readonly number[]): [least: number, largest: number] {
  return values.reduce(([least, most], x) => [Math.min(least, x), Math.max(most, x)], [Infinity, -Infinity]);
}

/** Where something is drawn. */
type Place = readonly [x: number | string, y: number | string];

function line([x1, y1]: Place, [x2, y2]: Place, style: string): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" ${style}/>`;
}

function text([x, y]: Place, content: string, style: string, weight = ""): string {
  const font = `font-family="system-ui, sans-serif" font-size="13"${weight}`;
  return `<text x="${x}" y="${y}" ${style} ${font}>${content}</text>`;
}

/** The values from one end of the picture to the other, and the round ones among them. */
function axis(min: number, max: number) {
  const step = roundStep(Math.max(1e-9, (max - min || Math.abs(max) || 1) / 8));
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return { min, max, step, ticks, label: (tick: number): string => tick.toFixed(digits) };
}

type Axis = ReturnType<typeof axis>;

/** The same axis, longer, so that it begins and ends at round values. */
function roundEnds({ min, max, step }: Axis): Axis {
  const first = Math.floor(min / step + 1e-9) * step;
  return axis(first, Math.max(first + step, Math.ceil(max / step - 1e-9) * step));
}

/** The smallest of 1, 2, 5, 10, … (or 0.1, 0.2, …) that is at least `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return [1, 2, 5, 10].map((factor) => factor * power).find((round) => round >= step * (1 - 1e-9))!;
}

function fixed(value: number): string {
  return String(Math.round(100 * value) / 100);
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/\p{Cc}/gu, "\ufffd");
}
