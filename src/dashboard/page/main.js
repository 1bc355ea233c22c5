// @ts-check
/// <reference lib="dom" />
// The page: asks for the list of runs, listens to those that are ticked, and has everything drawn when
// something came.
import { Chart, smoothed } from "./charts.js";
import { duration, element, figure, fillTable, make, percent } from "./elements.js";
import { startPlayground } from "./playground.js";
import { addFigures, emptyRun, last, shareOfPeak, startNumber } from "./run.js";
import { MOST_RUNS, showDifferences, showRuns, ticked } from "./runs.js";
import { showSamples, startSamples } from "./samples.js";
import { startTraining } from "./training.js";

/** @typedef {import("./run.js").Run} Run */
/** @typedef {import("./charts.js").Line} Line */

/** How often the list is asked for, and a lost connection tried again. */
const [LIST_MS, RETRY_MS] = [5000, 2000];
/** Sections of a proof, in the order of a file. */
const SECTIONS = { T: "theorem", G: "goal", H: "hypothesis", C: "counterfactual", P: "proof" };

const place = element("#charts");
const charts = {
  loss: new Chart({ title: "Loss", unit: "nats a token; dots: held-out proofs" }, place),
  bits: new Chart({ title: "Bits a byte", unit: "of held-out proofs" }, place),
  sections: new Chart({ title: "Bits a byte by section", unit: "" }, place),
  rate: new Chart({ title: "Learning rate", unit: "" }, place),
  speed: new Chart({ title: "Throughput", unit: "tokens a second" }, place),
  share: new Chart({ title: "Share of the measured peak", unit: "%", digits: 3 }, place),
};
/** What is known of the ticked runs. @type {Run[]} */
let runs = [];
let listening = new AbortController();
let isDrawing = false;

startSamples();
startPlayground();
startTraining();
for (const choice of document.querySelectorAll("input[name=axis]")) {
  choice.addEventListener("change", drawSoon);
}
await list();
setInterval(list, LIST_MS);

async function list() {
  try {
    const found = await (await fetch("/runs")).json();
    if (ticked.length === 0 && found.length > 0) {
      ticked.push(found[0].name);
      listen();
    }
    if (found.length === 0) say("No run yet: this page shows one as soon as it begins.");
    showRuns(found, listen);
  } catch {
    say("The dashboard has ended, or cannot be reached. Start it again with “tactics dashboard”.");
  }
}

/** Listen to the runs that are ticked now. */
function listen() {
  listening.abort();
  listening = new AbortController();
  runs = ticked.slice(0, MOST_RUNS).map((name) => runs.find((run) => run.name === name) ?? emptyRun(name));
  drawSoon();
  list();
  if (runs.length > 0) read(listening.signal);
}

/** @param {AbortSignal} signal */
async function read(signal) {
  const query = new URLSearchParams(runs.map(({ name }) => ["run", name]));
  try {
    const response = await fetch(`/events?${query}`, { signal });
    if (!response.ok || response.body === null) throw new Error((await response.json()).error);
    say("Connected");
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (text + part.value).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) take(JSON.parse(line));
    }
  } catch (error) {
    if (signal.aborted) return;
    say(`No connection (${/** @type {Error} */ (error).message}); trying again`);
  }
  if (!signal.aborted) setTimeout(() => !signal.aborted && read(signal), RETRY_MS);
}

/** @param {any} told */
function take(told) {
  const run = runs.find(({ name }) => name === told.run);
  if (told.kind !== "figures") return say(told.message ?? told.error);
  if (run === undefined) return;
  addFigures(run, told);
  drawSoon();
}

/** @param {string} text */
function say(text) {
  const connection = element("#connection");
  if (connection.textContent !== text) connection.textContent = text;
}

function drawSoon() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    drawCharts();
    showNow(runs[0]);
    showDifferences(runs);
    showEvaluations(runs[0]);
    showSamples(runs[0]?.figures?.samples ?? []);
  });
}

