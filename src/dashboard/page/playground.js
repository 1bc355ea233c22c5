// @ts-check
/// <reference lib="dom" />
// The playground: a goal in, ranked lines out. The server's model answers, or an exported one that runs in the
// page; a chosen line is put at the end of the proof, and the next one is asked for.
import { element, make } from "./elements.js";
import { suggestInPage } from "./in_page.js";
import { showSuggestions, withLine } from "./suggestions.js";

const [goal, prefix, button] = [element("#goal"), element("#prefix"), element("#suggest")];
const [status, problem, list] = [element("#status"), element("#problem"), element("#suggestions")];
const who = element("#who");

export function startPlayground() {
  who.addEventListener("focus", listModels);
  listModels();
  const form = element("#ask");
  form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    ask();
  });
  form.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}

/** Offer the exported folders that are there now, beside the server's model. */
async function listModels() {
  try {
    /** @type {string[]} */
    const names = await (await fetch("/exported")).json();
    const known = [...who.options].map(({ value }) => value).filter((value) => value !== "");
    if (names.join() === known.join()) return;
    const chosen = who.value;
    who.replaceChildren(
      who.options[0],
      ...names.map((name) => make("option", { value: name }, `export/${name}, in this page`)),
    );
    who.value = names.includes(chosen) ? chosen : "";
  } catch {
    // The list of runs says that the dashboard does not answer.
  }
}

async function ask() {
  if (button.disabled) return;
  busy(true);
  problem.replaceChildren();
  const options = {
    ...prefix.value !== "" && { prefix: prefix.value },
    samples: element("#number").valueAsNumber,
    temperature: element("#temperature").valueAsNumber,
  };
  try {
    const { suggestions, seconds, model } = who.value === ""
      ? await askServer(options)
      : await askInPage(options, who.value);
    const count = showSuggestions({ list, ending: element("#ending") }, suggestions, (line) => {
      goal.value = withLine(goal.value, line);
      prefix.value = "";
      list.focus(); // the button that had it goes
      ask();
    });
    status.textContent = `The ${count} best of ${suggestions.length} found, in ` +
      `${seconds.toFixed(1)} s, by ${model}`;
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

/** @param {object} options */
async function askServer(options) {
  status.textContent = "Thinking… (the first question loads the model)";
  const response = await fetch("/suggest", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ goal: goal.value, ...options }),
  });
  if (!response.headers.get("content-type")?.includes("json")) throw new Error(await response.text());
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error), { hint: answer.hint });
  const { model } = await (await fetch("/model")).json();
  return { ...answer, model };
}

/** @param {object} options @param {string} name */
async function askInPage(options, name) {
  status.textContent = "Thinking…";
  const folder = new URL(`exported/${name}/`, document.baseURI).href;
  const loading = () => status.textContent = "Loading the model into this page…";
  const answer = await suggestInPage({ folder, goal: goal.value, options }, loading);
  return { ...answer, model: `export/${name}, in this page` };
}

/** @param {boolean} yes */
function busy(yes) {
  button.disabled = yes;
  list.ariaBusy = String(yes);
  if (yes) { for (const choose of list.querySelectorAll("button")) choose.disabled = true; }
}
