// @ts-check
/// <reference lib="dom" />
// The curves: a chart is a list of lines over one axis, drawn by uPlot in the page's colours. Each says in
// words what it shows, for whoever does not see it.
import uPlot from "uplot";
import { figure, make } from "./elements.js";

/** @typedef {import("uplot")} Plot */
/**
 * A line of a chart: places on the axis in order, values there.
 * @typedef {{ name: string, color: string, x: readonly (number | null)[], y: readonly (number | null)[],
 *   points?: boolean, faint?: boolean }} Line
 */

const HEIGHT = 190;
/** More would be a band. */
const MOST_DOTS = 200;
/** Resolves the names of colours, which are pairs for light and dark. */
const probe = make("i", { hidden: true });
document.body.append(probe);

/** @param {string} name of a colour in style.css @returns {string} */
function colorOf(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

export class Chart {
  /** @type {Plot | null} */
  #plot = null;
  #form = "";
  #isZoomed = false;
  #place = make("div", { className: "chart", role: "img" });
  #readout = make("output");
  /** @type {readonly Line[]} */
  #lines = [];

  /** @param {{ title: string, unit: string, digits?: number }} what @param {HTMLElement} charts */
  constructor({ title, unit, digits = 4 }, charts) {
    this.title = title;
    this.digits = digits;
    this.#place.ariaLabel = `${title}. Nothing yet`;
    const caption = make("figcaption", {}, make("strong", {}, title), ` ${unit} `, this.#readout);
    charts.append(make("figure", {}, caption, this.#place));
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(this.#place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw(this.#lines));
  }

  /** Draw lines. @param {readonly Line[]} all */
  draw(all) {
    const lines = all.filter(({ x }) => x.length > 0);
    this.#place.ariaLabel = `${this.title}. ${
      lines.filter(({ faint }) => !faint).map(inWords).join(". ") || "Nothing yet"
    }`;
    const form = JSON.stringify(
      lines.map(({ name, color, points, faint, x }) => [name, color, faint, hasDots(points, x)]),
    );
    this.#lines = lines;
    if (lines.length === 0) {
      this.#plot?.destroy();
      this.#plot = null;
      this.#readout.replaceChildren();
      return;
    }
    if (this.#plot === null || form !== this.#form) {
      this.#form = form;
      this.#build(lines);
    } else {
      this.#plot.setData(dataOf(lines), !this.#isZoomed);
      if (this.#isZoomed) this.#plot.redraw();
    }
    this.#say(null);
  }

  #size() {
    return { width: Math.max(200, this.#place.clientWidth), height: HEIGHT };
  }

  /** @param {readonly Line[]} lines */
  #build(lines) {
    this.#plot?.destroy();
    const axis = {
      stroke: () => colorOf("quiet"),
      grid: { stroke: () => colorOf("line"), width: 1 },
      ticks: { stroke: () => colorOf("line"), width: 1 },
      font: "12px system-ui, sans-serif",
    };
    const series = lines.map(({ x, color, points = false, faint = false }) => ({
      stroke: () => colorOf(color),
      alpha: faint ? 0.3 : 1,
      width: faint ? 1 : 2,
      points: { show: hasDots(points, x), size: 6, fill: () => colorOf(color) },
      spanGaps: true,
    }));
    const format = (/** @type {Plot} */ _plot, /** @type {number[]} */ ticks) =>
      ticks.map((tick) => short(tick));
    this.#isZoomed = false;
    this.#plot = new uPlot(
      {
        ...this.#size(),
        legend: { show: false },
        scales: { x: { time: false } },
        cursor: { drag: { x: true, y: false, setScale: true } },
        axes: [{ ...axis, values: format }, { ...axis, values: format, size: 56 }],
        series: [{}, ...series],
        hooks: {
          setSelect: [(/** @type {Plot} */ { select }) => this.#isZoomed ||= select.width > 0],
          setCursor: [(/** @type {Plot} */ { cursor }) => this.#say(cursor.idx ?? null)],
        },
      },
      dataOf(lines),
      this.#place,
    );
    this.#plot.over.addEventListener("dblclick", () => this.#isZoomed = false);
  }

  /** Tell the values under the cursor, else the last ones. @param {number | null} index */
  #say(index) {
    const data = this.#plot?.data;
    if (!data || data[0].length === 0) return;
    const at = index ?? data[0].length - 1;
    const isOne = this.#lines.filter(({ faint }) => !faint).length === 1;
    const values = this.#lines.flatMap(({ faint, color, name }, i) => {
      if (faint) return [];
      const column = data[i + 1] ?? [];
      let k = at;
      while (k >= 0 && (column[k] === null || column[k] === undefined)) k--;
      if (k < 0) return [];
      const value = figure(column[k], this.digits);
      const told = make("span", {}, isOne ? value : `${name} ${value}`);
      told.style.color = `var(--${color})`;
      return [told];
    });
    const where = index === null ? [] : [make("span", {}, `at ${figure(data[0][at])}`)];
    this.#readout.replaceChildren(...where, ...values);
  }
}

/**
 * Few evaluations have dots, and so has one value alone, which is no line.
 * @param {boolean | undefined} points @param {Line["x"]} x
 */
function hasDots(points, x) {
  return x.length === 1 || (points === true && x.length <= MOST_DOTS);
}

/** @param {number} tick */
function short(tick) {
  if (Math.abs(tick) >= 1e6) return `${+(tick / 1e6).toFixed(2)}M`;
  if (Math.abs(tick) >= 1e4) return `${+(tick / 1e3).toFixed(1)}k`;
  return tick !== 0 && Math.abs(tick) < 1e-3 ? tick.toExponential(0) : String(+tick.toPrecision(6));
}

/** All lines over the places that any of them has. @param {readonly Line[]} lines @returns {any} */
function dataOf(lines) {
  if (lines.length === 0) return [[]];
  // Lines over the same places are one table, in the order of the lines, as neighbours are.
  /** @type {{ x: Line["x"], columns: Line["y"][] }[]} */
  const tables = [];
  for (const { x, y } of lines) {
    const last = tables[tables.length - 1];
    if (last !== undefined && last.x === x) last.columns.push(y);
    else tables.push({ x, columns: [y] });
  }
  const joined = tables.map(({ x, columns }) => {
    // Places must grow; a run's do, but for those that a file has twice or not at all.
    let least = -Infinity;
    const kept = [...x.keys()].filter((i) => {
      const place = x[i] ?? -Infinity;
      if (place <= least) return false;
      least = place;
      return true;
    });
    return [x, ...columns].map((values) => kept.map((i) => values[i] ?? null));
  });
  return joined.length === 1 ? joined[0] : uPlot.join(/** @type {any} */ (joined));
}

/** @param {Line} line */
function inWords({ name, x, y }) {
  const [first, end] = [y.find((value) => value !== null), y.findLast((value) => value !== null)];
  const least = y.reduce((a, b) => b === null || (a !== null && a <= b) ? a : b, null);
  return `${name}: from ${figure(first)} at ${figure(x[0])} to ${figure(end)} at ${
    figure(x[x.length - 1])
  }, ` +
    `least ${figure(least)}`;
}

/** Means of the values around each, over a hundredth of all. @param {readonly (number | null)[]} values */
export function smoothed(values) {
  const width = Math.max(1, Math.ceil(values.length / 100));
  /** @type {number[]} */
  const means = [];
  let [sum, begin] = [0, 0];
  for (const [i, value] of values.entries()) {
    sum += value ?? 0;
    if (i - begin >= width) sum -= values[begin++] ?? 0;
    means.push(sum / (i - begin + 1));
  }
  return means;
}
