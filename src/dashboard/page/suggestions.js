// @ts-check
/// <reference lib="dom" />
// A list of suggested lines, of this page and of examples/browser: each with its probability as a number and
// as a bar whose whole length is certainty. Lines whose brackets do not balance are left out; that the proof
// ends here stands apart.
import { make, percent } from "./elements.js";

/** @typedef {{ line: string, logProbability: number, end: string }} Line */

/** Lines shown at most. */
const SHOWN = 10;
/** @type {Readonly<Record<string, string>>} */
const CLOSING = { ")": "(", "]": "[", "}": "{" };

/**
 * Show lines, best first.
 *
 * @param {{ list: HTMLOListElement, ending: HTMLElement }} where
 * @param {readonly Line[]} suggestions
 * @param {(line: string) => void} choose called with a line that was clicked
 * @returns {number} how many are shown
 */
export function showSuggestions({ list, ending }, suggestions, choose) {
  const lines = suggestions.filter(({ line, end }) => end === "line" && isBalanced(line)).slice(0, SHOWN);
  const end = suggestions.find((suggestion) => suggestion.end === "proof");
  list.replaceChildren(...lines.map((suggestion) => item(suggestion, choose)));
  ending.textContent = end === undefined
    ? ""
    : `That the proof ends here: ${percent(Math.exp(end.logProbability))}`;
  return lines.length;
}

/** Whether every bracket has its partner, in order. @param {string} line */
export function isBalanced(line) {
  const open = [];
  for (const sign of line) {
    if ("([{".includes(sign)) open.push(sign);
    else if (sign in CLOSING && open.pop() !== CLOSING[sign]) return false;
  }
  return open.length === 0;
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
