/**
 * Learning curves as an SVG picture: bits per byte against minutes, a line a run, a dot an evaluation. The
 * first tenth of the time, where an untrained model's loss falls from far above, may leave the picture at its
 * top, so that what comes after can be told apart.
 */
import type { CurvePoint } from "./learning_curve.ts";

/** A run in the picture. */
export interface CurveSeries {
  /** Its name in the legend. */
  readonly name: string;
  /** At least one, in the order of time. */
  readonly points: readonly CurvePoint[];
}

const WIDTH = 860;
const HEIGHT = 500;
/** The field that the axes enclose. */
const FIELD = { left: 64, right: 836, top: 46, bottom: 446 };
/** Share of the time that does not decide where the vertical axis ends. */
const FALL = 0.1;
/** Colours that most people can tell apart (Okabe and Ito), dark enough for a white ground. */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#a07800", "#000000"];
const TEXT = 'font-family="system-ui, sans-serif" font-size="13"';

/**
 * Draw curves.
 *
 * @param series at least one
 * @returns the text of an .svg file; the same curves give the same text
 */
export function curveSvg(series: readonly CurveSeries[]): string {
  const { left, right, top, bottom } = FIELD;
  const x = axis(0, Math.max(1e-9, ...series.flatMap(({ points }) => points.map((p) => p.minutes))));
  const late = series.flatMap(({ points }) => lateValues(points, x.max));
  const y = roundEnds(axis(Math.min(...late), Math.max(...late)));
  const xOf = (minutes: number): string => fixed(left + (right - left) * (minutes - x.min) / (x.max - x.min));
  const yOf = (bits: number): string => fixed(bottom - (bottom - top) * (bits - y.min) / (y.max - y.min));

  const vertical = x.ticks.map((tick) => [
    `<line x1="${xOf(tick)}" y1="${top}" x2="${xOf(tick)}" y2="${bottom}" stroke="#e4e4e4"/>`,
    `<text x="${xOf(tick)}" y="${bottom + 20}" text-anchor="middle" fill="#444" ${TEXT}>${
      x.label(tick)
    }</text>`,
  ]);
  const horizontal = y.ticks.map((tick) => [
    `<line x1="${left}" y1="${yOf(tick)}" x2="${right}" y2="${yOf(tick)}" stroke="#e4e4e4"/>`,
    `<text x="${left - 8}" y="${yOf(tick)}" dy="4" text-anchor="end" fill="#444" ${TEXT}>${
      y.label(tick)
    }</text>`,
  ]);
  const curves = series.flatMap(({ points }, i) => {
    const color = COLORS[i % COLORS.length]!;
    const places = points.map(({ minutes, bitsPerByte }) => `${xOf(minutes)},${yOf(bitsPerByte)}`);
    return [
      `<polyline points="${
        places.join(" ")
      }" fill="none" stroke="${color}" stroke-width="2" stroke-linejoin="round"/>`,
      ...places.map((place) => {
        const [cx, cy] = place.split(",");
        return `<circle cx="${cx}" cy="${cy}" r="3" fill="${color}"/>`;
      }),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<clipPath id="field"><rect x="${left}" y="${top - 4}" width="${right - left + 4}" height="${
      bottom - top + 8
    }"/></clipPath>`,
    `<text x="${left}" y="26" fill="#111" ${TEXT} font-weight="600">Held-out proofs: bits per byte against minutes of training</text>`,
    ...[...vertical, ...horizontal].flat(),
    `<path d="M ${left} ${top} V ${bottom} H ${right}" fill="none" stroke="#888"/>`,
    `<text x="${(left + right) / 2}" y="${
      bottom + 42
    }" text-anchor="middle" fill="#444" ${TEXT}>minutes</text>`,
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
    `${name}: ${Math.min(...points.map(({ bitsPerByte }) => bitsPerByte)).toFixed(3)} at best`
  );
  const width = 40 + 7.2 * Math.max(...names.map((name) => name.length)); // about a letter's width
  const [left, top] = [FIELD.right - width, FIELD.top + 6];
  return [
    `<rect x="${fixed(left)}" y="${top}" width="${fixed(width)}" height="${
      20 * series.length + 12
    }" fill="#ffffff" fill-opacity="0.9" stroke="#ddd"/>`,
    ...names.flatMap((name, i) => {
      const y = top + 20 + 20 * i;
      const color = COLORS[i % COLORS.length]!;
      return [
        `<line x1="${fixed(left + 10)}" y1="${y - 4}" x2="${fixed(left + 30)}" y2="${
          y - 4
        }" stroke="${color}" stroke-width="3"/>`,
        `<text x="${fixed(left + 36)}" y="${y}" fill="#111" ${TEXT}>${escapeXml(name)}</text>`,
      ];
    }),
  ];
}

/** The values after the first fall, or the last one of a short run. */
function lateValues(points: readonly CurvePoint[], maxMinutes: number): number[] {
  const late = points.filter(({ minutes }) => minutes >= FALL * maxMinutes);
  return (late.length > 0 ? late : points.slice(-1)).map(({ bitsPerByte }) => bitsPerByte);
}

/** The values from one end of the picture to the other, and the round ones among them. */
interface Axis {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly ticks: readonly number[];
  label(tick: number): string;
}

function axis(min: number, max: number): Axis {
  const step = roundStep((max - min || Math.abs(max) || 1) / 8);
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return { min, max, step, ticks, label: (tick) => tick.toFixed(digits) };
}

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
