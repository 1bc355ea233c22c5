// @ts-check
/// <reference lib="dom" />
// The playground: a goal in, ranked lines out. The server's model answers; a chosen line is put at the end of
// the proof, and the next one is asked for.
import { element, make } from "./elements.js";
import { showSuggestions, withLine } from "./suggestions.js";

const [goal, prefix, button] = [element("#goal"), element("#prefix"), element("#suggest")];
const [status, problem, list] = [element("#status"), element("#problem"), element("#suggestions")];

export function startPlayground() {
  const form = element("#ask");
  form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    ask();
  });
  form.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}

async function ask() {
  if (button.disabled) return;
  busy(true);
  problem.replaceChildren();
  status.textContent = "Thinking… (the first question loads the model)";
  try {
    const response = await fetch("/suggest", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        goal: goal.value,
        ...prefix.value !== "" && { prefix: prefix.value },
        samples: element("#number").valueAsNumber,
        temperature: element("#temperature").valueAsNumber,
      }),
    });
    const answer = await response.json();
    if (!response.ok) throw Object.assign(new Error(answer.error), { hint: answer.hint });
    const count = showSuggestions({ list, ending: element("#ending") }, answer.suggestions, (line) => {
      goal.value = withLine(goal.value, line);
      prefix.value = "";
      list.focus(); // the button that had it goes
      ask();
    });
    const { model } = await (await fetch("/model")).json();
    status.textContent = `The ${count} best of ${answer.suggestions.length} found, in ` +
      `${answer.seconds.toFixed(1)} s, by ${model}`;
  } catch (error) {
    // Only what fetch() throws is one.
    const isGone = error instanceof TypeError;
    const { message, hint = "" } = isGone
      ? { message: "The dashboard does not answer", hint: "Start it again with “tactics dashboard”." }
      : /** @type {Error & { hint?: string }} */ (error);
    status.textContent = "";
    list.replaceChildren();
    element("#ending").textContent = "";
    problem.replaceChildren(make("p", {}, message), make("p", {}, hint));
  }
  busy(false);
}

/** @param {boolean} yes */
function busy(yes) {
  button.disabled = yes;
  list.ariaBusy = String(yes);
  if (yes) { for (const choose of list.querySelectorAll("button")) choose.disabled = true; }
}