function drawCharts() {
  const isByTime = element("input[name=axis]:checked").value === "minutes";
  /** @type {Record<keyof typeof charts, Line[]>} */
  const lines = { loss: [], bits: [], sections: [], rate: [], speed: [], share: [] };
  for (const [i, { name, figures }] of runs.entries()) {
    if (figures === null) continue;
    const color = `run-${i}`;
    const { steps, evaluations } = figures;
    const minutes = (/** @type {readonly (number | null)[]} */ seconds) =>
      seconds.map((s) => s === null ? null : s / 60);
    const x = isByTime ? minutes(steps.seconds) : steps.step;
    const evaluated = evaluations.map(({ step, seconds }) => isByTime ? seconds / 60 : step);
    const speed = smoothed(steps.tokensPerSecond);
    if (runs.length === 1) lines.loss.push({ name, color, x, y: steps.loss, faint: true });
    lines.loss.push({ name: runs.length === 1 ? "training" : name, color, x, y: smoothed(steps.loss) });
    const loss = evaluations.map((evaluation) => evaluation.loss);
    if (runs.length === 1) {
      lines.loss.push({ name: "held-out proofs", color: "run-1", x: evaluated, y: loss, points: true });
    }
    const bits = evaluations.map(({ bitsPerByte }) => bitsPerByte);
    lines.bits.push({ name, color, x: evaluated, y: bits, points: true });
    lines.rate.push({ name, color, x, y: steps.learningRate });
    lines.speed.push({ name, color, x, y: speed });
    const share = speed.map((tokens) => 100 * (shareOfPeak(runs[i], tokens) ?? NaN));
    if (share.some(Number.isFinite)) lines.share.push({ name, color, x, y: share });
    if (i > 0) continue;
    for (const [k, [tag, section]] of Object.entries(SECTIONS).entries()) {
      const y = evaluations.map(({ sections }) => sections[tag] ?? null);
      const told = { name: section, color: `run-${k}`, x: evaluated, y, points: true };
      if (y.some((value) => value !== null)) lines.sections.push(told);
    }
  }
  for (const [name, chart] of Object.entries(charts)) {
    chart.draw(lines[/** @type {keyof typeof charts} */ (name)]);
  }
}

/** How the first of the ticked runs stands. @param {Run | undefined} run */
function showNow(run) {
  const { steps, evaluations = [], start, done } = run?.figures ?? {};
  element("#now-title").textContent = run === undefined ? "No run is ticked" : run.name;
  if (run === undefined || steps === undefined) return element("#figures").replaceChildren();
  const [step, planned] = [last(steps.step), Number(done?.steps ?? start?.steps)];
  const speed = last(smoothed(steps.tokensPerSecond));
  const [first, now] = [steps.seconds[0] ?? 0, last(steps.seconds) ?? 0];
  const left = (planned - (step ?? 0)) * (now - first) / Math.max(1, (step ?? 0) - (steps.step[0] ?? 0));
  const best = evaluations.reduce(
    (a, b) => a === null || (b.bitsPerByte ?? 9) < (a.bitsPerByte ?? 9) ? b : a,
    last(evaluations),
  );
  element("#share-done").value = planned > 0 ? (step ?? 0) / planned : 0;
  const figures = {
    "Step": `${figure(step)} of ${figure(planned)}`,
    "Loss": figure(last(smoothed(steps.loss))),
    "Bits a byte, best": best === null
      ? "–"
      : `${figure(best.bitsPerByte)} on ${figure(best.documents)} ${
        best.documents === 1 ? "proof" : "proofs"
      }`,
    "Tokens a second": figure(speed === null ? null : Math.round(speed)),
    "Share of the peak": percent(shareOfPeak(run, speed)),
    "Time": duration(now),
    "Left": done?.kind === "done" ? String(done.reason) : `about ${duration(left)}`,
    "Parameters": figure(startNumber(run, "parameters")),
  };
  element("#figures").replaceChildren(
    ...Object.entries(figures).map(([name, value]) =>
      make("div", {}, make("dt", {}, name), make("dd", {}, value))
    ),
  );
}

/** @param {Run | undefined} run */
function showEvaluations(run) {
  const evaluations = run?.figures?.evaluations.slice(-200).toReversed() ?? [];
  const tags = Object.entries(SECTIONS).filter(([tag]) =>
    evaluations.some(({ sections }) => tag in sections)
  );
  fillTable(
    element("#evaluations"),
    ["Step", "Loss", "Bits a byte", ...tags.map(([, name]) => name)],
    evaluations.map(({ step, loss, bitsPerByte, sections }) => [
      figure(step),
      figure(loss),
      figure(bitsPerByte),
      ...tags.map(([tag]) => figure(sections[tag])),
    ]),
  );
}
