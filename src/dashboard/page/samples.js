// @ts-check
/// <reference lib="dom" />
// What the model wrote after an evaluation: the goal, then its tokens, each shaded by its probability.
import { element, make, percent } from "./elements.js";

/** @typedef {import("../figures.ts").SampleFigures} Sample */

const [select, place, note] = [element("#sample-step"), element("#sample"), element("#sample-note")];

/** @type {readonly Sample[]} */
let shown = [];

export function startSamples() {
  select.addEventListener("change", () => show(shown[select.selectedIndex]));
}

/** Show a run's samples, the newest unless another was chosen. @param {readonly Sample[]} samples */
export function showSamples(samples) {
  if (samples === shown && select.options.length === samples.length) return;
  const isNewest = select.selectedIndex < 1;
  const chosen = select.value;
  shown = samples.toReversed();
  select.replaceChildren(...shown.map(({ step }) => make("option", {}, String(step))));
  if (!isNewest) select.value = chosen;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
  show(shown[select.selectedIndex]);
}

/** @param {Sample | undefined} sample */
function show(sample) {
  if (sample === undefined) return place.replaceChildren();
  const { prompt, text, tokens, probabilities } = sample;
  place.replaceChildren(make("span", { className: "prompt" }, prompt));
  if (tokens.length === 0) return place.append(make("strong", {}, text));
  let sum = 0;
  for (const [i, token] of tokens.entries()) {
    const probability = probabilities[i] ?? null;
    sum += probability ?? 0;
    const span = make("span", { title: percent(probability) }, token);
    span.className = "token";
    const share = Math.round(100 * (probability ?? 0));
    span.style.background = `color-mix(in srgb, var(--certain) ${share}%, transparent)`;
    place.append(span);
  }
  note.textContent =
    `A held-out goal, and the proof that the model drew for it, token by token: the stronger the colour, ` +
    `the more certain. Mean probability of the ${tokens.length} tokens: ${percent(sum / tokens.length)}.`;
}
