// A run by the clock. Before it begins, steps, an evaluation and a checkpoint are timed, and leave nothing
// behind: they say how many steps fit. With schedule `wsd` this is a plan, which the clock corrects: a slower
// machine changes the number of steps, not the run's time. Checkpoints keep what was decided last.
import { evaluationSubset, scoreDocuments } from "../evaluate/bits_per_byte.ts";
import { temporaryName } from "../io/mod.ts";
import { intervals, MOST_STEPS, type PlannedConfig } from "./plan.ts";
import { type RunParts, saveProgress } from "./progress.ts";
import { sampleProof } from "./sample_proof.ts";
import { StepsInFlight } from "./steps_in_flight.ts";

/** Measured at least, and at most. The second half counts: code that has just been loaded is slow. */
const [MEASURED_STEPS, MEASURED_SHARE, MEASURED_SECONDS] = [3, 0.02, 30];
/** Evaluations, of a usual run ten and one at its start, take at most this share of the time. */
const [EVALUATIONS, EVALUATION_SHARE] = [11, 0.05];
/** Measured for an estimate of a run that has its steps already. */
const ESTIMATE_SECONDS = 1;
const SMALLEST_BATCH = 4;
/** Tokens of the evaluation that is timed, at most. */
const PROBE_TOKENS = 4096;
/** Share of the steps, the latest ones, whose mean time is taken for that of those to come. */
const LATEST_SHARE = 0.25;
/** In the decay, more of the run's time mends the steps: evaluations alone make up half of it. */
const TOLERANCE = 0.01;

// The run's options with the steps, and tokens that evaluations score, that fit. Where fewer steps fit than
// the run shall have, the batch is halved, and timed again. The signal's reason is thrown within a step.
export async function planByTheClock(
  parts: RunParts,
  train: PlannedConfig,
  minutes: number,
): Promise<PlannedConfig> {
  const { options, engine, elapsed } = parts;
  const { resume, signal } = options;
  const end = 60 * minutes;
  const step = resume?.step ?? 0;
  let { batchSize } = train;
  const measuredSeconds = Math.min(MEASURED_SECONDS, MEASURED_SHARE * end);
  let stepSeconds = await timeSteps(parts, batchSize, measuredSeconds);
  const timeLeft = (): number => Math.max(0, end - elapsed());
  while (step === 0 && batchSize >= 2 * SMALLEST_BATCH && timeLeft() < train.fewestSteps * stepSeconds) {
    batchSize = Math.floor(batchSize / 2);
    stepSeconds = await timeSteps(parts, batchSize, measuredSeconds / 2);
  }
  await forgetMeasuredSteps(parts);
  const mostTokens = train.evalTokens;
  const { seconds: probeSeconds, tokens: probeTokens } = await timeEvaluation(parts, mostTokens);
  const checkpointSeconds = await timed(() => saveAndRemove(parts, train));
  signal?.throwIfAborted();
  await sampleProof(engine, options, step); // the first one finds code that has just been loaded
  const sampleSeconds = await timed(() => sampleProof(engine, options, step));
  const left = end - elapsed();
  const affordable = Math.floor(EVALUATION_SHARE * left / EVALUATIONS * probeTokens / probeSeconds);
  const evalTokens = Math.max(1, Math.min(mostTokens, affordable));
  const evaluationSeconds = sampleSeconds + probeSeconds * evalTokens / probeTokens;
  const measured = { stepSeconds, checkpointSeconds, evaluationSeconds };
  const steps = Math.min(MOST_STEPS, step + stepsWithin(left - evaluationSeconds, train, measured));
  return { ...train, minutes: null, batchSize, evalTokens, steps };
}

/** The time of an evaluation of at most so many tokens. Leaves nothing behind. */
async function timeEvaluation(
  { options: { data, model: { contextLength }, signal }, engine }: RunParts,
  mostTokens: number,
): Promise<{ seconds: number; tokens: number }> {
  const probe = evaluationSubset(data.validation, Math.min(PROBE_TOKENS, mostTokens));
  const tokens = probe.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const seconds = await timed(() => scoreDocuments(engine, probe, { contextLength, signal }));
  signal?.throwIfAborted();
  return { seconds, tokens };
}

/** About how long a run with a number of steps will take, from a few of them. Leaves nothing behind. */
export async function estimateSeconds(parts: RunParts, train: PlannedConfig): Promise<number> {
  const stepSeconds = await timeSteps(parts, train.batchSize, ESTIMATE_SECONDS);
  await forgetMeasuredSteps(parts);
  const { seconds, tokens } = await timeEvaluation(parts, train.evalTokens);
  const scored = evaluationSubset(parts.options.data.validation, train.evalTokens);
  const scoredTokens = scored.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const evaluationSeconds = seconds * scoredTokens / tokens;
  const cost = runSeconds(train, { stepSeconds, evaluationSeconds, checkpointSeconds: 0 });
  return evaluationSeconds + cost; // the fresh model is evaluated, too
}

