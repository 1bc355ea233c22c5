/**
 * Fixing the number of steps of a run by the clock, before it begins: some steps, an evaluation with its sample and a checkpoint are done and timed, and leave
 * nothing behind in the run. With schedule `wsd` this is a plan, which the clock corrects on the way (decay_clock.ts).
 */
import type { TrainConfig } from "../config.ts";
import { evaluationSubset, scoreDocuments } from "../evaluate/bits_per_byte.ts";
import { sampleProof } from "./evaluations.ts";
import { stepsWithin } from "./plan.ts";
import { type RunParts, saveProgress } from "./progress.ts";
import { StepsInFlight } from "./steps_in_flight.ts";

/** At least so many steps and this share of the time, at most so many seconds, are measured. The second half counts: code that has just been loaded is slow. */
const MEASURED_STEPS = 3;
const MEASURED_SHARE = 0.02;
const MEASURED_SECONDS = 30;
/** Evaluations take at most this share of the time. */
const EVALUATION_SHARE = 0.05;
/** Evaluations of a run of usual length: ten, and one at its start. */
const EVALUATIONS = 11;
/** The smallest batch that more steps are made with. */
const SMALLEST_BATCH = 4;
/** Tokens of the evaluation that is timed, at most. */
const PROBE_TOKENS = 4096;

/**
 * The run's options with the number of steps, and of tokens that evaluations score, that fit into so many minutes since the run was called. Where fewer steps fit
 * than the run shall have, the batch is halved, and timed again.
 */
export async function planByTheClock(
  parts: RunParts,
  train: TrainConfig & { steps: number },
  minutes: number,
): Promise<TrainConfig & { steps: number }> {
  const { options: { data, model, resume }, engine, elapsed } = parts;
  const step = resume?.step ?? 0;
  let { batchSize } = train;
  const measuredSeconds = Math.min(MEASURED_SECONDS, MEASURED_SHARE * 60 * minutes);
  let stepSeconds = await timeSteps(parts, batchSize, measuredSeconds);
  const end = 60 * minutes;
  while (
    step === 0 && batchSize >= 2 * SMALLEST_BATCH && end - elapsed() < train.fewestSteps * stepSeconds
  ) {
    batchSize = Math.floor(batchSize / 2);
    stepSeconds = await timeSteps(parts, batchSize, measuredSeconds / 2);
  }
  await forgetMeasuredSteps(parts);
  const probe = evaluationSubset(data.validation, Math.min(PROBE_TOKENS, train.evalTokens ?? Infinity));
  const probeTokens = probe.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const probeSeconds = await timed(() => scoreDocuments(engine, probe, model.contextLength));
  const checkpointSeconds = await timed(() => saveAndRemove(parts, train));
  await sampleProof(engine, parts.options, step); // the first one finds code that has just been loaded
  const sampleSeconds = await timed(() => sampleProof(engine, parts.options, step));
  const left = end - elapsed();
  const affordable = Math.floor(EVALUATION_SHARE * left / EVALUATIONS * probeTokens / probeSeconds);
  const evalTokens = Math.max(1, Math.min(train.evalTokens ?? Infinity, affordable));
  const evaluationSeconds = sampleSeconds + probeSeconds * evalTokens / probeTokens;
  const costs = { stepSeconds, checkpointSeconds, evaluationSeconds };
  const steps = step + stepsWithin(left - evaluationSeconds, train, costs);
  return { ...train, minutes: null, batchSize, evalTokens, steps };
}

/** Seconds of a step of so many sequences, measured for so many seconds. */
async function timeSteps(
  { options, engine, stream, elapsed }: RunParts,
  batchSize: number,
  seconds: number,
): Promise<number> {
  const enough = elapsed() + seconds;
  const times: number[] = [];
  const measured = new StepsInFlight(engine);
  for (
    let asked = options.resume?.step ?? 0;
    times.length < MEASURED_STEPS || elapsed() < enough;
    asked++
  ) {
    const batch = stream.take(asked * batchSize, batchSize);
    measured.ask(batch, { step: 1, learningRate: 0, apply: true });
    if (measured.isFull) times.push((await measured.next()).ms / 1000);
  }
  while (measured.count > 0) await measured.next();
  const counted = times.slice(Math.floor(times.length / 2));
  return counted.reduce((sum, time) => sum + time, 0) / counted.length;
}

/** With a learning rate of 0 the parameters are what they were, but not what the optimizer remembers. */
async function forgetMeasuredSteps({ options: { resume }, engine }: RunParts): Promise<void> {
  if (resume !== undefined) return await engine.load(resume);
  const { parameters } = await engine.state();
  const zeros = new Float32Array(parameters.length);
  await engine.load({ parameters, m: zeros, v: zeros });
}

async function saveAndRemove(parts: RunParts, train: TrainConfig & { steps: number }): Promise<void> {
  const { checkpointDir, saveCheckpoint, resume } = parts.options;
  const path = `${checkpointDir}/measured.safetensors`;
  const { step = 0, best = null, evaluationsWithoutGain = 0 } = resume ?? {};
  await saveProgress(path, parts, { train, step, best, evaluationsWithoutGain });
  if (saveCheckpoint === undefined) await Deno.remove(path);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
