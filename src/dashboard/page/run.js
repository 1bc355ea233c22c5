// @ts-check
// A run as the page knows it: what the server told of it, whole at first and then in pieces.

/** @typedef {import("../figures.ts").Figures} Figures */
/** @typedef {{ name: string, figures: Figures | null }} Run */

/** Samples that are kept. */
const MOST_SAMPLES = 30;

/** @param {string} name @returns {Run} */
export function emptyRun(name) {
  return { name, figures: null };
}

/** Take in what was told. @param {Run} run @param {Figures & { isWhole: boolean }} told */
export function addFigures(run, told) {
  const { figures } = run;
  if (told.isWhole || figures === null) {
    run.figures = told;
    return;
  }
  for (const [name, values] of Object.entries(told.steps)) {
    const known = figures.steps[/** @type {keyof Figures["steps"]} */ (name)];
    for (const value of values) known.push(value);
  }
  figures.evaluations.push(...told.evaluations);
  figures.samples.push(...told.samples);
  figures.samples.splice(0, figures.samples.length - MOST_SAMPLES);
  if (told.done !== undefined) figures.done = told.done;
}

/** A number of the event that began it. @param {Run} run @param {string} name @returns {number | null} */
export function startNumber(run, name) {
  const value = run.figures?.start?.[name];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Share of the measured peak at so many tokens a second, the peak of one thread times the threads.
 * @param {Run} run @param {number | null} tokensPerSecond @returns {number | null} */
export function shareOfPeak(run, tokensPerSecond) {
  const [flops, peak] = [startNumber(run, "flopsPerToken"), startNumber(run, "peakGigaflops")];
  if (flops === null || peak === null || tokensPerSecond === null) return null;
  return tokensPerSecond * flops / (peak * 1e9);
}

/** @template T @param {readonly T[]} values @returns {T | null} */
export function last(values) {
  return values[values.length - 1] ?? null;
}

/** The least of a run's evaluations. @param {Run} run @returns {number | null} */
export function bestBits(run) {
  const bits = run.figures?.evaluations.flatMap(({ bitsPerByte }) =>
    bitsPerByte === null ? [] : [bitsPerByte]
  );
  return bits === undefined || bits.length === 0 ? null : bits.reduce((a, b) => Math.min(a, b));
}
