// @ts-check
/// <reference lib="dom" />
// A run in the page itself: starts it, draws its losses, and shows what the model writes. What trains is
// train_worker.ts; nothing of it is kept.
import { Chart } from "./charts.js";
import { element, fillTable, make } from "./elements.js";
import { startThread } from "./in_page.js";

/** @typedef {import("./train_worker.ts").TrainAnswer} TrainAnswer */
/** @typedef {{ x: number[], y: number[] }} Losses */

const [start, stop, status] = [element("#train-start"), element("#train-stop"), element("#train-status")];
const [device, problem, sample] = [
  element("#train-device"),
  element("#train-problem"),
  element("#train-sample"),
];
const threads = element("#train-threads");

/** @type {Chart | null} */
let chart = null;
/** @type {Worker | null} */
let worker = null;
/** The losses so far, by step. */
let losses = noLosses();
/** Of each evaluation its step, loss and bits a byte. @type {string[][]} */
let evaluations = [];
/** Why the run computes with what it does. */
let reason = "";

export function startTraining() {
  threads.valueAsNumber = Math.min(Number(threads.max), navigator.hardwareConcurrency);
  element("#train-form").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    train();
  });
  stop.addEventListener("click", () => ask({ kind: "stop" }));
}

function train() {
  running(true);
  element("#train-shown").hidden = false;
  chart ??= new Chart(
    { title: "Loss", unit: "nats a token; dots: held-out proofs" },
    element("#train-losses"),
  );
  [losses, evaluations, reason] = [noLosses(), [], ""];
  problem.replaceChildren();
  [sample.textContent, device.textContent] = ["", ""];
  status.textContent = "Writing proofs, learning their tokens…";
  showEvaluations();
  ask({
    kind: "train",
    options: {
      files: element("#train-files").valueAsNumber,
      steps: element("#train-steps").valueAsNumber,
      backend: element("#train-backend").value,
      workers: threads.valueAsNumber,
    },
  });
}

/** @param {import("./train_worker.ts").TrainRequest} request */
function ask(request) {
  worker ??= startThread("train", show);
  worker.postMessage(request);
}

/** @param {TrainAnswer} answer */
function show(answer) {
  switch (answer.kind) {
    case "start":
      status.textContent = `${
        answer.parameters.toLocaleString("en")
      } parameters, ${answer.trainDocuments} proofs`;
      device.textContent = `Computed with ${answer.backend}${reason === "" ? "" : `: ${reason}`}`;
      return;
    case "step": {
      const { step, loss, tokensPerSecond, remainingSeconds } = answer;
      addLoss(losses.training, step, loss);
      status.textContent = `Step ${step} of ${answer.steps}: loss ${loss.toFixed(2)}, ` +
        `${Math.round(tokensPerSecond).toLocaleString("en")} tokens a second, ${
          Math.ceil(remainingSeconds)
        } s left`;
      return;
    }
    case "evaluation": {
      const { step, loss, bitsPerByte } = answer;
      addLoss(losses.heldOut, step, loss);
      evaluations.push([String(step), loss.toFixed(3), bitsPerByte.toFixed(3)]);
      return showEvaluations();
    }
    case "sample":
      return sample.replaceChildren(make("span", { className: "prompt" }, answer.prompt), answer.text);
    case "notice":
      reason = answer.message;
      return;
    case "checkpoint":
    case "plan":
      return;
    case "done":
      status.textContent = `Done: ${answer.step} ${answer.step === 1 ? "step" : "steps"} in ${
        answer.elapsedSeconds.toFixed(0)
      } s`;
      break;
    case "error":
      status.textContent = "";
      problem.replaceChildren(make("p", {}, answer.message), make("p", {}, answer.hint));
  }
  running(false);
}

function noLosses() {
  /** @returns {Losses} */
  const none = () => ({ x: [], y: [] });
  return { training: none(), heldOut: none() };
}

/** @param {Losses} losses @param {number} step @param {number} loss */
function addLoss({ x, y }, step, loss) {
  x.push(step);
  y.push(loss);
  chart?.draw([
    { name: "training", color: "run-0", ...losses.training },
    { name: "held-out proofs", color: "run-1", points: true, ...losses.heldOut },
  ]);
}

function showEvaluations() {
  fillTable(element("#train-evaluations"), ["Step", "Loss on held-out proofs", "Bits a byte"], evaluations);
}

/** @param {boolean} yes */
function running(yes) {
  [start.disabled, stop.disabled] = [yes, !yes];
}
