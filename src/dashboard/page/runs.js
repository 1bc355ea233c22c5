// @ts-check
/// <reference lib="dom" />
// The list of runs with what is ticked in it, and the table of what differs between those.
import { element, figure, fillTable, make } from "./elements.js";
import { bestBits, last } from "./run.js";

/** @typedef {import("../summary.ts").RunSummary} Summary */
/** @typedef {import("./run.js").Run} Run */

/** As many as there are colours, and as the server tells of at once. */
export const MOST_RUNS = 8;

/** Names that are ticked, in the order of their colours. @type {string[]} */
export const ticked = [];

/**
 * Show the list.
 * @param {readonly Summary[]} summaries
 * @param {() => void} changed called when others are ticked
 */
export function showRuns(summaries, changed) {
  const body = element("#run-list");
  /** @type {Map<string, HTMLTableRowElement>} */
  const rows = new Map([...body.rows].map((row) => [row.dataset.name, row]));
  const names = new Set(summaries.map(({ name }) => name));
  for (const [name, row] of rows) if (!names.has(name)) row.remove();
  for (const [i, summary] of summaries.entries()) {
    const row = rows.get(summary.name) ?? newRow(summary.name, changed);
    const [, steps, minutes, bits] = row.cells;
    const { step, steps: planned } = summary;
    row.classList.toggle("live", summary.isLive);
    steps.textContent = planned === null || step === planned
      ? figure(step)
      : `${figure(step)} of ${figure(planned)}`;
    minutes.textContent = figure(summary.minutes, 3);
    bits.textContent = figure(summary.bitsPerByte);
    if (body.rows[i] !== row) body.insertBefore(row, body.rows[i] ?? null);
  }
  for (const row of body.rows) {
    const box = row.querySelector("input");
    const color = ticked.indexOf(row.dataset.name);
    box.checked = color >= 0;
    box.disabled = color < 0 && ticked.length >= MOST_RUNS;
    row.querySelector("i").style.background = color < 0 ? "" : `var(--run-${color})`;
  }
}

/** @param {string} name @param {() => void} changed */
function newRow(name, changed) {
  const box = make("input", { type: "checkbox" });
  box.addEventListener("change", () => {
    if (box.checked) ticked.push(name);
    else ticked.splice(ticked.indexOf(name), 1);
    changed();
  });
  const head = make("th", { scope: "row" }, make("label", {}, box, make("i"), make("span", {}, name)));
  const row = make("tr", {}, head, make("td"), make("td"), make("td"));
  row.dataset.name = name;
  return row;
}

/** What differs between runs: results first, then options. @param {readonly Run[]} runs */
export function showDifferences(runs) {
  const known = runs.filter(({ figures }) => figures !== null);
  element("#differences").hidden = known.length < 2;
  if (known.length < 2) return;
  /** @param {Run} run @returns {Record<string, unknown>} */
  const optionsOf = (run) => {
    const { options, parameters, trainDocuments, workers, backend } = run.figures?.start ?? {};
    return { parameters, trainDocuments, workers, backend, .../** @type {object} */ (options ?? {}) };
  };
  const text = (/** @type {unknown} */ value) =>
    typeof value === "number" ? figure(value) : String(value ?? "–");
  const names = new Set(known.flatMap((run) => Object.keys(optionsOf(run))));
  const options = [...names].map((name) => [name, ...known.map((run) => text(optionsOf(run)[name]))]);
  fillTable(element("#comparison"), ["Of", ...known.map(({ name }) => name)], [
    ["bits a byte, best", ...known.map((run) => figure(bestBits(run)))],
    ["steps", ...known.map(({ figures }) => figure(last(figures?.steps.step ?? [])))],
    ["minutes", ...known.map(({ figures }) => figure((last(figures?.steps.seconds ?? []) ?? NaN) / 60, 3))],
    ...options.filter(([, ...values]) => new Set(values).size > 1).slice(0, 100),
  ]);
}
