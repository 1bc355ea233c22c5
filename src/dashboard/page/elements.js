// @ts-check
/// <reference lib="dom" />
// Small words for the page's other files: finding and making elements, numbers as people read them.

/** @param {string} selector @returns {any} the element of the page; it is there */
export function element(selector) {
  return document.querySelector(selector);
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Partial<HTMLElementTagNameMap[K]>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/**
 * A table's head and rows; a row's first cell is its head.
 * @param {HTMLTableElement} table
 * @param {readonly string[]} columns
 * @param {readonly (readonly string[])[]} rows
 */
export function fillTable(table, columns, rows) {
  const head = make(
    "thead",
    {},
    make("tr", {}, ...columns.map((text) => make("th", { scope: "col" }, text))),
  );
  const body = make("tbody");
  for (const [first = "", ...cells] of rows) {
    body.append(
      make("tr", {}, make("th", { scope: "row" }, first), ...cells.map((text) => make("td", {}, text))),
    );
  }
  table.replaceChildren(head, body);
}

/** @param {number | null | undefined} value @param {number} [digits] significant ones */
export function figure(value, digits = 4) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e9)) return value.toExponential(2);
  if (Number.isInteger(value) || Math.abs(value) >= 1000) {
    return Math.round(value).toLocaleString("en");
  }
  return value.toPrecision(digits);
}

/** @param {number | null | undefined} share */
export function percent(share) {
  if (share === null || share === undefined || !Number.isFinite(share)) return "–";
  const value = 100 * share;
  return value > 0 && value < 0.1 ? "< 0.1 %" : `${value >= 99.95 ? "100" : value.toPrecision(2)} %`;
}

/** @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
}