async function timeSteps(parts: RunParts, batchSize: number, seconds: number): Promise<number> {
  const { options, engine, stream, elapsed } = parts;
  const enough = elapsed() + seconds;
  const times: number[] = [];
  const measured = new StepsInFlight(engine);
  for (let step = options.resume?.step ?? 0; times.length < MEASURED_STEPS || elapsed() < enough; step++) {
    options.signal?.throwIfAborted();
    measured.ask(await stream.take(step * batchSize, batchSize), { step: 1, learningRate: 0, apply: true });
    if (measured.count >= engine.stepsInFlight) times.push((await measured.next()).ms / 1000);
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

async function saveAndRemove(parts: RunParts, train: PlannedConfig): Promise<void> {
  const { checkpointDir, saveCheckpoint, resume } = parts.options;
  const path = temporaryName(`${checkpointDir}/measured`, "tmp");
  const { step = 0, best = null, evaluationsWithoutGain = 0 } = resume ?? {};
  await saveProgress(path, parts, { train, step, best, evaluationsWithoutGain, lastPath: "" });
  if (saveCheckpoint === undefined) await Deno.remove(path);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

type Measured = Readonly<Record<"stepSeconds" | "evaluationSeconds" | "checkpointSeconds", number>>;

/** The time of all steps, with their evaluations (and samples) and checkpoints. */
export function runSeconds(train: PlannedConfig, measured: Measured): number {
  const { steps } = train;
  const { evaluation, save } = intervals(train);
  const evaluations = Math.ceil(steps / evaluation);
  const checkpoints = evaluations + Math.ceil(steps / save);
  return steps * measured.stepSeconds + evaluations * measured.evaluationSeconds +
    checkpoints * measured.checkpointSeconds;
}

/** How many steps, with their evaluations (and samples) and checkpoints, fit into the seconds left. */
export function stepsWithin(seconds: number, train: PlannedConfig, measured: Measured): number {
  const cost = (steps: number): number => runSeconds({ ...train, steps }, measured);
  let [low, high] = [1, Math.max(1, Math.floor(seconds / measured.stepSeconds))];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (cost(middle) <= seconds) low = middle;
    else high = middle - 1;
  }
  return low;
}

// With schedule `wsd` the decay begins when what is due of it after so many steps would take all of the time
// left; in it the steps are mended where the run would miss its end. Seconds since the run was called.
export class DecayClock {
  readonly #end: number;
  readonly #decayShare: number;
  /** When each step of this run began: evaluations and checkpoints between them count as well. */
  readonly #starts: number[] = [];
  #stableSteps: number | null = null;

  constructor(end: number, decayShare: number) {
    this.#end = end;
    this.#decayShare = decayShare;
  }

  /** To be called after `step` of `steps`, as decided last. @returns what changes; null: nothing */
  beforeStep(
    step: number,
    { now, steps }: { now: number; steps: number },
  ): Pick<PlannedConfig, "stableSteps" | "steps"> | null {
    this.#starts.push(now);
    const last = this.#starts.length - 1;
    const first = Math.floor((1 - LATEST_SHARE) * last);
    if (first === last) return null;
    const stepSeconds = (now - this.#starts[first]!) / (last - first);
    const secondsLeft = this.#end - now;
    const stepsThatFit = Math.min(MOST_STEPS, step + Math.max(1, Math.round(secondsLeft / stepSeconds)));
    if (this.#stableSteps !== null) {
      const missedBy = (steps - step) * stepSeconds - secondsLeft;
      const isMissed = Math.abs(missedBy) > TOLERANCE * this.#end && stepsThatFit !== steps;
      return isMissed ? { stableSteps: this.#stableSteps, steps: stepsThatFit } : null;
    }
    const decaySteps = step * this.#decayShare / (1 - this.#decayShare);
    if (decaySteps * stepSeconds >= secondsLeft - stepSeconds) {
      this.#stableSteps = step;
      return { stableSteps: step, steps: stepsThatFit };
    }
    if (step + 1 < steps || steps === MOST_STEPS) return null;
    // So much faster than planned that the plan's end comes before the decay.
    return { stableSteps: null, steps: Math.min(MOST_STEPS, step + Math.ceil(secondsLeft / stepSeconds)) };
  }
}
