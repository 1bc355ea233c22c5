// One field of a picture of curves (curve_svg.ts): two axes with round values, and a line a run. It knows
// nothing of what is drawn.

/** Points, x and y, in the order of x. */
export type Curve = readonly (readonly [x: number, y: number])[];

/** Where the axes are, in pixels. */
export interface Field {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What a panel shows, and how. */
export interface PanelOptions {
  readonly field: Field;
  /** Its place among the picture's panels: an id in the document. */
  readonly id: number;
  readonly title: string;
  /** How many pixels there are between two values at the axes, at least. */
  readonly spacing: readonly [x: number, y: number];
  /** Share of the time that does not decide where the vertical axis ends; null: it begins at 0. */
  readonly fall: number | null;
  /** A dot a point. */
  readonly dots: boolean;
}

/** Colours that most people can tell apart (Okabe and Ito), dark enough for a white ground. */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#a07800", "#000000"] as const;
const [BLACK, GREY] = ['fill="#111"', 'fill="#444"'];

/** The colour of the nth curve. */
export function colorOf(i: number): string {
  return COLORS[i % COLORS.length]!;
}

/** The elements of a panel; its curves are those of the picture, with at least one point in all. */
export function panel(curves: readonly Curve[], options: PanelOptions): string[] {
  const { field: { left, right, top, bottom }, id, title, spacing: [across, down], fall, dots } = options;
  const [width, height] = [right - left, bottom - top];
  const last = extremes(curves.flat().map(([x]) => x))[1];
  const x = axis(0, Math.max(1e-9, last), width / across);
  const y = roundEnds(...verticalEnds(curves, x.max, fall), height / down);
  const xOf = (value: number): string => fixed(left + width * (value - x.min) / (x.max - x.min));
  const yOf = (value: number): string => fixed(bottom - height * (value - y.min) / (y.max - y.min));
  const vertical = x.ticks.map((tick) => [xOf(tick), x.label(tick)] as const).flatMap(([at, label]) => [
    line([at, top], [at, bottom], 'stroke="#e4e4e4"'),
    text([at, bottom + 20], label, `text-anchor="middle" ${GREY}`),
  ]);
  const horizontal = y.ticks.map((tick) => [yOf(tick), y.label(tick)] as const).flatMap(([at, label]) => [
    line([left, at], [right, at], 'stroke="#e4e4e4"'),
    text([left - 8, at], label, `dy="4" text-anchor="end" ${GREY}`),
  ]);
  const lines = curves.flatMap((points, i) => {
    if (points.length === 0) return [];
    const places = points.map(([x, y]) => [xOf(x), yOf(y)]);
    const style = `fill="none" stroke="${colorOf(i)}" stroke-width="${
      dots ? 2 : 1.5
    }" stroke-linejoin="round"`;
    const circles = places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colorOf(i)}"/>`);
    return [`<polyline points="${places.join(" ")}" ${style}/>`, ...dots ? circles : []];
  });
  const clipped = `x="${left}" y="${top - 4}" width="${width + 4}" height="${height + 8}"`;
  return [
    `<clipPath id="field${id}"><rect ${clipped}/></clipPath>`,
    text([left, top - 20], title, BLACK, ' font-weight="600"'),
    ...vertical.concat(horizontal),
    `<path d="M ${left} ${top} V ${bottom} H ${right}" fill="none" stroke="#888"/>`,
    text([(left + right) / 2, bottom + 42], "minutes", `text-anchor="middle" ${GREY}`),
    `<g clip-path="url(#field${id})">`,
    ...lines,
    "</g>",
  ];
}

/** Names, each with its curve's colour, in the upper right corner of a field, where falling curves leave room. */
export function legend(names: readonly string[], { right, top: fieldTop }: Field): string[] {
  const width = 40 + 7.2 * extremes(names.map((name) => name.length))[1]; // about a letter's width
  const [left, top, height] = [right - width, fieldTop + 6, 20 * names.length + 12];
  const box = `x="${fixed(left)}" y="${top}" width="${fixed(width)}" height="${height}"`;
  return [
    `<rect ${box} fill="#ffffff" fill-opacity="0.9" stroke="#ddd"/>`,
    ...names.flatMap((name, i) => {
      const y = top + 20 + 20 * i;
      const style = `stroke="${colorOf(i)}" stroke-width="3"`;
      const dash = line([fixed(left + 10), y - 4], [fixed(left + 30), y - 4], style);
      return [dash, text([fixed(left + 36), y], escapeXml(name), BLACK)];
    }),
  ];
}

/** The values that decide the vertical axis: those after the first fall, or the last one of a short run. */
function verticalEnds(
  curves: readonly Curve[],
  end: number,
  fall: number | null,
): [min: number, max: number] {
  const late = curves.flatMap((points) => {
    const found = points.filter(([x]) => x >= (fall ?? 0) * end);
    return (found.length > 0 ? found : points.slice(-1)).map(([, y]) => y);
  });
  const [min, max] = extremes(late);
  return [fall === null ? 0 : min, max];
}

/** The least and the largest of values, however many. */
export function extremes(values: readonly number[]): [least: number, largest: number] {
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

/** The values from one end of an axis to the other, and the round ones among them, about `parts` steps. */
function axis(min: number, max: number, parts: number) {
  const step = roundStep(Math.max(1e-9, (max - min || Math.abs(max) || 1) / parts));
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return { min, max, step, ticks, label: (tick: number): string => tick.toFixed(digits) };
}

/** The same axis, longer, so that it begins and ends at round values. */
function roundEnds(min: number, max: number, parts: number) {
  const { step } = axis(min, max, parts);
  const first = Math.floor(min / step + 1e-9) * step;
  return axis(first, Math.max(first + step, Math.ceil(max / step - 1e-9) * step), parts);
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
