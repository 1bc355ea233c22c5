// @ts-check
/// <reference lib="dom" />
// A list of suggested lines: each with its probability as a number and as a bar; a full bar is certainty. Lines
// that were cut for their length are left out; that the proof ends here stands apart. That lines are whole
// statements, all brackets closed, is src/infer/lines' work.
import { make, percent } from "./elements.js";

/** @typedef {{ line: string, logProbability: number, end: string }} Line */

/** Lines shown at most. */
const SHOWN = 10;

/**
 * Show lines, best first.
 *
 * @param {{ list: HTMLOListElement, ending: HTMLElement }} where
 * @param {readonly Line[]} suggestions
 * @param {(line: string) => void} choose called with a line that was clicked
 * @returns {number} how many are shown
 */
export function showSuggestions({ list, ending }, suggestions, choose) {
  const lines = suggestions.filter(({ end }) => end === "line").slice(0, SHOWN);
  const end = suggestions.find((suggestion) => suggestion.end === "proof");
  list.replaceChildren(...lines.map((suggestion) => item(suggestion, choose)));
  ending.textContent = end === undefined
    ? ""
    : `That the proof ends here: ${percent(Math.exp(end.logProbability))}`;
  return lines.length;
}

/** The text with a line at the end of its proof. @param {string} goal @param {string} line */
export function withLine(goal, line) {
  const mark = goal.split("\n").includes("@P") ? "" : "@P\n";
  return `${goal}${goal.endsWith("\n") ? "" : "\n"}${mark}${line}\n`;
}

/** @param {Line} suggestion @param {(line: string) => void} choose */
function item({ line, logProbability }, choose) {
  const button = make("button", {
    type: "button",
    title: "Put this line at the end of the proof, and ask for the next",
  }, make("code", {}, line));
  button.addEventListener("click", () => choose(line));
  const probability = Math.exp(logProbability);
  const bar = make("meter", { min: 0, max: 1, value: probability, ariaHidden: "true" });
  const title = `logarithm of the probability: ${logProbability.toFixed(3)}`;
  return make("li", {}, bar, make("small", { title }, percent(probability)), button);
}
