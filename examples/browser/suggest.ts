/**
 * The page: a goal and the address of a model in, ranked lines out. A chosen line is put at the end of the
 * proof, and the next one can be asked for. The model runs in suggest_worker.ts.
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Suggestion } from "../../mod.ts";
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

/** Lines shown at most. */
const SHOWN = 12;

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
      const best = suggestions.slice(0, SHOWN);
      status.textContent = `The ${best.length} best of ${suggestions.length} lines, in ${
        seconds.toFixed(1)
      } s`;
      list.replaceChildren(...best.map((suggestion) => item(suggestion, best[0]!)));
      break;
    }
    case "error": {
      status.textContent = "";
      list.replaceChildren();
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

/** One suggestion: the line, how likely it is, and a bar that compares it with the best. */
function item({ line, logProbability }: Suggestion, best: Suggestion): HTMLLIElement {
  const choose = document.createElement("button");
  choose.type = "button";
  if (line === "") {
    choose.append("The proof ends here");
    choose.disabled = true;
  } else {
    const code = document.createElement("code");
    code.textContent = line;
    choose.append(code);
    choose.title = "Put this line at the end of the proof, and ask for the next";
    choose.addEventListener("click", () => {
      const mark = /^@P$/m.test(goal.value) ? "" : "@P\n";
      goal.value = goal.value.replace(/\n?$/, () => `\n${mark}${line}\n`);
      prefix.value = "";
      list.focus(); // the button that had it goes
      ask();
    });
  }
  const bar = document.createElement("meter");
  bar.value = Math.exp(logProbability - best.logProbability);
  bar.ariaHidden = "true";
  const figures = document.createElement("small");
  figures.textContent = percent(Math.exp(logProbability));
  figures.title = `logarithm of the probability: ${logProbability.toFixed(3)}`;
  const entry = document.createElement("li");
  entry.append(choose, bar, figures);
  return entry;
}

function percent(probability: number): string {
  const value = 100 * probability;
  return value < 0.1 ? "< 0.1 %" : `${value.toPrecision(2)} %`;
}

function busy(yes: boolean): void {
  button.disabled = yes;
  list.ariaBusy = String(yes);
  if (yes) { for (const choose of list.querySelectorAll("button")) choose.disabled = true; }
}

function element<T extends Element>(selector: string): T {
  return document.querySelector<T>(selector)!;
}
