/**
 * The training page: starts a run, draws its losses, and shows what the model writes. The run is in
 * train_worker.ts.
 */
/// <reference lib="dom" />
import { Chart } from "../../src/dashboard/page/charts.js";
import type { BackendName } from "../../mod.ts";
import type { TrainAnswer, TrainRequest } from "./train_worker.ts";

const form = element<HTMLFormElement>("form");
const files = element<HTMLInputElement>("#files");
const steps = element<HTMLInputElement>("#steps");
const backend = element<HTMLSelectElement>("#backend");
const workers = element<HTMLInputElement>("#workers");
const start = element<HTMLButtonElement>("#train");
const stop = element<HTMLButtonElement>("#stop");
const status = element<HTMLElement>("#status");
const device = element<HTMLElement>("#device");
const problem = element<HTMLElement>("#problem");
const evaluations = element<HTMLTableSectionElement>("#evaluations");
const sample = element<HTMLElement>("#sample");
const written = document.createElement("strong");

/** Why the run computes with what it does. */
let reason = "";

const chart = new Chart({ title: "Loss", unit: "nats a token; dots: held-out proofs" }, element("#losses"));
/** The losses so far, by step. */
let losses = noLosses();

const worker = new Worker(import.meta.resolve("./train_worker.js"), { type: "module" });
worker.onmessage = ({ data }: MessageEvent<TrainAnswer>) => show(data);
worker.onerror = (event) => {
  event.preventDefault();
  show({ kind: "error", message: `The run's thread stopped: ${event.message}`, hint: "Reload the page." });
};

workers.valueAsNumber = Math.min(Number(workers.max), navigator.hardwareConcurrency);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  running(true);
  problem.replaceChildren();
  evaluations.replaceChildren();
  sample.textContent = "";
  [device.textContent, reason] = ["", ""];
  status.textContent = "Writing proofs, learning their tokens…";
  ask({
    kind: "train",
    options: {
      files: files.valueAsNumber,
      steps: steps.valueAsNumber,
      backend: backend.value as BackendName,
      workers: workers.valueAsNumber,
    },
  });
});
stop.addEventListener("click", () => ask({ kind: "stop" }));

function ask(request: TrainRequest): void {
  worker.postMessage(request);
}

function show(answer: TrainAnswer): void {
  switch (answer.kind) {
    case "start":
      losses = noLosses();
      status.textContent =
        `${answer.parameters.toLocaleString()} parameters, ${answer.trainDocuments} proofs`;
      device.textContent = `Computed with ${answer.backend}${reason === "" ? "" : `: ${reason}`}`;
      return;
    case "step": {
      const { step, loss, tokensPerSecond, remainingSeconds } = answer;
      addLoss(losses.training, step, loss);
      status.textContent = `Step ${step} of ${answer.steps}: loss ${loss.toFixed(2)}, ` +
        `${Math.round(tokensPerSecond).toLocaleString()} tokens a second, ${
          Math.ceil(remainingSeconds)
        } s left`;
      return;
    }
    case "evaluation": {
      const { step, loss, bitsPerByte } = answer;
      addLoss(losses.heldOut, step, loss);
      const row = evaluations.insertRow();
      for (const text of [String(step), loss.toFixed(3), bitsPerByte.toFixed(3)]) {
        row.insertCell().textContent = text;
      }
      return;
    }
    case "sample":
      written.textContent = answer.text;
      sample.replaceChildren(answer.prompt, written);
      return;
    case "notice":
      reason = answer.message;
      return;
    case "checkpoint":
    case "plan":
      return;
    case "done":
      status.textContent = `Done: ${answer.step} steps in ${answer.elapsedSeconds.toFixed(0)} s`;
      break;
    case "error": {
      status.textContent = "";
      const [message, hint] = [document.createElement("p"), document.createElement("p")];
      [message.textContent, hint.textContent] = [answer.message, answer.hint];
      problem.replaceChildren(message, hint);
      break;
    }
    default:
      answer satisfies never;
  }
  running(false);
}

function noLosses() {
  const none = (): { x: number[]; y: number[] } => ({ x: [], y: [] });
  return { training: none(), heldOut: none() };
}

function addLoss({ x, y }: { x: number[]; y: number[] }, step: number, loss: number): void {
  x.push(step);
  y.push(loss);
  chart.draw([
    { name: "training", color: "run-0", ...losses.training },
    { name: "held-out proofs", color: "run-1", points: true, ...losses.heldOut },
  ]);
}

function running(yes: boolean): void {
  [start.disabled, stop.disabled] = [yes, !yes];
}

function element<T extends Element>(selector: string): T {
  return document.querySelector<T>(selector)!;
}
