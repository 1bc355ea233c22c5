// @ts-check
/// <reference lib="dom" />
// Threads of the page that compute with the library's own modules, as the server hands them out: a run
// (train_worker.ts), or a model that suggests (suggest_worker.ts). No server computes anything then.

/** @typedef {import("./suggest_worker.ts").SuggestAnswer} SuggestAnswer */
/** @typedef {{ kind: "error", message: string, hint: string }} Failure */

/**
 * Start a thread.
 * @template Answer
 * @param {"train" | "suggest"} name
 * @param {(answer: Answer | Failure) => void} said hears what it says, and when it stops
 * @returns {Worker}
 */
export function startThread(name, said) {
  const address = new URL(`modules/dashboard/page/${name}_worker.ts`, document.baseURI);
  const worker = new Worker(address, { type: "module" });
  worker.onmessage = ({ data }) => said(data);
  worker.onerror = async (event) => {
    event.preventDefault();
    said({ kind: "error", message: event.message || await reasonAt(address), hint: "Reload the page." });
  };
  return worker;
}

/** Why a thread did not begin. @param {URL} address */
async function reasonAt(address) {
  try {
    const response = await fetch(address);
    return response.ok ? "The thread stopped" : (await response.json()).error;
  } catch {
    return "The dashboard does not answer";
  }
}

/** @type {Worker | null} */
let model = null;
/** Hears the answer that is waited for. @type {(answer: SuggestAnswer | Failure) => void} */
let answered = () => {};

/**
 * Suggest lines with a model that runs here, loaded from an exported folder's address.
 * @param {import("./suggest_worker.ts").SuggestRequest} request the one before it has its answer
 * @param {() => void} loading told when the model has to be loaded
 * @returns {Promise<Extract<SuggestAnswer, { kind: "suggestions" }>>}
 */
export function suggestInPage(request, loading) {
  return new Promise((resolve, reject) => {
    answered = (answer) => {
      if (answer.kind === "loading") loading();
      else if (answer.kind === "suggestions") resolve(answer);
      else reject(Object.assign(new Error(answer.message), { hint: answer.hint }));
    };
    model ??= startThread("suggest", (answer) => answered(answer));
    model.postMessage(request);
  });
}
