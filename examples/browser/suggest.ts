/**
 * The page: a goal and the address of a model in, ranked lines out. A chosen line is put at the end of the
 * proof, and the next one can be asked for. The model runs in suggest_worker.ts.
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { showSuggestions, withLine } from "../../src/dashboard/page/suggestions.js";
import type { SuggestAnswer, SuggestRequest } from "./suggest_worker.ts";

const form = element<HTMLFormElement>("form");
const model = element<HTMLInputElement>("#model");
const goal = element<HTMLTextAreaElement>("#goal");
const prefix = element<HTMLInputElement>("#prefix");
const samples = element<HTMLInputElement>("#samples");
const temperature = element<HTMLInputElement>("#temperature");
const seed = element<HTMLInputElement>("#seed");
const button = element<HTMLButtonElement>("#suggest");
const status = element<HTMLElement>("#status");
const problem = element<HTMLElement>("#problem");
const list = element<HTMLOListElement>("#suggestions");
const ending = element<HTMLElement>("#ending");

const worker = new Worker(import.meta.resolve("./suggest_worker.js"), { type: "module" });
worker.onmessage = ({ data }: MessageEvent<SuggestAnswer>) => show(data);
worker.onerror = (event) => {
  event.preventDefault();
  show({ kind: "error", message: `The model's thread stopped: ${event.message}`, hint: "Reload the page." });
};

model.value = new URLSearchParams(location.search).get("model") ?? model.value;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
goal.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

function ask(): void {
  if (button.disabled) return;
  busy(true);
  problem.replaceChildren();
  status.textContent = "Thinking…";
  const request: SuggestRequest = {
    folder: absolute(model.value),
    goal: goal.value,
    options: {
      prefix: prefix.value,
      samples: samples.valueAsNumber,
      temperature: temperature.valueAsNumber,
      seed: seed.valueAsNumber,
    },
  };
  worker.postMessage(request);
}

/**
 * The worker would resolve an address against its own; one that is no address is explained by the library.
 */
function absolute(address: string): string {
  return URL.parse(address, document.baseURI)?.href ?? address;
}

function show(answer: SuggestAnswer): void {
  switch (answer.kind) {
    case "loading":
      status.textContent = "Loading the model…";
      return;
    case "suggestions": {
      const { suggestions, seconds } = answer;
      const count = showSuggestions({ list, ending }, suggestions, choose);
      status.textContent = `The ${count} best of ${suggestions.length} found, in ${seconds.toFixed(1)} s`;
      break;
    }
    case "error": {
      status.textContent = "";
      list.replaceChildren();
      ending.textContent = "";
      const [message, hint] = [document.createElement("p"), document.createElement("p")];
      [message.textContent, hint.textContent] = [answer.message, answer.hint];
      problem.replaceChildren(message, hint);
      break;
    }
    default:
      answer satisfies never;
  }
  busy(false);
}

/** Put a line at the end of the proof, and ask for the next. */
function choose(line: string): void {
  goal.value = withLine(goal.value, line);
  prefix.value = "";
  list.focus(); // the button that had it goes
  ask();
}

function busy(yes: boolean): void {
  button.disabled = yes;
  list.ariaBusy = String(yes);
  if (yes) { for (const choose of list.querySelectorAll("button")) choose.disabled = true; }
}

function element<T extends Element>(selector: string): T {
  return document.querySelector<T>(selector)!;
}
